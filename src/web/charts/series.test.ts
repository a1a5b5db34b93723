import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WeightSample } from '../live/feed.ts';
import { accountValueCurve, unbrokenRuns } from './account_value_series.ts';
import { thinned } from './thinned.ts';
import { egressNames, laneStack } from './weight_series.ts';

const sample = (seconds: number, usd: number) => ({ time: seconds * 1000, accountValueUsd: String(usd) });

describe('accountValueCurve', () => {
  it('measures drawdown from the highest value before', () => {
    const curve = accountValueCurve([sample(0, 100), sample(60, 120), sample(120, 90), sample(180, 130)]);
    expect(curve.drawdown.map((point) => point.value)).toEqual([0, 0, -0.25, 0]);
    expect(curve.worst).toEqual({ time: 120, share: -0.25 });
  });
  it('leaves a gap open, as wide as it was long', () => {
    const curve = accountValueCurve([0, 60, 120, 180, 1_200, 1_260].map((at) => sample(at, 100)));
    expect(curve.gaps).toBe(1);
    const empty = curve.values.filter((point) => point.value === undefined);
    expect(empty.length).toBe(16);
    expect(
      unbrokenRuns(curve.values).map((run) => run.filter((point) => point.value !== undefined).length),
    ).toEqual([4, 2]);
  });
  it('takes one sample a second, in any order, and nothing from nothing', () => {
    const curve = accountValueCurve([sample(2, 3), { time: 900, accountValueUsd: '1' }, sample(0, 7)]);
    expect(curve.values).toEqual([
      { time: 0, value: 1 },
      { time: 2, value: 3 },
    ]);
    expect(accountValueCurve([])).toMatchObject({ values: [], worst: null, samples: 0 });
  });
  it('gives times that only rise, which the chart insists on', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1_000_000), fc.integer({ min: -5, max: 1_000 }))), (raw) => {
        const { values, drawdown } = accountValueCurve(raw.map(([at, usd]) => sample(at, usd)));
        for (const points of [values, drawdown]) {
          points.slice(1).forEach((point, index) => {
            expect(point.time).toBeGreaterThan(points[index]?.time ?? 0);
          });
        }
        for (const point of drawdown) expect(point.value ?? 0).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('laneStack', () => {
  const weights = (time: number, used: number | null, lanes: Record<string, number>): WeightSample => ({
    time,
    weights: [
      {
        egress: 'default',
        used,
        limit: 1_200,
        windowMs: 60_000,
        lanes: Object.entries(lanes).map(([lane, spent]) => ({ lane, used: spent })),
        asOf: time,
      },
    ],
  });
  it('stacks lanes and leaves no report empty instead of zero', () => {
    const stack = laneStack(
      [
        weights(1_000, 30, { audit: 10, sweep: 20 }),
        weights(2_000, null, {}),
        weights(3_000, 5, { sweep: 5 }),
      ],
      'default',
    );
    expect(stack.lanes).toEqual(['audit', 'sweep']);
    expect(stack.tops).toEqual([
      [10, null, 0],
      [30, null, 5],
    ]);
  });
  it('opens a hole where samples are missing', () => {
    const stack = laneStack([weights(1_000, 1, { audit: 1 }), weights(60_000, 1, { audit: 1 })], 'default');
    expect(stack.times).toEqual([1, 2, 60]);
    expect(stack.tops).toEqual([[1, null, 1]]);
  });
  it('knows nothing of an egress without samples', () => {
    expect(laneStack([weights(1_000, 1, { audit: 1 })], 'other').tops).toEqual([]);
    expect(egressNames([weights(1_000, 1, {})])).toEqual(['default']);
  });
});

describe('thinned', () => {
  it('keeps first and last and at most as many as told', () => {
    const items = Array.from({ length: 1_001 }, (_, index) => index);
    const few = thinned(items, 100);
    expect(few).toHaveLength(100);
    expect([few[0], few.at(-1)]).toEqual([0, 1_000]);
    expect(thinned([1, 2], 100)).toEqual([1, 2]);
  });
});
