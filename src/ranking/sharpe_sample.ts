/** The two Sharpe ratios a day that the copy score rests on, each with its squared standard error. */
import { conservativeVariance } from '../domain/metrics/inference.ts';
import { weightedMoments } from '../domain/metrics/moments.ts';

/** Age in days at which an observation counts half. */
export const HALF_LIFE_DAYS = 120;

export interface SharpeEstimate {
  /** Mean over deviation, per day. */
  readonly sharpe: number;
  /** Squared standard error with the conservative variance. */
  readonly variance: number;
}

export interface CopySample {
  readonly full: SharpeEstimate;
  /** The same without the best day. */
  readonly withoutBest: SharpeEstimate;
  /** Days observed, and the number of equally weighted days they are worth. */
  readonly days: number;
  readonly effective: number;
}

function estimate(returns: readonly number[], weights: Float64Array, skip: number): SharpeEstimate | null {
  const m = weightedMoments(returns, weights, skip);
  if (m === null || m.effective <= 1) return null;
  const sharpe = m.mean / m.deviation;
  const factor = conservativeVariance({ sharpe, skew: m.skew, kurtosis: m.kurtosis });
  return { sharpe, variance: factor / (m.effective - 1) };
}

/**
 * Half-life weighted estimates of a daily series.
 * @param day UTC day numbers of the returns.
 * @param today The day at which the weight is 1.
 * @returns null when the series is too short or constant: then there is nothing to estimate.
 */
export function copySample(
  returns: readonly number[],
  day: readonly number[],
  today: number,
  halfLife = HALF_LIFE_DAYS,
): CopySample | null {
  const weights = Float64Array.from(day, (d) => 0.5 ** ((today - d) / halfLife));
  const full = estimate(returns, weights, -1);
  const best = indexOfLargest(returns);
  const withoutBest = estimate(returns, weights, best);
  if (full === null || withoutBest === null) return null;
  let w1 = 0;
  let w2 = 0;
  for (const w of weights) {
    w1 += w;
    w2 += w * w;
  }
  return { full, withoutBest, days: returns.length, effective: (w1 * w1) / w2 };
}

function indexOfLargest(values: readonly number[]): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}
