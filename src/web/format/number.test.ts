import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAge, formatDuration, formatNumber, type NumberKind, priceDecimals } from './number.ts';

const text = (value: string | number, kind: NumberKind, decimals?: number) =>
  formatNumber(value, kind, { decimals }).text;

describe('formatNumber', () => {
  it.each<[string | number, NumberKind, string]>([
    ['12480.07', 'usd', '$12,480.07'],
    ['-3', 'usd', '\u2212$3.00'],
    ['0', 'usd', '$0.00'],
    ['0.0042', 'usd', '$0.0042'],
    ['0.000001', 'usd', '$0.000001'],
    ['1234567', 'usd-compact', '$1.23M'],
    ['999950', 'usd-compact', '$1.00M'],
    ['999.4', 'usd-compact', '$999.40'],
    ['31.2', 'pnl', '+$31.20'],
    ['-31.2', 'pnl', '\u2212$31.20'],
    ['-0.004', 'pnl', '$0.00'],
    ['0', 'pnl', '$0.00'],
    ['-0.0341', 'percent-signed', '\u22123.41%'],
    ['0.0341', 'percent', '3.41%'],
    ['4.2', 'bps', '+4.2 bps'],
    ['1.305', 'ratio', '1.31'],
    ['3', 'leverage', '3.0\u00d7'],
    [812_340, 'count', '812,340'],
    [-0, 'count', '0'],
    [12_345, 'compact', '12.3K'],
    [24.25, 'rate', '24.3'],
    [12_345.6, 'rate', '12,346'],
    [61_000_000, 'bytes', '58.2 MiB'],
    [8_040_000, 'duration', '2 h 14 m'],
    [184.2, 'milliseconds', '184 ms'],
  ])('writes %s as %s: %s', (value, kind, expected) => {
    expect(text(value, kind)).toBe(expected);
  });

  it('keeps a fixed number of decimals for sizes and prices', () => {
    expect(text('0.01', 'size', 5)).toBe('0.01000');
    expect(text('64213', 'price', 0)).toBe('64,213');
    expect(text('0.01234', 'price', 6)).toBe('0.012340');
  });

  it('never passes money through a float', () => {
    expect(text('90071992547409.93', 'usd')).toBe('$90,071,992,547,409.93');
    expect(text('123456789012345678.01', 'usd')).toBe('$123,456,789,012,345,678.01');
  });

  it('gives the sign of what is shown, not of what was rounded away', () => {
    expect(formatNumber('-0.004', 'pnl').sign).toBe('zero');
    expect(formatNumber('-0.006', 'pnl').sign).toBe('negative');
    expect(formatNumber('0.01', 'pnl').sign).toBe('positive');
  });

  it('refuses what is no number instead of showing NaN', () => {
    for (const bad of ['', 'abc', Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => formatNumber(bad, 'usd')).toThrow(RangeError);
    }
  });

  it('never shows a negative zero or a hyphen as minus', () => {
    const kinds: NumberKind[] = ['usd', 'pnl', 'percent-signed', 'bps', 'ratio', 'count', 'usd-compact'];
    fc.assert(
      fc.property(
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.constantFrom(...kinds),
        (value, kind) => {
          const shown = formatNumber(value.toFixed(8), kind);
          expect(shown.text).not.toMatch(/-/);
          if (!/[1-9]/.test(shown.text)) expect(shown.text).not.toMatch(/[\u2212+]/);
        },
      ),
    );
  });
});

describe('priceDecimals', () => {
  it.each([
    ['64213.4', 5, 0],
    ['3412.5', 4, 1],
    ['151.23', 2, 2],
    ['0.16123', 0, 5],
    ['0.010234', 0, 6],
    ['27.41', 2, 3],
    ['123456', 5, 0],
  ])('gives %s with szDecimals %s %s decimals', (price, sizeDecimals, decimals) => {
    expect(priceDecimals(price, sizeDecimals)).toBe(decimals);
  });
});

describe('durations', () => {
  it('uses at most two units', () => {
    expect(formatDuration(0)).toBe('0 s');
    expect(formatDuration(45_999)).toBe('45 s');
    expect(formatDuration(3_600_000)).toBe('1 h 0 m');
    expect(formatDuration(90_061_000)).toBe('1 d 1 h');
  });
  it('writes the age of data in tenths below ten seconds', () => {
    expect(formatAge(800)).toBe('0.8 s');
    expect(formatAge(-5)).toBe('0.0 s');
    expect(formatAge(9_949)).toBe('9.9 s');
    expect(formatAge(31_200)).toBe('31 s');
  });
});
