/** Published numbers that need more than one function: round trips of other libraries, small-sample facts, traps. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EpisodeBook } from '../episodes/book.ts';
import { type Episode, episodeHold, episodeNet } from '../episodes/episode.ts';
import { lots, parseUsd, ticks } from '../money.ts';
import { TraderHistory } from './history.ts';
import { deflatedSharpe, expectedMaximum } from './inference.ts';
import { momentsOf } from './moments.ts';
import { lagFactor, maxDrawdown, sharpe, smoothedSharpe, sortino, totalReturn } from './series.ts';
import { exposureMetrics, tradeMetrics } from './trader_metrics.ts';
import vectors from './vectors.json' with { type: 'json' };
import { windowOf } from './window.ts';

const DAY = 86_400_000;
const REFERENCE = new URL('../../../../shared/reference/metrics-vectors.json', import.meta.url);

/** Signed size (two decimals) at a price (four), a day apart unless said; fees in USD. */
type Step = readonly [size: number, price: number, fee?: string, day?: number];

function trade(steps: readonly Step[]) {
  const book = new EpisodeBook();
  const gross: number[] = [];
  /** Of the episode that is open after each step; 0 while flat. */
  const fees: number[] = [];
  const ended: Episode[] = [];
  let position = 0;
  steps.forEach(([size, price, fee = '0', day], k) => {
    const effect = book.apply({
      time: (day ?? k) * DAY,
      coin: 1,
      tradeId: k,
      orderId: k,
      size: lots(Math.round(size * 100)),
      price: ticks(Math.round(price * 10_000)),
      startPosition: lots(position),
      fee: parseUsd(fee),
      closedPnl: null,
      maker: false,
      twapId: null,
      cause: 'order',
    });
    position += Math.round(size * 100);
    gross.push((effect.gross ?? Number.NaN) / 1e6);
    ended.push(...effect.ended.map((one) => ({ ...one })));
    fees.push((book.open(1)?.fees ?? 0) / 1e6);
  });
  return { book, gross, fees, ended, position: position / 100 };
}

/** Returns from each value to the next. */
const growthOf = (curve: readonly number[]) => curve.slice(1).map((x, i) => x / (curve[i] ?? Number.NaN) - 1);

describe('round trips of other libraries', () => {
  /** A published position: [size, entry price, fees of entering, exit price, fees of leaving, net]. */
  type Position = readonly [number, number, number, number, number, number];
  const positionOf = (episode: Episode | undefined, entryFees: number): Position => {
    if (episode === undefined) throw new Error('no such position');
    const size = Number(episode.maxSize) / 100;
    return [
      size,
      episode.entryNotional / 1e6 / size,
      entryFees,
      episode.exitNotional / 1e6 / size,
      episode.fees / 1e6 - entryFees,
      episodeNet(episode) / 1e6,
    ];
  };
  const expectPosition = (got: Position, want: Position) => {
    got.forEach((value, i) => {
      expect({ i, value }).toEqual({ i, value: expect.closeTo(want[i] ?? Number.NaN, 6) });
    });
  };
  /** Each order pays 1 %. */
  const withFees = (orders: readonly (readonly [number, number])[]) =>
    orders.map(([size, price]): Step => [size, price, (Math.abs(size) * price * 0.01).toFixed(6)]);
  const openNet = (book: EpisodeBook, mark: number) => {
    book.mark(1, ticks(mark * 10_000));
    const [open] = [...book.openPositions()];
    return ((open?.unrealised ?? Number.NaN) - (open?.episode.fees ?? 0)) / 1e6;
  };

  it('vectorbt: every column of its positions, long first', () => {
    const { vbt_long: want } = vectors.trades;
    const orders = want.fills.map(([side, size, price]): [number, number] => [
      side === 'B' ? Number(size) : -Number(size),
      Number(price),
    ]);
    const { book, ended, gross, fees } = trade(withFees(orders));
    expectPosition(positionOf(ended[0], fees[1] ?? 0), [1.1, 1.101818, 0.01212, 3.06, 0.03366, 2.10822]);
    expectPosition(positionOf(ended[1], fees[4] ?? 0), [1, 5.05, 0.0505, 5.94, 0.0594, 0.7801]);
    want.episodes.slice(0, 2).forEach(({ size, entry, net = Number.NaN }, i) => {
      const [, price, , , , own] = positionOf(ended[i], 0);
      expect([Number(ended[i]?.maxSize) / 100, own]).toEqual([size, net]);
      expect(price).toBeCloseTo(entry, 10);
    });
    // The flip leaves a short that has paid for its own part of the order only.
    expect([book.open(1)?.direction, fees[5], openNet(book, want.mark)]).toEqual([
      -1,
      0.0594,
      expect.closeTo(want.episodes[2]?.mtm ?? 0, 9),
    ]);
    // Each exit bears its own fee and its share of the fees of the entries.
    const share = (fees[1] ?? 0) / 1.1;
    const exits = [(gross[2] ?? 0) - 0.0297 - share, (gross[3] ?? 0) - 0.00396 - 0.1 * share];
    expect(exits[0]).toBeCloseTo(1.827464, 6);
    expect(exits[1]).toBeCloseTo(0.280756, 6);
    // Two winning exits are one win.
    expect(ended[0]?.partialCloses).toBe(1);
  });

  it('vectorbt: the mirrored shorts', () => {
    const orders = [
      [-1, 5.94],
      [-0.1, 4.95],
      [1, 4.04],
      [0.1, 3.03],
      [-1, 1.98],
      [2, 1.01],
    ] as const;
    const { book, ended, fees } = trade(withFees(orders));
    const [, entry, , , , net] = positionOf(ended[0], fees[1] ?? 0);
    expect([entry, net]).toEqual([expect.closeTo(5.85, 10), 1.98422]);
    expect(positionOf(ended[1], fees[4] ?? 0)[5]).toBe(0.9401);
    expect(openNet(book, 1)).toBeCloseTo(-0.0201, 9);
  });

  it('average entry, as the venue reckons: first in first out gives other fills and the same total', () => {
    const { fills, avg, fifo } = vectors.trades.avg_vs_fifo;
    const sum = (values: readonly number[]) => values.reduce((total, x) => total + x, 0);
    const { gross, ended } = trade(
      fills.map(([side, size, price]): Step => [side === 'B' ? Number(size) : -Number(size), Number(price)]),
    );
    expect(gross).toEqual(avg);
    // Sold in the order in which it was bought, the third fill would earn 20 and the fourth lose 20.
    expect(gross).not.toEqual(fifo);
    expect([sum(gross), sum(fifo)]).toEqual([10, 10]);
    expect(ended.map((e) => e.gross / 1e6)).toEqual([0, 10]);
  });

  it('pyfolio: profits, sides and what is left open', () => {
    const sums = (steps: readonly Step[]) => {
      const { gross, ended, position } = trade(steps);
      return {
        pnl: gross.reduce((sum, x) => sum + x, 0),
        sides: ended.map((e) => e.direction),
        returns: ended.map((e) => e.gross / e.entryNotional),
        days: ended.map((e) => ((e.closeTime ?? Number.NaN) - e.openTime) / DAY),
        position,
      };
    };
    expect(
      sums([
        [2, 10],
        [-2, 15],
      ]),
    ).toEqual({ pnl: 10, sides: [1], returns: [0.5], days: [1], position: 0 });
    // What was sold beyond that is left out there; here it is a position.
    expect(
      sums([
        [2, 10],
        [2, 15],
        [-9, 10],
      ]),
    ).toEqual({ pnl: -10, sides: [1], returns: [-0.2], days: [2], position: -5 });
    const flips = trade([
      [2, 10],
      [-4, 15],
      [3, 20],
    ]);
    expect(flips.gross).toEqual([0, 10, -10]);
    expect(flips.ended.map((e) => e.direction)).toEqual([1, -1]);
    expect(flips.ended.map((e) => e.gross / e.entryNotional)).toEqual([0.5, -1 / 3]);
    const grown = trade([
      [4, 10],
      [-2, 15],
      [2, 20],
    ]);
    expect(grown.gross).toEqual([0, 10, 0]);
    expect(grown.ended).toEqual([]);
  });

  it('mlfinlab: average holding period, flips and flattenings, drawdowns in dollars', () => {
    const moves = (positions: readonly number[]): Step[] =>
      positions.flatMap((now, day): Step[] => {
        const size = now - (positions[day - 1] ?? 0);
        return size === 0 ? [] : [[size, 100, '0', day]];
      });
    const held = trade(moves([0, 1, 1, -1, -1, 0, 0, 2, 2, 0])).ended;
    const entered = held.reduce((sum, e) => sum + e.entryNotional, 0);
    const average = held.reduce((sum, e) => sum + (episodeHold(e) ?? 0) * e.entryNotional, 0) / entered;
    expect(average / DAY).toBe(2);
    const bets = trade(moves([1, 1.5, 0.5, 0, -0.5, -1, 0.5, 1.5, 1.5, 1.5])).ended;
    expect(bets.map((e) => (e.closeTime ?? 0) / DAY)).toEqual([3, 6]);
    const curve = [100, 110, 90, 100, 120, 130, 100, 120, 140, 130];
    // Each fall from the peak before it to the next one, in dollars.
    const falls = [curve.slice(1, 6), curve.slice(5, 9), curve.slice(8)].map(
      (part) => (maxDrawdown(growthOf(part)) ?? Number.NaN) * (part[0] ?? Number.NaN),
    );
    [20, 30, 10].forEach((dollars, i) => {
      expect(falls[i]).toBeCloseTo(dollars, 10);
    });
    // The deepest as a share is the second: 30 of 130.
    expect(maxDrawdown(growthOf(curve))).toBeCloseTo(30 / 130, 12);
  });
});

describe('small samples', () => {
  it('one observation has a return and no ratio; a rise without a fall has no ratio to it', () => {
    expect(maxDrawdown([0.01])).toBe(0);
    expect(totalReturn([0.01])).toBeCloseTo(0.01, 15);
    expect(sharpe([0.01])).toBeNull();
    expect(sharpe(vectors.series.flat1)).toBeNull();
    expect(sortino(vectors.series.positive)).toBeNull();
    // Elsewhere a missing observation starts the growth at 0; here nothing was observed.
    expect(totalReturn([Number.NaN])).toBeNull();
  });
  it('sums of squares cancel where one pass does not', () => {
    const { x, var: variance } = vectors.welford_shift;
    const mean = x.reduce((sum, v) => sum + v, 0) / 4;
    const squares = x.reduce((sum, v) => sum + v * v, 0);
    expect((squares - 4 * mean * mean) / 3).not.toBe(variance);
    expect(momentsOf(x).m2 / 3).toBe(variance);
  });
  it('six wins in ten lose money where the loser is 83 and the winner 48', () => {
    const history = new TraderHistory({ slippageBp: () => 0 });
    for (let k = 0; k < 100; k++) {
      const pips = (k * 61) % 100 < 61 ? 48 : -83;
      for (const [late, size, price] of [
        [0, 100, 10_000],
        [1, -100, 10_000 + pips],
      ] as const)
        history.fill({
          time: k * 1_000 + late,
          coin: 1,
          tradeId: 2 * k + late,
          orderId: 2 * k + late,
          size: lots(size),
          price: ticks(price),
          startPosition: lots(late * 100),
          fee: parseUsd('0'),
          closedPnl: null,
          maker: false,
          twapId: null,
          cause: 'order',
        });
    }
    const { winRate, payoff, expectancyUsd } = tradeMetrics(windowOf(history, 0, 0));
    expect(winRate.value).toBe(0.61);
    expect(payoff.value).toBeCloseTo(48 / 83, 12);
    // .61 x 48 - .39 x 83 = -3.09 pips, of 100 lots.
    expect(expectancyUsd.value).toBeCloseTo(-3.09 * 1e-4, 12);
  });
  it('one round trip of once the capital is a turnover of two', () => {
    const history = new TraderHistory({ slippageBp: () => 0 });
    history.equity({ time: 0, equity: 100e6, unrealised: 0 });
    const fill = { coin: 1, price: ticks(10_000), fee: parseUsd('0'), closedPnl: null, maker: false };
    const rest = { twapId: null, cause: 'order' } as const;
    history.fill({
      ...fill,
      ...rest,
      time: 1,
      tradeId: 1,
      orderId: 1,
      size: lots(10_000),
      startPosition: lots(0),
    });
    history.fill({
      ...fill,
      ...rest,
      time: 2,
      tradeId: 2,
      orderId: 2,
      size: lots(-10_000),
      startPosition: lots(10_000),
    });
    history.equity({ time: DAY, equity: 100e6, unrealised: 0 });
    expect(exposureMetrics(windowOf(history, 0, 0)).turnoverPerDay.value).toBe(2);
  });
  it('best of many without skill after 90 days', () => {
    const best = (n: number) => (expectedMaximum(n) * Math.sqrt(365 / 90)).toFixed(1);
    expect([1e3, 1e4, 1e6].map(best)).toEqual(['6.6', '7.8', '9.8']);
  });
  it('sample-corrected skewness and excess kurtosis follow from the population moments', () => {
    const s = momentsOf(vectors.series.mixed.map((x) => x ?? Number.NaN));
    const { n } = s;
    const g1 = s.m3 / n / (s.m2 / n) ** 1.5;
    const g2 = (s.m4 * n) / (s.m2 * s.m2) - 3;
    expect((g1 * Math.sqrt(n * (n - 1))) / (n - 2)).toBeCloseTo(-0.4553064090719742, 12);
    expect(((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * g2 + 6)).toBeCloseTo(1.6510229364796842, 11);
  });
  it('the deviation of trials is that of the population: with n - 1 the published figure does not come out', () => {
    const list = [3.5, 1.01, 1.02];
    const { m2 } = momentsOf(list);
    const sample = { sharpe: 1.14, skew: 0, kurtosis: 3 };
    expect(deflatedSharpe(sample, 250, 3, Math.sqrt(m2 / 3))).toBeCloseTo(0.9583658117478662, 9);
    expect(deflatedSharpe(sample, 250, 3, Math.sqrt(m2 / 2))).toBeCloseTo(0.1524, 4);
  });
});

describe('returns that lean on the day before', () => {
  it('scale a year by less than its root, as published for 0.1, 0.2 and 0.5', () => {
    const scaled = [0.1, 0.2, 0.5].map((rho) => lagFactor(365, (k) => rho ** k) / Math.sqrt(365));
    expect(scaled.map((x) => x.toFixed(3))).toEqual(['0.905', '0.817', '0.578']);
    expect(lagFactor(365, () => 0)).toBeCloseTo(Math.sqrt(365), 12);
  });
  it('lower the ratio only where that is beyond doubt', () => {
    const noise = Array.from({ length: 200 }, (_, i) => 0.001 + 0.01 * Math.sin(i * i * 12.9898));
    const smooth = noise.map((_, i) => noise.slice(Math.max(0, i - 4), i + 1).reduce((s, x) => s + x, 0) / 5);
    expect(smoothedSharpe(noise)).toBe(sharpe(noise));
    expect(smoothedSharpe(smooth) ?? 0).toBeLessThan(0.8 * (sharpe(smooth) ?? 0));
    expect(smoothedSharpe([0.01])).toBeNull();
    expect(smoothedSharpe(vectors.series.flat1)).toBeNull();
  });
});

it.skipIf(!existsSync(REFERENCE))(
  'the vectors are those of the reference (skipped where it is absent)',
  () => {
    const { source, ...ours } = vectors;
    expect(source).not.toBe('');
    expect(ours).toEqual(JSON.parse(readFileSync(REFERENCE, 'utf8')));
  },
);
