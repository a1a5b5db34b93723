import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../domain/metrics/vectors.json' with { type: 'json' };
import { Board } from './board.ts';
import { classicRanges, classicScore } from './classic_score.ts';
import { evidenceOf, provenRows } from './evidence.ts';
import type { Features } from './features.ts';
import { GATES, gateBit, gateNames, gatesOf } from './gates.ts';
import { DEFAULT_PRIOR, fitPrior, netMean, netPosterior, normalPosterior } from './posterior.ts';
import { RowSorter } from './radix.ts';
import { explain } from './reasons.ts';

const DAY = 86_400_000;

/** A trader that passes every gate. */
const GOOD: Features = {
  activeDays: 80,
  episodes: 100,
  idleMs: DAY,
  reconciled: 1,
  complete: 1,
  medianEquityUsd: 5_000,
  equityUsd: 6_000,
  holdMs: 8 * 3_600_000,
  fastWinShare: 0,
  makerRatio: 0.4,
  costDrag: 1,
  stressedT: 1,
  winRate: 0.55,
  payoff: 1.3,
  losses: 45,
  loserAddShare: 0.2,
  maxLoserAdds: 1,
  openLoss: 0.02,
  leverageInMarket: 2,
  leverageHigh: 4,
  liquidationAgeMs: Number.NaN,
  liquidationsEver: 0,
  drawdown90: 0.2,
  washShare: 0,
  netBpOfVolume: 5,
  ring: 0,
  hedged: 0,
  bestDayShare: 0.1,
  withoutBestTwo: 0.3,
  bestDayChance: 0.6,
  marketR2: 0.1,
  capacityShare: Number.NaN,
  copyTurnover: 2,
  copyGain: 0.01,
  copyGainSquare: 0.0003,
  copySpread: 0.03,
  copyImpact: 0.0004,
  copyGross: 0.005,
  copyHoldMs: 8 * 3_600_000,
  quarterCapitalUsd: Number.NaN,
  halfCapitalUsd: Number.NaN,
  mostCapitalUsd: Number.NaN,
  minCapitalUsd: Number.NaN,
  maxCapitalUsd: Number.NaN,
  days: 90,
  costSharpe: 0.05,
  sharpe: 0.1,
  sharpeVariance: 0.0115,
  sharpeWithoutBest: 0.08,
  sharpeWithoutBestVariance: 0.0116,
  copyReturn: 0.2,
  volumeUsd: 1e6,
  maxDrawdown: 0.2,
  riskRatio: 1.3,
  maxProfitUsd: 500,
  maxLossUsd: -300,
  ageDays: 100,
  netPnlUsd: 900,
};

describe('gates', () => {
  it('let an honest trader through', () => {
    expect(gatesOf(GOOD)).toBe(0);
    expect(explain(GOOD).gates).toEqual([]);
    expect(explain(GOOD).reasonsFor.length).toBeGreaterThan(0);
  });

  const trips: readonly [string, Partial<Features>][] = [
    ['HISTORY', { activeDays: 29 }],
    ['HISTORY', { episodes: 19 }],
    ['HISTORY', { idleMs: 8 * DAY }],
    ['HISTORY', { idleMs: Number.NaN }],
    ['HISTORY', { complete: 0 }],
    ['HISTORY', { reconciled: 0 }],
    ['HISTORY', { reconciled: Number.NaN }],
    ['CAPITAL', { medianEquityUsd: 999 }],
    ['CAPITAL', { equityUsd: 249 }],
    ['CAPITAL', { equityUsd: Number.NaN }],
    ['FAST', { holdMs: 119_000 }],
    ['FAST', { fastWinShare: 0.21 }],
    ['MAKER', { makerRatio: 0.9, holdMs: 1_800_000 }],
    ['COSTDRAG', { costDrag: 4.1 }],
    ['COSTDRAG', { stressedT: -3 }],
    ['MARTINGALE', { winRate: 0.95, payoff: 0.2 }],
    ['MARTINGALE', { winRate: 1, payoff: Number.NaN, losses: 0 }],
    ['MARTINGALE', { loserAddShare: 0.7, maxLoserAdds: 5 }],
    ['MARTINGALE', { openLoss: 0.3 }],
    ['LEVERAGE', { leverageInMarket: 11 }],
    ['LEVERAGE', { leverageHigh: 25 }],
    ['LEVERAGE', { liquidationAgeMs: 5 * DAY }],
    ['LEVERAGE', { liquidationsEver: 2, liquidationAgeMs: 400 * DAY }],
    ['DRAWDOWN', { drawdown90: 0.61 }],
    ['WASH', { washShare: 0.25 }],
    ['WASH', { netBpOfVolume: 0.1, holdMs: 30_000 }],
    ['WASH', { ring: 1 }],
    ['HEDGE', { hedged: 1 }],
    ['ONEHIT', { bestDayShare: 0.7, bestDayChance: 0.001 }],
    ['ONEHIT', { withoutBestTwo: -0.01, bestDayChance: 0.001 }],
    ['BETA', { marketR2: 0.9 }],
    ['CAPACITY', { capacityShare: 0.3 }],
  ];
  it.each(trips)('%s trips on %j and says so in words', (gate, change) => {
    const features = { ...GOOD, ...change };
    expect(gateNames(gatesOf(features))).toContain(gate);
    const text = explain(features).gates.find(({ code }) => code === gate)?.text ?? '';
    expect(text.length).toBeGreaterThan(10);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });
  it('covers all thirteen', () => {
    expect(new Set(trips.map(([gate]) => gate))).toEqual(new Set(GATES));
    expect(GATES).toHaveLength(13);
  });
  it('does not call a losing record a single hit, nor a small profit of ordinary days', () => {
    expect(gatesOf({ ...GOOD, bestDayShare: Number.NaN, withoutBestTwo: -0.5, bestDayChance: 0 })).toBe(0);
    expect(gatesOf({ ...GOOD, bestDayShare: 0.9, withoutBestTwo: -0.01, bestDayChance: 0.4 })).toBe(0);
  });
});

describe('scores', () => {
  it('shrinks by evidence as the reference does', () => {
    const { m0, tau2, cases } = vectors.ebSharpe;
    for (const [s = 0, n = 0, mean = 0, deviation = 0] of cases) {
      const got = normalPosterior(s, (1 + (s * s) / 2) / (n - 1), { mean: m0, variance: tau2 });
      expect(got.mean).toBeCloseTo(mean, 12);
      expect(got.deviation).toBeCloseTo(deviation, 12);
    }
  });
  it('takes costs off in full', () => {
    const estimate = { sharpe: 0.1, variance: 0.01, cost: 0 };
    const free = netPosterior(estimate, DEFAULT_PRIOR);
    const costly = netPosterior({ ...estimate, sharpe: 0.05, cost: 0.05 }, DEFAULT_PRIOR);
    expect(free.mean - costly.mean).toBeCloseTo(0.05, 12);
    expect(netMean(0.05, 0.01, 0.05, DEFAULT_PRIOR)).toBeCloseTo(costly.mean, 12);
  });
  it('finds two groups in a sample of two groups, and keeps its belief without one', () => {
    const estimates: number[] = [];
    for (let i = 0; i < 2_000; i++) estimates.push((i % 5 === 0 ? 0.2 : 0) + 0.03 * Math.sin(i * 12.9898));
    const [none, some] = fitPrior(estimates, new Float64Array(2_000).fill(0.0004));
    expect(none.mean).toBeCloseTo(0, 1);
    expect(some.mean).toBeCloseTo(0.2, 1);
    expect(some.share).toBeCloseTo(0.2, 1);
    expect(fitPrior([], [])).toBe(DEFAULT_PRIOR);
  });
  it('gives the classic scores of the reference, in which the martingale wins', () => {
    const rows = vectors.seedScore.traders.map((row) => row.slice(1).map(Number));
    const column = (k: number) => rows.map((row) => row[k] ?? Number.NaN);
    const columns = {
      volume: column(0),
      winRate: column(1),
      riskRatio: column(2),
      drawdown: column(3),
      maxProfit: column(4),
    };
    const ranges = classicRanges(columns, [1, 1, 1, 1], 4);
    rows.forEach((row, i) => {
      expect(classicScore(columns, ranges, i)).toBeCloseTo(row[5] ?? 0, 6);
    });
  });
  it('lets an unknown metric earn nothing and equal metrics not divide by zero', () => {
    const nan = Number.NaN;
    const columns = {
      volume: [1, 1],
      winRate: [nan, 1],
      riskRatio: [1, 1],
      drawdown: [nan, 0.1],
      maxProfit: [0, 0],
    };
    const ranges = classicRanges(columns, [1, 1], 2);
    expect(classicScore(columns, ranges, 0)).toBe(0);
    expect(classicScore(columns, ranges, 1)).toBeCloseTo(0.25, 12);
  });
});

/** Features of a random trader; every third is gated, every seventh inactive. */
const randomTrader = fc
  .record({
    sharpe: fc.double({ min: -0.3, max: 0.3, noNaN: true }),
    winRate: fc.double({ min: 0, max: 0.8 }),
    maxDrawdown: fc.double({ min: 0, max: 0.8 }),
    volumeUsd: fc.double({ min: 0, max: 1e9, noNaN: true }),
    gated: fc.nat(2),
    idle: fc.nat(6),
  })
  .map(
    ({ sharpe, winRate, maxDrawdown, volumeUsd, gated, idle }): Features => ({
      ...GOOD,
      sharpe,
      sharpeWithoutBest: sharpe - 0.02,
      winRate,
      maxDrawdown,
      volumeUsd,
      hedged: gated === 0 ? 1 : 0,
      idleMs: idle === 0 ? 40 * DAY : DAY,
    }),
  );

/** The order that a comparison sort gives. */
function sorted(board: Board, flag: Uint8Array, score: Float32Array): number[] {
  return Array.from({ length: board.size }, (_, i) => i)
    .filter((i) => flag[i] === 1)
    .sort((a, b) => (score[b] ?? 0) - (score[a] ?? 0) || a - b);
}

function expectInOrder(board: Board): void {
  expect([...board.copyOrder.subarray(0, board.copyRanked)]).toEqual(
    sorted(board, board.scored, board.copyScore),
  );
  expect([...board.classicOrder.subarray(0, board.classicRanked)]).toEqual(
    sorted(board, board.active, board.classicScore),
  );
}

describe('board', () => {
  it('orders both boards, and a refresh keeps them in order', () => {
    fc.assert(
      fc.property(
        fc.array(randomTrader, { minLength: 1, maxLength: 60 }),
        fc.array(fc.tuple(fc.nat(69), randomTrader), { maxLength: 20 }),
        (traders, changes) => {
          const board = new Board(70);
          traders.forEach((features, row) => {
            board.set(row, features);
          });
          board.rank();
          expectInOrder(board);
          // Row by row or all at once: the same bits.
          const [copy, classic] = [board.copyScore.slice(), board.classicScore.slice()];
          board.refresh(Uint32Array.from(traders.keys()));
          expect([board.copyScore, board.classicScore]).toEqual([copy, classic]);
          for (const [row, features] of changes) board.set(row, features);
          board.refresh(Uint32Array.from(new Set(changes.map(([row]) => row))));
          expectInOrder(board);
        },
      ),
    );
  });

  it('sorts floats of either sign, zeros and ties like a comparison sort', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true }), { maxLength: 200 }), (values) => {
        const score = Float32Array.from(values, (x) => (x === 0 ? 0 : x));
        const rows = Uint32Array.from(values.keys());
        new RowSorter(values.length).sortDescending(rows, rows.length, score);
        const want = [...values.keys()].sort((a, b) => (score[b] ?? 0) - (score[a] ?? 0) || a - b);
        expect([...rows]).toEqual(want);
      }),
    );
  });

  it('gives a gated trader a place below every eligible one, and no rank', () => {
    const board = new Board(3);
    board.set(0, { ...GOOD, sharpe: -0.2, sharpeWithoutBest: -0.2 });
    board.set(1, { ...GOOD, sharpe: 0.3, sharpeWithoutBest: 0.3, hedged: 1 });
    board.set(2, { ...GOOD, sharpe: Number.NaN, sharpeVariance: Number.NaN });
    board.rank();
    expect([...board.copyOrder.subarray(0, board.copyRanked)]).toEqual([0]);
    expect(board.copyScore[1]).toBeLessThan(board.copyScore[0] ?? 0);
    expect(board.copyScore[2]).toBeLessThan(board.copyScore[1] ?? 0);
    expect(board.gates[1]).toBe(gateBit('HEDGE'));
  });

  it('ranks nobody on 19 days, and says so first', () => {
    const board = new Board(3);
    board.set(0, { ...GOOD, days: 19 });
    board.set(1, { ...GOOD, days: 20 });
    board.set(2, { ...GOOD, days: 7, sharpe: 0.9, sharpeWithoutBest: 0.8 });
    board.rank();
    expect(board.copyRanked).toBe(1);
    expect(board.copyOrder[0]).toBe(1);
    board.set(1, { ...GOOD, days: 19 });
    board.refresh(Uint32Array.of(1));
    expect(board.copyRanked).toBe(0);
    expect(board.classicRanked).toBe(3);
    expect(explain({ ...GOOD, days: 7, sharpe: -0.9 }).against[0]?.text).toContain('takes 20 days');
    expect(JSON.stringify(explain({ ...GOOD, days: 20 }))).not.toContain('takes 20 days');
  });

  it('publishes percentile, posterior and probability, and nothing on 19 days', () => {
    const board = new Board(3);
    board.set(0, { ...GOOD, sharpe: 0.35, sharpeWithoutBest: 0.33 });
    board.set(1, GOOD);
    board.set(2, { ...GOOD, days: 19 });
    board.rank();
    const first = evidenceOf(board, 0, 0);
    const second = evidenceOf(board, 1, 1);
    expect(first.level).toBe('strong');
    // Among the two that are ranked.
    expect(first.percentile).toBeCloseTo(75, 9);
    expect(second.percentile).toBeCloseTo(25, 9);
    expect(first.positiveMonth ?? 0).toBeGreaterThan(second.positiveMonth ?? 1);
    expect(evidenceOf(board, 2, -1)).toEqual({
      level: 'none',
      percentile: null,
      posteriorSharpe: null,
      posteriorDeviation: null,
      positiveMonth: null,
    });
    expect([...provenRows(board)]).toEqual([1, 0, 0]);
  });
});
