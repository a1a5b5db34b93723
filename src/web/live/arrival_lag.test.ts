import { expect, it } from 'vitest';
import { ArrivalLag } from './arrival_lag.ts';

const change = (exchangeTime: number, committedAt: number) => ({ exchangeTime, committedAt });

it('measures against the server clock, whatever this page thinks the time is', () => {
  const lag = new ArrivalLag();
  lag.arrived([change(1, 2)], 100);
  expect(lag.quantiles()).toBeNull();
  lag.clock(1_000_000, 510);
  lag.clock(1_001_000, 1_500);
  lag.arrived([change(1_001_700, 1_001_900)], 2_500);
  expect(lag.quantiles()).toEqual({ exchange: { p50: 300, p99: 300 }, commit: { p50: 100, p99: 100 }, n: 1 });
});

it('keeps the newest and tells the slow ones apart', () => {
  const lag = new ArrivalLag();
  lag.clock(0, 0);
  lag.arrived(
    Array.from({ length: 1_500 }, (_, index) => change(10_000 - (index < 1_480 ? 50 : 900), 10_000)),
    10_000,
  );
  expect(lag.quantiles()).toMatchObject({ exchange: { p50: 50, p99: 900 }, n: 1_000 });
});
