/** Published numbers that need more than one function: round trips of other libraries, small-sample facts, traps. */
import { describe, expect, it } from 'vitest';
import { EpisodeBook } from '../episodes/book.ts';
import { type Episode, episodeHold } from '../episodes/episode.ts';
import { lots, parseUsd, ticks } from '../money.ts';
import { deflatedSharpe, expectedMaximum } from './inference.ts';
import { momentsOf } from './moments.ts';
import { lagFactor, maxDrawdown, sharpe, smoothedSharpe, sortino, totalReturn } from './series.ts';
import vectors from './vectors.json' with { type: 'json' };

const DAY = 86_400_000;

/** Signed size (two decimals) at a price (four), a day apart unless said; fees in USD. */
type Step = readonly [size: number, price: number, fee?: string, day?: number];

function trade(steps: readonly Step[]) {
  const book = new EpisodeBook();
  const gross: number[] = [];
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
  });
  return { gross, ended, position: position / 100 };
}

/** Returns from each value to the next. */
const growthOf = (curve: readonly number[]) => curve.slice(1).map((x, i) => x / (curve[i] ?? Number.NaN) - 1);

describe('round trips of other libraries', () => {
  it('vectorbt: size and entry of each position, and its two exits of one position', () => {
    const fills = vectors.trades.vbt_long.fills.map(([side, size, price]): Step => {
      const fee = (Number(size) * Number(price) * vectors.trades.vbt_long.feeRate).toFixed(6);
      return [side === 'B' ? Number(size) : -Number(size), Number(price), fee];
    });
    const { ended, gross } = trade(fills);
    const [first, second] = ended;
    const [one, two] = vectors.trades.vbt_long.episodes;
    for (const [got, want] of [
      [first, one],
      [second, two],
    ] as const) {
      expect(Number(got?.maxSize) / 100).toBe(want?.size);
      expect((got?.entryNotional ?? 0) / 1e6 / (want?.size ?? 1)).toBeCloseTo(want?.entry ?? 0, 10);
    }
    // Each exit bears its own fee and its share of the fees of the entries.
    const share = 0.01212 / 1.1;
    const exits = [(gross[2] ?? 0) - 0.0297 - share, (gross[3] ?? 0) - 0.00396 - 0.1 * share];
    expect(exits[0]).toBeCloseTo(1.827464, 6);
    expect(exits[1]).toBeCloseTo(0.280756, 6);
    // Two winning exits are one win.
    expect(first?.partialCloses).toBe(1);
  });

  it('pyfolio: profits, sides and what is left open', () => {
    const sums = (steps: readonly Step[]) => {
      const { gross, ended, position } = trade(steps);
      return { pnl: gross.reduce((sum, x) => sum + x, 0), sides: ended.map((e) => e.direction), position };
    };
    expect(
      sums([
        [2, 10],
        [-2, 15],
      ]),
    ).toEqual({ pnl: 10, sides: [1], position: 0 });
    expect(
      sums([
        [2, 10],
        [2, 15],
        [-9, 10],
      ]),
    ).toEqual({ pnl: -10, sides: [1], position: -5 });
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
