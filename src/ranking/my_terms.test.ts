import { describe, expect, it } from 'vitest';
import { TraderHistory } from '../domain/metrics/history.ts';
import { type TraderWindow, windowOf } from '../domain/metrics/window.ts';
import { seededRandom } from '../runtime/random.ts';
import { copyOutcome, copyTotals } from './copy_outcome.ts';
import { type CopyTerms, copySeries, DEFAULT_COPY_TERMS } from './copy_returns.ts';
import { COMPARISONS, carries, type MyTerms, standingFor, type TermsRow } from './my_terms.ts';
import { DEFAULT_PRIOR, netMean } from './posterior.ts';

const DAYS = 200;
const HOLD = 40 * 60_000;

/** 200 days of a trader who holds for forty minutes. */
function traderWindow(seed = 'terms', impactKnownFrom = 0): TraderWindow {
  const random = seededRandom(seed);
  const base = windowOf(new TraderHistory({ slippageBp: () => 0 }), 0, 1);
  const each = <T>(of: (i: number) => T): T[] => Array.from({ length: DAYS }, (_, i) => of(i));
  const turnover = each(() => 2 + random.next());
  return {
    ...base,
    knownFrom: 0,
    totals: { ...base.totals, entryNotional: 1, costTime: HOLD },
    series: {
      day: each((i) => i),
      net: each(() => 0),
      gross: each(() => (random.next() + random.next() - 0.95) * 0.04),
      slippage: turnover.map((traded) => traded * 2e-4),
      impact: turnover.map((traded, i) => (i < impactKnownFrom ? Number.NaN : traded * 1.2e-4)),
      turnover,
      pnl: each(() => 0),
      equity: each(() => 1),
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);
function measured(terms: CopyTerms, window = traderWindow()) {
  const { net, cost, turnover, gain, impact } = copySeries(window, terms);
  const mean = sum(net) / DAYS;
  const spread = Math.sqrt(sum(net.map((x) => (x - mean) ** 2)) / (DAYS - 1));
  return {
    mean,
    spread,
    sharpe: mean / spread,
    cost: sum(cost) / DAYS / spread,
    total: sum(net),
    turnover,
    gain,
    impact,
  };
}

function row(window = traderWindow()): TermsRow {
  const usual = measured(DEFAULT_COPY_TERMS, window);
  return {
    sharpe: usual.sharpe,
    sharpeVariance: 0.006,
    sharpeWithoutBest: usual.sharpe - 0.02,
    sharpeWithoutBestVariance: 0.006,
    cost: usual.cost,
    copyReturn: usual.total,
    days: DAYS,
    holdMs: HOLD,
    copyTurnover: sum(usual.turnover) / DAYS,
    copyGain: sum(usual.gain) / DAYS,
    copyGainSquare: sum(usual.gain.map((x) => x * x)) / DAYS,
    copySpread: usual.spread,
    copyImpact: sum(usual.impact) / DAYS,
    minCapital: 500,
    maxCapital: 20_000,
  };
}

describe("a follower's own terms", () => {
  it('are the standing itself when they are the usual ones', () => {
    const one = row();
    const standing = standingFor(one, {}, DEFAULT_PRIOR, DEFAULT_PRIOR);
    const said = { equityUsd: 1_000, takerBp: 4.5, latencyMs: 1_500 };
    expect(standingFor(one, said, DEFAULT_PRIOR, DEFAULT_PRIOR)).toEqual(standing);
    const half = (sharpe: number) => netMean(sharpe, 0.006, one.cost, DEFAULT_PRIOR);
    expect(standing.copyScore).toBeCloseTo(0.5 * half(one.sharpe) + 0.5 * half(one.sharpeWithoutBest), 12);
    expect(standing).toMatchObject({ sharpe: one.sharpe, cost: one.cost, copyReturn: one.copyReturn });
  });

  it.each([
    { takerBp: 2.5 },
    { takerBp: 9 },
    { latencyMs: 250 },
    { latencyMs: 120_000 },
    { takerBp: 3, latencyMs: 30_000 },
    { equityUsd: 100 },
    { equityUsd: 50_000 },
    { equityUsd: 20_000, takerBp: 3, latencyMs: 30_000 },
  ])('%j give what returns made with them give', (mine) => {
    const exact = measured({ ...DEFAULT_COPY_TERMS, ...mine });
    const standing = standingFor(row(), mine, DEFAULT_PRIOR, DEFAULT_PRIOR);
    // The mean is exact; of the deviation only what costs vary is missing.
    expect(standing.copyReturn).toBeCloseTo(exact.total, 9);
    expect(Math.abs(standing.sharpe - exact.sharpe)).toBeLessThan(0.02 * Math.abs(exact.sharpe) + 1e-4);
    expect(Math.abs(standing.cost - exact.cost)).toBeLessThan(0.02 * exact.cost);
  });

  it('never raise the score with equity, fee or delay, where the trader gains', () => {
    const ladders: readonly (readonly [keyof MyTerms, readonly number[]])[] = [
      ['equityUsd', [10, 100, 1_000, 5_000, 50_000, 1e6, 1e9]],
      ['takerBp', [0, 2.5, 4.5, 9, 50]],
      ['latencyMs', [0, 250, 1_500, 10_000, 60_000, 600_000, 3_600_000]],
    ];
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(`others ${seed}`);
      const others = {
        equityUsd: 10 ** (2 + 3 * random.next()),
        takerBp: 9 * random.next(),
        latencyMs: 20_000 * random.next(),
      };
      const one = row(traderWindow(`ladder ${seed}`));
      expect(one.copyGain).toBeGreaterThan(0);
      for (const [name, steps] of ladders) {
        const scores = steps.map(
          (value) => standingFor(one, { ...others, [name]: value }, DEFAULT_PRIOR, DEFAULT_PRIOR).copyScore,
        );
        for (let k = 1; k < scores.length; k++) expect(scores[k]).toBeLessThan(scores[k - 1] ?? 0);
      }
    }
  });

  it('take the usual share of impact for days that did not tell it apart, and none where no day did', () => {
    const dear = { ...DEFAULT_COPY_TERMS, equityUsd: 16_000 };
    const all = measured(dear).total;
    expect(measured(dear, traderWindow('terms', 150)).total).toBeCloseTo(all, 9);
    const none = traderWindow('terms', DAYS);
    expect(measured(dear, none).total).toBe(measured(DEFAULT_COPY_TERMS, none).total);
    const standing = standingFor(row(none), { equityUsd: 16_000 }, DEFAULT_PRIOR, DEFAULT_PRIOR);
    expect(standing.copyReturn).toBe(row(none).copyReturn);
  });

  it('sum to what the daily returns do', () => {
    const totals = copyTotals(traderWindow());
    for (const mine of [{}, { equityUsd: 30_000, takerBp: 2, latencyMs: 60_000 }, { latencyMs: 0 }]) {
      const terms = { ...DEFAULT_COPY_TERMS, ...mine };
      const outcome = copyOutcome(totals, terms);
      expect(outcome.net).toBeCloseTo(sum(copySeries(traderWindow(), terms).net), 9);
      const { gross, fees, spread, impact, delay } = outcome;
      expect(gross - fees - spread - (impact ?? 0) - delay).toBeCloseTo(outcome.net, 9);
    }
    expect(copyOutcome(totals, { ...DEFAULT_COPY_TERMS, latencyMs: 0 }).delay).toBe(0);
    expect(copyTotals(traderWindow('terms', DAYS)).impact).toBeNull();
  });

  it('compare the copy with the leader', () => {
    const capital = { quarter: 100, half: 200, most: 400, whole: 800 };
    const one = { copyReturn: 0.3, days: 100, copyGross: 0.005, equity: 40_000, capital };
    expect(COMPARISONS.copyRatio(one, 1_000)).toBeCloseTo(0.6, 12);
    expect(COMPARISONS.scale(one, 1_000)).toBeCloseTo(0.025, 12);
    expect(COMPARISONS.reproduced(one, 200)).toBeCloseTo(0.5, 12);
    expect(COMPARISONS.copyRatio({ ...one, copyGross: -0.001 }, 1_000)).toBeNaN();
    expect(COMPARISONS.scale({ ...one, equity: 0 }, 1_000)).toBeNaN();
  });

  it('leave out whoever needs more capital, or carries less', () => {
    expect([100, 500, 20_000, 20_001].map((usd) => carries(row(), usd))).toEqual([false, true, true, false]);
    expect(carries(row(), undefined)).toBe(true);
    // The gate of a standard follower holds for whoever only says what he pays.
    expect([999, 1_000].map((maxCapital) => carries({ minCapital: 5_000, maxCapital }, undefined))).toEqual([
      false,
      true,
    ]);
    expect(carries({ minCapital: Number.NaN, maxCapital: Number.NaN }, 5)).toBe(true);
  });
});
