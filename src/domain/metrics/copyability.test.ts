import { describe, expect, it } from 'vitest';
import { EpisodeBook } from '../episodes/book.ts';
import type { Fill } from '../episodes/fill.ts';
import type { Lots, MicroUsd, Ticks } from '../money.ts';
import { alphaDecay, impactBp, roundTripBp, slippageBp } from './copy_costs.ts';
import { type ClosedEpisode, episodeMetrics } from './episode_metrics.ts';
import vectors from './vectors.json' with { type: 'json' };
import { fundingEightHours, fundingHourly, liquidationPrice, maintenanceMargin } from './venue_rules.ts';

const tiers = [
  { from: 0, maxLeverage: 40 },
  { from: 150e6, maxLeverage: 20 },
];

describe('formulas of the venue', () => {
  it('funding, margin tiers and liquidation price as published', () => {
    for (const [premium = 0, rate = 0] of vectors.funding)
      expect(fundingEightHours(premium)).toBeCloseTo(rate, 12);
    expect(fundingHourly(0.01)).toBeCloseTo(0.0011875, 12);
    // Ten coins long at an oracle of 10,000 pay 118.75.
    expect(10 * 10_000 * fundingHourly(0.01)).toBeCloseTo(118.75, 9);
    expect(fundingHourly(5)).toBe(0.04);
    for (const [notional = 0, margin = 0] of vectors.btcMaint)
      expect(maintenanceMargin(notional, tiers)).toBeCloseTo(margin, 6);
    for (const { px, side, isolatedMargin, size, maxLev, liq } of vectors.liq)
      expect(liquidationPrice(px, side === 1 ? 1 : -1, isolatedMargin, size, maxLev)).toBeCloseTo(liq, 8);
    const price = liquidationPrice(100_000, 1, 5_000, 1, 40);
    expect(5_000 + price - 100_000).toBeCloseTo(maintenanceMargin(price, tiers), 6);
  });
});

describe('costs of copying', () => {
  it('impact follows the square root, as published', () => {
    for (const [notional = 0, volume = 0, bp = 0] of vectors.impact.cases)
      expect(impactBp(notional, vectors.impact.sigma, volume)).toBeCloseTo(bp, 10);
    const depth = { halfSpreadBp: 1, dailyDeviation: 0.04, dailyVolumeUsd: 1e9 };
    expect(roundTripBp({ takerBp: 4.5, builderBp: 0 }, slippageBp(depth, 1_000))).toBeCloseTo(11.8, 9);
    expect(impactBp(1, 0.04, 0)).toBe(Number.POSITIVE_INFINITY);
  });
  it('one scripted follower pays what the reference says: cash 10.0, notional 590, fee .2655', () => {
    const book = new EpisodeBook();
    let position = 0;
    let gross = 0;
    let notional = 0;
    const steps = [
      [100, 100],
      [100, 110],
      [-100, 120],
      [-200, 90],
      [100, 80],
    ] as const;
    steps.forEach(([size, usd], i) => {
      const fill: Fill = {
        time: i,
        coin: 1,
        tradeId: i,
        orderId: i,
        size: size as Lots,
        price: (usd * 10_000) as Ticks,
        startPosition: position as Lots,
        fee: 0 as MicroUsd,
        closedPnl: null,
        maker: false,
        twapId: null,
        cause: 'order',
      };
      gross += book.apply(fill).gross ?? 0;
      notional += Math.abs(size) * usd * 10_000;
      position += size;
    });
    expect(gross).toBe(10e6);
    expect(notional).toBe(590e6);
    expect(notional * 4.5e-4 * 1e-6).toBeCloseTo(vectorsFee, 12);
  });
  it('the decay curve is the drift after opens less the drift after closes, in the direction of the position', () => {
    const fills = [
      { time: 0, direction: 1, opens: true, notional: 10 },
      { time: 100_000, direction: 1, opens: false, notional: 10 },
    ] as const;
    const drift = (opening: number, closing: number) =>
      alphaDecay(
        fills,
        (fill, time) => 100 + ((fill.opens ? opening : closing) * (time - fill.time)) / 1e5,
      ).map(({ driftBp }) => driftBp && Math.round(driftBp * 1e6) / 1e6);
    expect(drift(1, 0)).toEqual([1, 3, 10, 60]);
    // Who sells a long before it falls: who comes later has missed that too.
    expect(drift(1, -1)).toEqual([2, 6, 20, 120]);
    expect(drift(1, 1)).toEqual([0, 0, 0, 0]);
    const short = fills.map((fill) => ({ ...fill, direction: -1 }) as const);
    expect(alphaDecay(short, (fill, time) => (fill.opens ? 100 - (time - fill.time) / 1e5 : 100))[3]).toEqual(
      {
        offsetMs: 60_000,
        driftBp: expect.closeTo(60, 6),
        n: 2,
      },
    );
    const some = alphaDecay(fills, (_, time) => (time > 109_000 ? null : 100));
    expect(some.map(({ n }) => n)).toEqual([2, 2, 1, 1]);
    expect(alphaDecay(fills, () => null)[0]).toEqual({ offsetMs: 1_000, driftBp: null, n: 0 });
  });
});

const vectorsFee = 0.2655;

describe('metrics of episodes', () => {
  const made = (
    coin: number,
    net: number,
    worst: number,
    more: Partial<ClosedEpisode> = {},
  ): ClosedEpisode => ({
    coin,
    entry: 1e6,
    exit: 1e6,
    net,
    funding: 0,
    worst,
    best: 0,
    orders: 2,
    fills: 6,
    forced: false,
    ...more,
  });
  it('risk units, concentration, splitting and forced exits', () => {
    const m = episodeMetrics([
      made(1, 300, -100),
      made(1, -200, -200),
      made(2, 150, 0, { forced: true, funding: 50 }),
    ]);
    // Median worst is 100, so at least 50 counts: (3 - 1 + 3) / 3.
    expect(m.expectancyR).toEqual({ value: expect.closeTo(5 / 3, 12), absent: null, n: 3 });
    expect(m.coinConcentration.value).toBeCloseTo(5 / 9, 12);
    expect(m.pnlConcentration.value).toBeCloseTo((300 ** 2 + 200 ** 2 + 150 ** 2) / 650 ** 2, 12);
    expect(m.ordersPerPosition.value).toBe(2);
    expect(m.fillsPerOrder.value).toBe(3);
    expect(m.forcedShare.value).toBeCloseTo(1 / 3, 12);
    expect(m.fundingShare.value).toBeCloseTo(50 / 250, 12);
    expect(m.adverseBp.value).toBe(-1);
  });
  it('nothing gives null, with a reason', () => {
    for (const { value, absent, n } of Object.values(episodeMetrics([])))
      expect([value, absent, n]).toEqual([null, expect.any(String), 0]);
    const even = episodeMetrics([made(1, 0, 0), made(1, 0, 0)]);
    expect(even.pnlConcentration.value).toBeNull();
    expect(even.expectancyR.absent).toBe('NO_DRAWDOWN');
  });
});
