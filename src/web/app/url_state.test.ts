import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  kindsOf,
  liveSearch,
  parseSearch,
  stringifySearch,
  traderSortOf,
  tradersSearch,
} from './url_state.ts';

describe('search parameters', () => {
  it('are plain text, not JSON', () => {
    expect(stringifySearch({ q: '0x12', sort: 'trades', none: undefined, empty: '' })).toBe(
      '?q=0x12&sort=trades',
    );
    expect(stringifySearch({})).toBe('');
    expect(parseSearch('?q=123')).toEqual({ q: '123' });
  });

  it('leave out what is the default and drop what is unknown or out of range', () => {
    expect(tradersSearch({ sort: 'lastSeen', order: 'desc', q: '', nonsense: '1' })).toEqual({});
    expect(tradersSearch({ sort: 'rank', order: 'sideways', q: 'hello', watched: 'yes' })).toEqual({});
    expect(tradersSearch({ sort: 'address', order: 'asc' })).toEqual({ sort: 'address' });
    expect(tradersSearch({ sort: 'address', order: 'desc' })).toEqual({ sort: 'address', order: 'desc' });
    expect(tradersSearch({ q: ' 0xAB ' })).toEqual({ q: '0xab' });
  });

  it('give one view one address: parsing what was written changes nothing', () => {
    const value = fc.oneof(fc.string(), fc.constantFrom('asc', 'desc', 'trades', 'notional', 'true', '0xab'));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('q', 'sort', 'order', 'watched', 'x'), value), (raw) => {
        const once = tradersSearch(raw);
        expect(tradersSearch(parseSearch(stringifySearch({ ...once })))).toEqual(once);
      }),
    );
  });

  it('sort by newest unless told', () => {
    expect(traderSortOf({})).toEqual({ sort: 'lastSeen', order: 'desc' });
    expect(traderSortOf({ sort: 'address' })).toEqual({ sort: 'address', order: 'asc' });
  });
});

describe('the Live filter', () => {
  const address = `0x${'aB'.repeat(20)}`;
  it('takes coins, whole addresses, known kinds and steps, and drops the rest', () => {
    expect(
      liveSearch({ coin: 'xyz:CL', trader: address, kinds: 'closed,opened,gone', least: '10000' }),
    ).toEqual({
      coin: 'xyz:CL',
      trader: address.toLowerCase(),
      kinds: 'opened,closed',
      least: '10000',
    });
    expect(liveSearch({ coin: '<b>', trader: '0x12', kinds: '', least: '7' })).toEqual({});
    expect(liveSearch({ kinds: 'opened,increased,reduced,closed,flipped' })).toEqual({});
    expect(kindsOf({})).toEqual([]);
  });
});
