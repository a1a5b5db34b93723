import { expect, it } from 'vitest';
import { episodeMetricsOf } from './trader_look.ts';

const old = {
  coin: 1,
  long: true,
  openTime: 0,
  closeTime: 1,
  entry: 100,
  net: 5,
  fees: 1,
  funding: 1,
  adds: 0,
  fault: null,
  liquidated: false,
};
const closed = { ...old, exit: 100, worst: -2, best: 6, orders: 2, fills: 4, forced: false };
const stored = (...parts: unknown[]) => ({
  base: { episodes: parts.slice(0, 2) },
  seen: { episodes: parts.slice(2) },
});

it('tells what the newest closed positions have in common, without those at fault or of an older version', () => {
  const metrics = episodeMetricsOf(
    stored(old, { ...closed, net: -5, forced: true }, { ...closed, fault: 'gap', net: 900 }, closed),
  );
  expect(metrics['forcedShare']).toEqual({ value: 0.5, absent: null, n: 2 });
  expect(metrics['expectancyR']).toEqual({ value: 0, absent: null, n: 2 });
  expect(metrics['fundingShare']).toEqual({ value: null, absent: 'NO_PROFIT', n: 2 });
  expect(metrics['fillsPerOrder']?.value).toBe(2);
  expect(episodeMetricsOf(stored(old))).toEqual({});
  expect(episodeMetricsOf(undefined)).toEqual({});
});

it('looks no further back than a hundred', () => {
  const many = Array.from({ length: 130 }, (_, i) => ({ ...closed, orders: i < 30 ? 99 : 1 }));
  expect(episodeMetricsOf({ base: { episodes: many }, seen: null })['ordersPerPosition']).toEqual({
    value: 1,
    absent: null,
    n: 100,
  });
});
