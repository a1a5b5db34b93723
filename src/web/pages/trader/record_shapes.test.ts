import { describe, expect, it } from 'vitest';
import { byCoin, calendar, growth, holdBins, pnlCurve } from './record_shapes.ts';

// 2026-01-05 was a Monday.
const MONDAY = Date.UTC(2026, 0, 5) / 86_400_000;
const series = {
  day: [MONDAY - 1, MONDAY, MONDAY + 2],
  ownReturn: [0.1, -0.5, 0],
  copyReturn: [0.05, -0.6, 0.01],
  pnlUsd: [10, -30, 0],
  equityUsd: [110, 80, 80],
};
const episode = (more: object) => ({
  dex: '',
  coin: 'BTC',
  long: true,
  openTime: 0,
  closeTime: 60_000,
  entryUsd: 100,
  netUsd: 5,
  feesUsd: 1,
  fundingUsd: 0,
  adds: 0,
  fault: null,
  liquidated: false,
  ...more,
});

describe('shapes of a record', () => {
  it('adds PnL up and leaves unknown days open', () => {
    expect(pnlCurve(series)).toEqual({
      labels: ['2026-01-04', '2026-01-05', '2026-01-06', '2026-01-07'],
      pnl: [10, -20, null, -20],
    });
  });

  it('compounds returns of trader and follower', () => {
    const { own, copy } = growth(series);
    expect(own.map((x) => Number(x.toFixed(4)))).toEqual([1.1, 0.55, 0.55]);
    expect(copy.map((x) => Number(x.toFixed(4)))).toEqual([1.05, 0.42, 0.4242]);
  });

  it('puts days into weeks from Monday, signed by result and blank where nothing is known', () => {
    const weeks = calendar(series, 10);
    expect(weeks.map((week) => week[0]?.label)).toEqual(['2025-12-29', '2026-01-05']);
    expect(weeks[0]?.[6]).toEqual({ label: '2026-01-04', pnl: 10, step: 3 });
    expect(weeks[1]?.[0]?.step).toBe(-3);
    expect(weeks[1]?.[1]).toEqual({ label: '2026-01-06', pnl: null, step: 0 });
    expect(calendar(series, 1)).toHaveLength(1);
  });

  it('counts holds and sums coins without faulty positions', () => {
    const all = [
      episode({}),
      episode({ closeTime: 90_000_000, netUsd: -2 }),
      episode({ fault: 'gap', netUsd: 99 }),
    ];
    expect(holdBins(all).map((bin) => bin.count)).toEqual([2, 0, 0, 0, 0, 1, 0]);
    expect(byCoin(all)).toEqual([expect.objectContaining({ coin: 'BTC', closed: 2, won: 1, netUsd: 3 })]);
  });
});
