import { describe, expect, it } from 'vitest';
import { isAddress, parseAddress } from './address.ts';
import { coinSymbol, parseCoin } from './coin.ts';

describe('address', () => {
  it('is stored lower-case', () => {
    expect(parseAddress('0x0D1d9635D0640821d15e323ac8AdADfA9c111414')).toBe(
      '0x0d1d9635d0640821d15e323ac8adadfa9c111414',
    );
  });
  it.each(['', '0x', '0x123', `0x${'g'.repeat(40)}`, `0x${'a'.repeat(41)}`, `${'a'.repeat(42)}`])(
    'refuses %j',
    (text) => {
      expect(() => parseAddress(text)).toThrow(/not an address/);
      expect(isAddress(text)).toBe(false);
    },
  );
});

describe('coin symbol', () => {
  it('splits and joins the dex prefix', () => {
    expect(parseCoin('BTC')).toEqual({ dex: '', name: 'BTC' });
    expect(parseCoin('xyz:CL')).toEqual({ dex: 'xyz', name: 'CL' });
    expect(coinSymbol(parseCoin('xyz:CL'))).toBe('xyz:CL');
    expect(coinSymbol(parseCoin('kPEPE'))).toBe('kPEPE');
  });
  it.each(['', ':CL', 'xyz:'])('refuses %j', (text) => {
    expect(() => parseCoin(text)).toThrow(/not a coin symbol/);
  });
});
