import { describe, expect, it } from 'vitest';
import { TraderHistory } from '../domain/metrics/history.ts';
import { type TraderWindow, windowOf } from '../domain/metrics/window.ts';
import { seededRandom } from '../runtime/random.ts';
import { type CopyTerms, copySeries, DEFAULT_COPY_TERMS } from './copy_returns.ts';
import { carries, standingFor, type TermsRow } from './my_terms.ts';
import { DEFAULT_PRIOR, netMean } from './posterior.ts';

const DAYS = 200;
const HOLD = 40 * 60_000;

/** 200 days of a trader who holds for forty minutes. */
function traderWindow(): TraderWindow {
  const random = seededRandom('terms');
  const base = windowOf(new TraderHistory({ slippageBp: () => 0 }), 0, 1);
  const each = <T>(of: (i: number) => T): T[] => Array.from({ length: DAYS }, (_, i) => of(i));
  return {
    ...base,
    knownFrom: 0,
    totals: { ...base.totals, entryNotional: 1, costTime: HOLD },
    series: {
      day: each((i) => i),
      net: each(() => 0),
      gross: each(() => (random.next() + random.next() - 0.95) * 0.04),
      slippage: each(() => 0.0004),
      turnover: each(() => 2 + random.next()),
      pnl: each(() => 0),
      equity: each(() => 1),
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);
function measured(terms: CopyTerms) {
  const { net, cost, turnover, gain } = copySeries(traderWindow(), terms);
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
  };
}

function row(): TermsRow {
  const usual = measured(DEFAULT_COPY_TERMS);
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
    minCapital: 500,
    maxCapital: 20_000,
  };
}

describe("a follower's own terms", () => {
  it('are the standing itself when they are the usual ones', () => {
    const one = row();
    const standing = standingFor(one, {}, DEFAULT_PRIOR, DEFAULT_PRIOR);
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
  ])('%j give what returns made with them give', (mine) => {
    const exact = measured({ ...DEFAULT_COPY_TERMS, ...mine });
    const standing = standingFor(row(), mine, DEFAULT_PRIOR, DEFAULT_PRIOR);
    // The mean is exact; of the deviation only what costs vary is missing.
    expect(standing.copyReturn).toBeCloseTo(exact.total, 9);
    expect(Math.abs(standing.sharpe - exact.sharpe)).toBeLessThan(0.02 * Math.abs(exact.sharpe) + 1e-4);
    expect(Math.abs(standing.cost - exact.cost)).toBeLessThan(0.02 * exact.cost);
  });

  it('leave out whoever needs more capital, or carries less', () => {
    expect([100, 500, 20_000, 20_001].map((usd) => carries(row(), usd))).toEqual([false, true, true, false]);
    expect(carries(row(), undefined)).toBe(true);
    expect(carries({ minCapital: Number.NaN, maxCapital: Number.NaN }, 5)).toBe(true);
  });
});
