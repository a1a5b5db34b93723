/** What the record allows to say about one trader, in numbers and in words. */

import { adjustFalseDiscovery, probabilityPositive } from '../domain/metrics/inference.ts';
import { normalCdf, studentTail } from '../domain/metrics/normal.ts';
import type { Board } from './board.ts';
import { netPosterior } from './posterior.ts';

/** Below this many days the number is mostly prior. */
const LEAST_DAYS = 20;
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

const NOTHING: Evidence = {
  level: 'none',
  percentile: null,
  posteriorSharpe: null,
  posteriorDeviation: null,
  positiveMonth: null,
};

/** Evidence of the trader in row `row`, whose place on the copy board is `place` (0 is best; -1 is not ranked). */
export function evidenceOf(board: Board, row: number, place: number): Evidence {
  if (board.scored[row] !== 1 || (board.days[row] ?? 0) < LEAST_DAYS) return NOTHING;
  const belief = netPosterior(
    {
      sharpe: board.sharpe[row] ?? 0,
      variance: board.sharpeVariance[row] ?? 1,
      cost: board.cost[row] ?? 0,
    },
    board.prior,
  );
  const both = (of: (part: { mean: number; deviation: number }) => number): number =>
    (1 - belief.chance) * of(belief.parts[0]) + belief.chance * of(belief.parts[1]);
  const positive = both(({ mean, deviation }) => normalCdf(mean / deviation));
  return {
    level: positive >= 0.95 ? 'strong' : positive >= 0.8 ? 'moderate' : 'weak',
    percentile: place < 0 ? null : 100 * (1 - (place + 0.5) / board.copyRanked),
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
  const rows: number[] = [];
  for (let row = 0; row < board.size; row++) if (board.inPopulation(row)) rows.push(row);
  const p = Float64Array.from(rows, (row) => {
    const error = Math.sqrt(board.sharpeVariance[row] ?? 1);
    return studentTail((board.sharpe[row] ?? 0) / error, Math.max(1, (board.days[row] ?? 0) - 1));
  });
  const adjusted = adjustFalseDiscovery(p);
  const proven = new Uint8Array(board.size);
  rows.forEach((row, k) => {
    const enough = board.scored[row] === 1 && (board.days[row] ?? 0) >= LEAST_DAYS;
    if (enough && (adjusted[k] ?? 1) <= FALSE_DISCOVERY_RATE) proven[row] = 1;
  });
  return proven;
}
