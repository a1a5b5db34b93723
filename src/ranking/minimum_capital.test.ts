import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../runtime/random.ts';
import {
  type CapitalCurve,
  capitalCurve,
  type HeldPosition,
  LEAST_ORDER_USD,
  reproducedBy,
  reproducedShare,
} from './minimum_capital.ts';

const held = fc.array(
  fc.record({
    ratio: fc.double({ min: 0.01, max: 5, noNaN: true }),
    lotUsd: fc.double({ min: 0.01, max: 50, noNaN: true }),
  }),
  { minLength: 1, maxLength: 8 },
);

const curveOf = (positions: readonly HeldPosition[]): CapitalCurve => {
  const curve = capitalCurve(positions);
  if (curve === null) throw new Error('nothing is held');
  return curve;
};

describe('the capital that a copy takes', () => {
  it('is where 95 %, or less, of what the leader holds can be held', () => {
    expect(capitalCurve([])).toBeNull();
    expect(curveOf([{ ratio: 0.5, lotUsd: 0.01 }])).toEqual({ quarter: 20, half: 20, most: 20, whole: 20 });
    fc.assert(
      fc.property(held, (positions) => {
        const { quarter, half, most, whole } = curveOf(positions);
        const shares = [quarter, half, most, whole].map((usd) => reproducedShare(positions, usd));
        [0.25, 0.5, 0.75, 0.95].forEach((share, k) => {
          expect(shares[k]).toBeGreaterThanOrEqual(share - 1e-9);
        });
        expect([quarter, half, most, whole]).toEqual([quarter, half, most, whole].sort((a, b) => a - b));
        const first = positions[0];
        if (first && positions.length === 1)
          expect(whole * first.ratio).toBeGreaterThanOrEqual(LEAST_ORDER_USD - 1e-6);
      }),
    );
  });

  it('tells the share of any equity between its points, and never falls', () => {
    fc.assert(
      fc.property(held, fc.double({ min: 1, max: 1e6, noNaN: true }), (positions, equity) => {
        const curve = curveOf(positions);
        const share = reproducedBy(curve, equity);
        expect(share).toBeGreaterThan(0);
        expect(share).toBeLessThan(1);
        expect(reproducedBy(curve, equity * 1.1)).toBeGreaterThanOrEqual(share);
      }),
    );
    const unknown = { quarter: Number.NaN, half: Number.NaN, most: Number.NaN, whole: Number.NaN };
    expect(reproducedBy(unknown, 1_000)).toBeNaN();
  });

  it('is off by 2 % of the notional on average, and by 25 % at most', () => {
    const random = seededRandom('held');
    const lognormal = (median: number, sigma: number): number =>
      median * Math.exp(sigma * Math.sqrt(12) * (random.next() - 0.5));
    const errors: number[] = [];
    for (let trader = 0; trader < 300; trader++) {
      const [size, spread] = [lognormal(0.3, 1), 0.3 + random.next()];
      const coins = Array.from({ length: 1 + Math.floor(6 * random.next()) }, () => lognormal(1, 2));
      const positions = Array.from({ length: 60 }, (_, i) => ({
        ratio: lognormal(size, spread),
        lotUsd: coins[i % coins.length] ?? 1,
      }));
      const curve = curveOf(positions);
      for (let equity = 10; equity < 1e5; equity *= 1.3)
        errors.push(Math.abs(reproducedBy(curve, equity) - reproducedShare(positions, equity)));
    }
    expect(errors.reduce((sum, x) => sum + x, 0) / errors.length).toBeLessThan(0.02);
    expect(Math.max(...errors)).toBeLessThan(0.25);
    const one = [{ ratio: 0.5, lotUsd: 0.01 }];
    expect(reproducedBy(curveOf(one), 19.9) - reproducedShare(one, 19.9)).toBeLessThan(0.25);
  });
});
