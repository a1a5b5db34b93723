import fc from 'fast-check';
import { expect, it } from 'vitest';
import vectors from '../metrics/vectors.json' with { type: 'json' };
import { lots, type MicroUsd, microUsd } from '../money.ts';
import { type LeaderShare, targetPosition } from './target.ts';

const usd = (dollars: number): MicroUsd => microUsd(dollars * 1_000_000);
const money = (most: number) => fc.integer({ min: 1, max: most }).map(microUsd);
const share = fc.record({
  weightPpm: fc.integer({ min: 0, max: 1_000_000 }),
  equity: money(1e15),
  position: fc.integer({ min: -1e9, max: 1e9 }).map(lots),
});

it('is the netting vector of the reference', () => {
  const { F, leaders, target } = vectors.netting;
  const shares = leaders.map(({ w, E, q }) => ({
    weightPpm: Math.round(w * 1e6),
    equity: usd(E),
    position: lots(Math.round(q * 1e5)),
  }));
  expect(targetPosition(usd(F), shares)).toBe(target);
  // Each alone asks for .12 of the coin.
  expect(targetPosition(usd(F), shares.slice(0, 1))).toBe(12_000);
  expect(targetPosition(usd(F), shares.slice(1))).toBe(-12_000);
});

it('is zero for two leaders who are exact opposites', () => {
  fc.assert(
    fc.property(money(1e13), share, (equity, one) => {
      const other: LeaderShare = { ...one, position: lots(-one.position) };
      expect(targetPosition(equity, [one, other])).toBe(0);
    }),
  );
});

it('is within a lot of what the leaders ask for, in any order', () => {
  fc.assert(
    fc.property(money(1e11), fc.array(share, { maxLength: 8 }), (equity, all) => {
      const shares = all.filter((one) => (one.weightPpm * equity) / one.equity < 1e9);
      const target = targetPosition(equity, shares);
      const asked = shares.reduce(
        (sum, { weightPpm, equity: own, position }) => sum + ((weightPpm / 1e6) * equity * position) / own,
        0,
      );
      expect(Math.abs(target - asked)).toBeLessThan(1.01);
      expect(targetPosition(equity, [...shares].reverse())).toBe(target);
    }),
  );
});

it('refuses an account without money to measure by', () => {
  const broke = { weightPpm: 1, equity: microUsd(0), position: lots(1) };
  expect(() => targetPosition(usd(1), [broke])).toThrow(expect.objectContaining({ code: 'NO_EQUITY' }));
  expect(() => targetPosition(usd(-1), [])).toThrow(expect.objectContaining({ code: 'NO_EQUITY' }));
  expect(targetPosition(usd(1), [])).toBe(0);
});
