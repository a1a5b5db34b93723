import { describe, expect, it } from 'vitest';
import { newEpisode } from '../domain/episodes/episode.ts';
import { TraderHistory } from '../domain/metrics/history.ts';
import type { TraderWindow } from '../domain/metrics/window.ts';
import { windowOf } from '../domain/metrics/window.ts';
import { lots, microUsd, ticks } from '../domain/money.ts';
import { capacityShare, loadShare } from './capacity.ts';
import { copySeries, DEFAULT_COPY_TERMS, decayFactor, marketNeutral } from './copy_returns.ts';
import { DetailCollector, maximumCapital } from './details.ts';
import { groupEntities, isLinkedHedge, oppositeTwins, washRings } from './entities.ts';
import { featuresOf } from './features.ts';
import { gateNames, gatesOf } from './gates.ts';
import { copySample } from './sharpe_sample.ts';

const DAY = 86_400_000;

describe('copy-adjusted returns', () => {
  const base = windowOf(new TraderHistory({ slippageBp: () => 0 }), 0, 1);
  const window: TraderWindow = {
    ...base,
    knownFrom: 11,
    totals: { ...base.totals, entryNotional: 1e6, costTime: 1e6 * 3_600_000 },
    series: {
      day: [10, 11, 12],
      net: [0.5, 0.009, -0.02],
      gross: [0.5, 0.01, -0.02],
      slippage: [0, 0.0004, 0.0002],
      impact: [0, 0, 0],
      turnover: [9, 2, 1],
      pnl: [0, 0, 0],
      equity: [0, 0, 0],
    },
  };
  it('are the gross return less fees, spread and delay, from the day the fills are known', () => {
    const copy = copySeries(window, DEFAULT_COPY_TERMS);
    expect(copy.day).toEqual([11, 12]);
    const keep = Math.exp(-1_500 / (0.15 * 3_600_000));
    expect(copy.net[0]).toBeCloseTo(0.01 * keep - 2 * 4.5e-4 - 0.0004, 12);
    // A loss is not made smaller by being late.
    expect(copy.net[1]).toBeCloseTo(-0.02 - 4.5e-4 - 0.0002, 12);
  });
  it('fall with the fee, the builder fee and the delay', () => {
    const total = (terms: typeof DEFAULT_COPY_TERMS) =>
      copySeries(window, terms).net.reduce((sum, x) => sum + x, 0);
    const now = total(DEFAULT_COPY_TERMS);
    expect(total({ ...DEFAULT_COPY_TERMS, takerBp: 3 })).toBeCloseTo(now + 3 * 1.5e-4, 12);
    expect(total({ ...DEFAULT_COPY_TERMS, builderBp: 1 })).toBeLessThan(now);
    expect(total({ ...DEFAULT_COPY_TERMS, latencyMs: 60_000 })).toBeLessThan(now);
    expect(decayFactor(null, 1_500)).toBe(1);
    expect(decayFactor(0, 1_500)).toBe(0);
  });
  it('lose only the part of the market that is beyond doubt', () => {
    const market = Array.from({ length: 40 }, (_, i) => 0.02 * Math.sin(i));
    const follows = market.map((m, i) => 1.5 * m + 0.001 * Math.cos(7 * i));
    expect(Math.max(...marketNeutral(follows, market).map(Math.abs))).toBeLessThan(0.002);
    const unrelated = market.map((_, i) => 0.01 * Math.cos(7 * i));
    expect(marketNeutral(unrelated, market)).toEqual(unrelated);
  });
  it('give no estimate from a constant, short or empty series', () => {
    for (const values of [[], [0.01, 0.02], Array(40).fill(0.01)])
      expect(
        copySample(
          values,
          values.map((_, i) => i),
          40,
        ),
      ).toBeNull();
  });
});

describe('features of a trader about whom nothing is known', () => {
  it('are unknown, and gated for lack of history and capital', () => {
    const none = { firstDay: 0, returns: [] };
    const context = { now: 20_000 * DAY, terms: DEFAULT_COPY_TERMS, bitcoin: none, ether: none };
    const history = new TraderHistory({ slippageBp: () => 0 });
    const features = featuresOf(history, null, context);
    expect(gateNames(gatesOf(features))).toEqual(['HISTORY', 'CAPITAL']);
    history.equity({ time: 19_000 * DAY, equity: microUsd(5e9), unrealised: microUsd(0) });
    for (let d = 1; d <= 1_000; d++)
      history.equity({ time: (19_000 + d) * DAY, equity: microUsd(5e9), unrealised: microUsd(0) });
    for (const windowDays of [7, 30, 90, 180, null]) {
      const flat = featuresOf(history, windowDays, context);
      expect(flat.sharpe).toBeNaN();
      expect(flat.medianEquityUsd).toBe(5_000);
      expect(flat.days).toBe(windowDays ?? 1_000);
      for (const value of Object.values(flat)) expect(Math.abs(value)).not.toBe(Number.POSITIVE_INFINITY);
    }
  });
});

describe('a record whose beginning is out of reach', () => {
  it('is complete over the part that is known, and only over that', () => {
    const none = { firstDay: 0, returns: [] };
    const context = { now: 20_000 * DAY, terms: DEFAULT_COPY_TERMS, bitcoin: none, ether: none };
    const history = new TraderHistory({ slippageBp: () => 0 });
    for (let d = 0; d <= 100; d++)
      history.equity({ time: (19_900 + d) * DAY, equity: microUsd(5e9), unrealised: microUsd(0) });
    history.completeSince = 19_950.5 * DAY;
    expect(featuresOf(history, null, context)).toMatchObject({ complete: 1, days: 49 });
    expect(featuresOf(history, 90, context)).toMatchObject({ complete: 0, days: 49 });
    expect(featuresOf(history, 30, context)).toMatchObject({ complete: 0, days: 30 });
  });
});

describe('entities', () => {
  it('group through any chain of links, named by the smallest id', () => {
    const groups = groupEntities([
      { a: 9, b: 4, kind: 'transfer' },
      { a: 12, b: 9, kind: 'subAccount' },
      { a: 7, b: 8, kind: 'vaultLeader' },
    ]);
    expect(Object.fromEntries(groups)).toEqual({ 4: 4, 9: 4, 12: 4, 7: 7, 8: 7 });
  });
  it('find twins that do the opposite, and not a crowd that panics together', () => {
    const changes = [];
    for (let k = 0; k < 20; k++) {
      changes.push({ trader: 1, coin: 1, minute: 10 * k, notional: 100 + k });
      changes.push({ trader: 2, coin: 1, minute: 10 * k, notional: -(100 + k) });
      for (let t = 100; t < 160; t++)
        changes.push({ trader: t, coin: 2, minute: 10 * k, notional: t % 2 === 0 ? 50 : -50 });
    }
    const twins = oppositeTwins(changes);
    expect(twins.map(({ a, b }) => [a, b])).toEqual([[1, 2]]);
    expect(twins[0]?.correlation).toBeCloseTo(-1, 12);
    expect(oppositeTwins(changes.filter(({ trader }) => trader < 3).slice(0, 14))).toEqual([]);
  });
  it('find rings by who trades with whom', () => {
    const volume = new Map([
      [1, 900],
      [2, 1_000],
      [3, 1_000],
      [4, 50],
    ]);
    const rings = washRings(
      [
        { a: 1, b: 2, notional: 400 },
        { a: 2, b: 3, notional: 100 },
        // One who trades little met the same market maker each time.
        { a: 2, b: 4, notional: 45 },
      ],
      volume,
    );
    expect(rings).toEqual([{ a: 1, b: 2, kind: 'ring' }]);
  });
  describe('of linked wallets', () => {
    type Change = readonly [number, number, number];
    const changes = (minutes: readonly Change[], since = Number.NEGATIVE_INFINITY) => ({ since, minutes });
    /** In and out every seven hours and a bit, `sign` the side, `late` minutes after the other leg. */
    const leg = (sign: number, late: number, count = 12): Change[] =>
      Array.from({ length: count }, (_, i) => [
        1,
        28_000_000 + 437 * i + late,
        sign * (i % 2 === 0 ? 1 : -1) * (1_000 + 10 * i),
      ]);
    it('tell a hedge whose legs move minutes apart, whichever comes first', () => {
      for (const late of [0, 3, 10, 20]) {
        expect(isLinkedHedge(changes(leg(1, 0)), changes(leg(-1, late)))).toBe(true);
        expect(isLinkedHedge(changes(leg(-1, late)), changes(leg(1, 0)))).toBe(true);
      }
    });
    it('are no hedge when they trade the same way, on their own, or hardly ever', () => {
      expect(isLinkedHedge(changes(leg(1, 0)), changes(leg(1, 10)))).toBe(false);
      expect(isLinkedHedge(changes(leg(1, 0)), changes(leg(-1, 2_000)))).toBe(false);
      expect(isLinkedHedge(changes(leg(1, 0, 3)), changes(leg(-1, 10, 3)))).toBe(false);
      expect(isLinkedHedge(changes([]), changes(leg(1, 0)))).toBe(false);
      // One common move, however large, and rests of round trips beside it.
      const one = (sign: number): Change[] => [
        [1, 28_000_000, sign * 1e6],
        ...leg(sign, 1_000).map(([coin, minute]): Change => [coin, minute, sign]),
      ];
      expect(isLinkedHedge(changes(one(1)), changes(one(-1)))).toBe(false);
    });
    it('are compared over the time that is known of both', () => {
      const earlier = leg(1, 0, 24).map(([coin, minute, usd]): Change => [coin, minute - 437 * 24, 3 * usd]);
      const long = changes([...earlier, ...leg(1, 0)]);
      expect(isLinkedHedge(long, changes(leg(-1, 10), 28_000_000))).toBe(true);
      expect(isLinkedHedge(long, changes(leg(-1, 10)))).toBe(false);
    });
  });
});

describe('a closed position that is kept', () => {
  it('has its worst and best in dollars, and says whether it was forced', () => {
    const collector = new DetailCollector(() => 1);
    const one = {
      ...newEpisode(7, 1, 0, null),
      exitNotional: 2e6,
      worst: -5e6,
      best: 1e6,
      orders: 2,
      fills: 9,
    };
    for (const more of [{}, { adl: true }, { settled: true }, { liquidated: true }])
      collector.episode({ ...one, ...more });
    const { episodes } = collector.details();
    expect(episodes[0]).toMatchObject({ exit: 2, worst: -5, best: 1, orders: 2, fills: 9 });
    expect(episodes.map(({ forced }) => forced)).toEqual([false, true, true, true]);
  });
});

describe('capacity', () => {
  it('counts fills whose copies would be more than 5 % of the minute', () => {
    const fills = [
      { notionalUsd: 100, minuteVolumeUsd: 10_000 },
      { notionalUsd: 1_000, minuteVolumeUsd: 10_000 },
      { notionalUsd: 1_000, minuteVolumeUsd: Number.NaN },
    ];
    expect(capacityShare(fills, 1)).toBe(0.5);
    expect(capacityShare([], 1)).toBeNaN();
  });

  it('is the same from kept ratios, and turns into an equity', () => {
    // Fills of 100 and 1,000 USD of an account of 10,000 in minutes of 10,000.
    const loads = [100, 1_000].map((usd) => usd / 10_000 / 10_000);
    expect(loadShare(loads, 10_000)).toBe(0.5);
    expect(loadShare(loads, 4_000)).toBe(0);
    const details = { episodes: [], minutes: [], held: [], loads };
    const most = maximumCapital(details) ?? 0;
    expect(loadShare(loads, most * 1.001)).toBeGreaterThanOrEqual(0.3);
    expect(loadShare(loads, most * 0.999)).toBeLessThan(0.3);
    expect(maximumCapital({ ...details, loads: [] })).toBeNull();
  });
});

describe('the best day of a record', () => {
  const none = { firstDay: 0, returns: [] };
  const context = { now: 20_000 * DAY, terms: DEFAULT_COPY_TERMS, bitcoin: none, ether: none };
  /** A record whose daily returns are the given ones. */
  function living(returns: readonly number[]): TraderHistory {
    const history = new TraderHistory({ slippageBp: () => 0 });
    const first = 20_000 - returns.length;
    let equity = 5e9;
    history.equity({ time: first * DAY, equity, unrealised: microUsd(0) });
    returns.forEach((r, i) => {
      equity *= 1 + r;
      history.equity({ time: (first + i + 1) * DAY, equity, unrealised: microUsd(0) });
    });
    return history;
  }
  const ordinary = Array.from({ length: 90 }, (_, i) => 0.02 * Math.sin(i * 12.9898));
  const hit = (returns: readonly number[]) =>
    gateNames(gatesOf(featuresOf(living(returns), null, context))).includes('ONEHIT');

  it('is a hit where it stands out, and none where a small profit has no other great part', () => {
    const profit = ordinary.map((r) => r + 0.0004);
    expect(featuresOf(living(profit), null, context)).toMatchObject({ withoutBestTwo: expect.any(Number) });
    expect(featuresOf(living(profit), null, context).bestDayShare).toBeGreaterThan(0.2);
    expect(hit(profit)).toBe(false);
    expect(hit(ordinary.map((r, i) => (i === 50 ? 0.3 : r)))).toBe(true);
    expect(hit(ordinary.map((r, i) => (i === 50 || i === 60 ? 0.2 : r)))).toBe(true);
    expect(hit(Array.from({ length: 90 }, (_, i) => (i === 50 ? 0.3 : 0)))).toBe(true);
  });
});

describe('an actor so fast that the venue tells no whole day of it', () => {
  it('is told that it is too fast, not only that its record is short', () => {
    const none = { firstDay: 0, returns: [] };
    const now = 20_000.6 * DAY;
    const history = new TraderHistory({ slippageBp: () => 0 });
    history.completeSince = 20_000.2 * DAY;
    history.equity({ time: 20_000.2 * DAY, equity: microUsd(5e9), unrealised: microUsd(0) });
    for (let k = 0; k < 200; k++)
      history.fill({
        time: 20_000.3 * DAY + k * 15_000,
        coin: 1,
        tradeId: k,
        orderId: k,
        size: lots(k % 2 === 0 ? 10 : -10),
        price: ticks(1_000_000 + k),
        startPosition: lots(k % 2 === 0 ? 0 : 10),
        fee: microUsd(0),
        closedPnl: null,
        maker: true,
        twapId: null,
        cause: 'order',
      });
    for (const windowDays of [7, 90, null]) {
      const features = featuresOf(history, windowDays, {
        now,
        terms: DEFAULT_COPY_TERMS,
        bitcoin: none,
        ether: none,
      });
      expect(gateNames(gatesOf(features))).toEqual(expect.arrayContaining(['HISTORY', 'FAST', 'MAKER']));
    }
  });
});
