/** What the record allows to say about one trader, in numbers and in words. */

import { adjustFalseDiscovery, probabilityPositive } from '../domain/metrics/inference.ts';
import { normalCdf, normalQuantile, studentTail } from '../domain/metrics/normal.ts';
import type { Board } from './board.ts';
import { netPosterior, type Prior } from './posterior.ts';

/** Accepted share of false ones among the traders called real. */
const FALSE_DISCOVERY_RATE = 0.1;
const HORIZON_DAYS = 30;
const YEAR_ROOT = Math.sqrt(365);

/**
 * none: not enough evidence to rank. weak, moderate, strong: probability below 80 %, from 80 %, from 95 % that the
 * true copy-adjusted Sharpe ratio is positive.
 */
export type EvidenceLevel = 'none' | 'weak' | 'moderate' | 'strong';

export interface Evidence {
  readonly level: EvidenceLevel;
  /** Percentile among eligible traders, 0 to 100; null when not ranked. */
  readonly percentile: number | null;
  /** Annualised posterior Sharpe ratio of a follower and its deviation; null when not ranked. */
  readonly posteriorSharpe: number | null;
  readonly posteriorDeviation: number | null;
  /** Probability that 30 days of copying end above zero; null when not ranked. */
  readonly positiveMonth: number | null;
}

export const NO_EVIDENCE: Evidence = {
  level: 'none',
  percentile: null,
  posteriorSharpe: null,
  posteriorDeviation: null,
  positiveMonth: null,
};

/** What is known of a trader's Sharpe ratio a day over so many days. */
interface Estimate {
  readonly days: number;
  readonly sharpe: number;
  readonly variance: number;
  readonly cost: number;
}

/** Evidence of the trader in row `row`, whose place on the copy board is `place` (0 is best; -1 is not ranked). */
export function evidenceOf(board: Board, row: number, place: number): Evidence {
  if (board.scored[row] !== 1) return NO_EVIDENCE;
  const estimate = {
    days: board.days[row] ?? 0,
    sharpe: board.sharpe[row] ?? 0,
    variance: board.sharpeVariance[row] ?? 1,
    cost: board.cost[row] ?? 0,
  };
  return evidenceFrom(estimate, board.prior, place, board.copyRanked);
}

/** Evidence of a trader with a copy score, whose place is `place` (0 is best; -1 is not ranked) of `ranked`. */
export function evidenceFrom(estimate: Estimate, prior: Prior, place: number, ranked: number): Evidence {
  const belief = netPosterior(estimate, prior);
  const both = (of: (part: { mean: number; deviation: number }) => number): number =>
    (1 - belief.chance) * of(belief.parts[0]) + belief.chance * of(belief.parts[1]);
  const positive = both(({ mean, deviation }) => normalCdf(mean / deviation));
  return {
    level: positive >= 0.95 ? 'strong' : positive >= 0.8 ? 'moderate' : 'weak',
    percentile: place < 0 ? null : 100 * (1 - (place + 0.5) / ranked),
    posteriorSharpe: belief.mean * YEAR_ROOT,
    posteriorDeviation: belief.deviation * YEAR_ROOT,
    positiveMonth: both(({ mean, deviation }) => probabilityPositive(mean, deviation, HORIZON_DAYS)),
  };
}

/**
 * Rows whose copy-adjusted Sharpe ratio is above zero at a false discovery rate of 10 %: the badge "statistically
 * real". Every trader of the population was tried, so every one counts as a test, though only eligible ones are
 * shown; counting the eligible alone let a third of all-luck populations carry a false badge. A label, not a filter:
 * most real ones do not reach it.
 */
export function provenRows(board: Board): Uint8Array {
  const { size, sharpe, sharpeVariance, days, scored } = board;
  const rows = new Uint32Array(size);
  const t = new Float32Array(size);
  let tests = 0;
  for (let row = 0; row < size; row++) {
    if (!board.inPopulation(row)) continue;
    t[tests] = (sharpe[row] as number) / Math.sqrt(sharpeVariance[row] as number);
    rows[tests++] = row;
  }
  const promising = promisingTests(t.subarray(0, tests));
  const p = Float64Array.from(promising, (k) => {
    const row = rows[k] ?? 0;
    const error = Math.sqrt(sharpeVariance[row] ?? 1);
    return studentTail((sharpe[row] ?? 0) / error, Math.max(1, (days[row] ?? 0) - 1));
  });
  const adjusted = adjustFalseDiscovery(p, tests);
  const proven = new Uint8Array(size);
  promising.forEach((test, k) => {
    const row = rows[test] ?? 0;
    if (scored[row] === 1 && (adjusted[k] ?? 1) <= FALSE_DISCOVERY_RATE) proven[row] = 1;
  });
  return proven;
}

/**
 * Indices of the tests that the rate may accept, found without the tails of the others, which are nearly all. Where at
 * most `most` of all tests can be accepted, each of those needs a p of at most the rate times their share; no t
 * distribution has a thinner tail than the normal one, so its t is at least that of the normal for this p. That leaves
 * fewer, of which fewer yet can be accepted, and so on.
 */
function promisingTests(t: Float32Array): Uint32Array {
  let left = new Uint32Array(t.length);
  for (let k = 0; k < t.length; k++) left[k] = k;
  for (;;) {
    const share = Math.min(0.5, (FALSE_DISCOVERY_RATE * left.length) / t.length);
    // A hair below the bound: neither the quantile nor a float32 is exact to the last digit.
    const least = normalQuantile(1 - share) - 1e-4;
    const beyond = left.filter((k) => (t[k] as number) >= least);
    if (beyond.length === 0 || beyond.length > 0.9 * left.length) return beyond;
    left = beyond;
  }
}
