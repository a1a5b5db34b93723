import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { DomainError } from './errors.ts';
import {
  formatScaled,
  formatUsd,
  type Lots,
  lots,
  type MicroUsd,
  microUsd,
  notional,
  parseLots,
  parseScaled,
  parseTicks,
  parseUsd,
  type Ticks,
  ticks,
} from './money.ts';

const code = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  return undefined;
};

describe('scaled decimals', () => {
  it('round-trips every integer at every scale', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 8 }), (value, decimals) => {
        expect(parseScaled(formatScaled(value, decimals), decimals)).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it('prints the shortest exact form', () => {
    expect(formatScaled(1_500_000, 6)).toBe('1.5');
    expect(formatScaled(-1, 6)).toBe('-0.000001');
    expect(formatScaled(0, 6)).toBe('0');
    expect(formatScaled(12, 0)).toBe('12');
    expect(formatScaled(123_456_789_012_345_678_901_234n, 6)).toBe('123456789012345678.901234');
  });

  it('reads the venue’s forms exactly', () => {
    expect(parseUsd('26951.0')).toBe(26_951_000_000);
    expect(parseLots('-0.00093', 5)).toBe(-93);
    expect(parseTicks('79146.0', 5)).toBe(791_460);
    expect(Object.is(parseScaled('-0.0', 2), 0)).toBe(true);
  });

  it.each([
    ['', 'BAD_DECIMAL'],
    ['1e5', 'BAD_DECIMAL'],
    ['NaN', 'BAD_DECIMAL'],
    ['0x10', 'BAD_DECIMAL'],
    [' 1', 'BAD_DECIMAL'],
    ['.5', 'BAD_DECIMAL'],
    ['1.0000001', 'TOO_PRECISE'],
    ['99999999999999', 'NOT_AN_INTEGER'],
  ])('refuses %j with %s', (text, expected) => {
    expect(code(() => parseUsd(text))).toBe(expected);
  });
});

describe('exact products', () => {
  it('size times price is exact micro-USD for every szDecimals', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 0, max: 5 }),
        (size, price, szDecimals) => {
          const exact = BigInt(size) * BigInt(price);
          expect(BigInt(notional(lots(size), ticks(price)))).toBe(exact);
          // The same product through decimal strings: the scales add up to six decimals whatever szDecimals is.
          const text = formatUsd(notional(lots(size), ticks(price)));
          expect(parseUsd(text)).toBe(size * price);
          expect(parseLots(formatScaled(size, szDecimals), szDecimals)).toBe(size === 0 ? 0 : size);
        },
      ),
    );
  });

  it('throws instead of losing digits beyond 2^53', () => {
    expect(code(() => notional(lots(2 ** 40), ticks(2 ** 20)))).toBe('NOT_AN_INTEGER');
    expect(code(() => lots(0.5))).toBe('NOT_AN_INTEGER');
  });

  it('keeps floats out at compile time', () => {
    expectTypeOf(0.1).not.toExtend<Lots>();
    expectTypeOf<Ticks>().not.toExtend<Lots>();
    expectTypeOf(microUsd(1)).toExtend<MicroUsd>();
    // @ts-expect-error a plain number is not a size
    expect(() => notional(1.5, ticks(1))).toThrow();
  });
});
