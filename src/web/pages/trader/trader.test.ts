import { describe, expect, it } from 'vitest';
import type { Position } from '../../../contract/positions.ts';
import { activityMap, activityStep } from './activity.ts';
import { coinMix } from './coin_mix.ts';

describe('activityMap', () => {
  it('counts by UTC weekday and hour, Monday first', () => {
    const monday = Date.UTC(2026, 2, 9, 0, 30);
    const sunday = Date.UTC(2026, 2, 15, 23, 59);
    const map = activityMap([sunday, monday, monday + 1]);
    expect(map.counts[0]?.[0]).toBe(2);
    expect(map.counts[6]?.[23]).toBe(1);
    expect(map).toMatchObject({ most: 2, total: 3, since: monday });
    expect(activityMap([])).toMatchObject({ most: 0, total: 0, since: null });
  });
  it('tints nothing for nothing and most for the busiest', () => {
    expect([0, 1, 5, 10].map((count) => activityStep(count, 10))).toEqual([0, 1, 2, 4]);
    expect(activityStep(0, 0)).toBe(0);
  });
});

describe('coinMix', () => {
  const position = (coin: string, size: string, entry: string | null): Position =>
    ({
      coin,
      size,
      entryPrice: entry === null ? { v: null, state: 'unknown' } : { v: entry, state: 'ok' },
    }) as Position;
  it('shares by notional at entry, largest first, and says what it left out', () => {
    const mix = coinMix([position('A', '-1', '300'), position('B', '2', '50'), position('C', '9', null)]);
    expect(mix.shares.map((one) => [one.coin, one.long, one.share])).toEqual([
      ['A', false, 0.75],
      ['B', true, 0.25],
    ]);
    expect(mix.unknown).toBe(1);
  });
  it('has no shares without positions', () => expect(coinMix([])).toEqual({ shares: [], unknown: 0 }));
});
