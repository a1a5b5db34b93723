/** What a sample allows to say: Sharpe ratios under uncertainty, win rates with few trades, many tests at once. */
import { betaCdf, betaQuantile, normalCdf, normalQuantile } from './normal.ts';

/** Moments of a Sharpe ratio per period: skewness g1 and Pearson kurtosis g2. */
export interface SharpeSample {
  readonly sharpe: number;
  readonly skew: number;
  readonly kurtosis: number;
}

const textbookVariance = ({ sharpe, skew, kurtosis }: SharpeSample): number =>
  1 - skew * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;

/**
 * Variance factor of a Sharpe ratio that never rewards one lucky win: positive skewness must not shrink the
 * error, and it is never below that of normal returns.
 */
export const conservativeVariance = ({ sharpe, skew, kurtosis }: SharpeSample): number =>
  Math.max(
    1 + (sharpe * sharpe) / 2,
    1 - Math.min(skew, 0) * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe,
  );

/** Probability that the true Sharpe ratio (per period) is above `benchmark`, after `n` observations. */
export const probabilisticSharpe = (sample: SharpeSample, benchmark: number, n: number): number =>
  normalCdf(((sample.sharpe - benchmark) * Math.sqrt(n - 1)) / Math.sqrt(textbookVariance(sample)));

/** Observations needed to tell `sample` from `benchmark` at one-sided error `alpha`; null when it is not above it. */
export function minimumTrackRecord(sample: SharpeSample, benchmark: number, alpha = 0.05): number | null {
  if (sample.sharpe <= benchmark) return null;
  return 1 + textbookVariance(sample) * (normalQuantile(1 - alpha) / (sample.sharpe - benchmark)) ** 2;
}

const EULER_GAMMA = 0.577_215_664_901_532_9;

/** Expected best of n independent standard normals. */
export const expectedMaximum = (n: number): number =>
  (1 - EULER_GAMMA) * normalQuantile(1 - 1 / n) + EULER_GAMMA * normalQuantile(1 - 1 / (n * Math.E));

/** Probabilistic Sharpe ratio against the best that `trials` without skill would show. */
export const deflatedSharpe = (
  sample: SharpeSample,
  n: number,
  trials: number,
  deviationOfTrials: number,
): number => probabilisticSharpe(sample, deviationOfTrials * expectedMaximum(trials), n);

/** Wilson's interval for a share of successes; the default is 95 %. */
export function wilsonInterval(
  successes: number,
  n: number,
  z = 1.959_963_984_540_054,
): { readonly low: number; readonly high: number } | null {
  if (n === 0) return null;
  const p = successes / n;
  const scale = 1 + (z * z) / n;
  const middle = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { low: Math.max(0, (middle - half) / scale), high: Math.min(1, (middle + half) / scale) };
}

/** Posterior of a win rate under a Beta(a, b) prior. */
export function winRatePosterior(
  wins: number,
  n: number,
  a: number,
  b: number,
): { readonly mean: number; readonly aboveHalf: number; readonly low: number } {
  const alpha = wins + a;
  const beta = n - wins + b;
  return {
    mean: alpha / (alpha + beta),
    aboveHalf: 1 - betaCdf(0.5, alpha, beta),
    low: betaQuantile(0.05, alpha, beta),
  };
}

/**
 * Benjamini-Hochberg adjusted p-values, in the order of the input. `tests`: how many were made, where only the least of
 * their p-values are given; what is then said of a test is exact up to the least p-value that is not.
 */
export function adjustFalseDiscovery(p: ArrayLike<number>, tests: number = p.length): Float64Array {
  const n = p.length;
  const order = new Uint32Array(n).map((_, i) => i);
  order.sort((i, j) => (p[j] ?? 0) - (p[i] ?? 0));
  const adjusted = new Float64Array(n);
  let least = 1;
  for (let k = 0; k < n; k++) {
    const i = order[k] ?? 0;
    least = Math.min(least, ((p[i] ?? 1) * tests) / (n - k));
    adjusted[i] = least;
  }
  return adjusted;
}

/** Probability that the sum of `days` future returns is positive, given a posterior Sharpe ratio a day. */
export const probabilityPositive = (posterior: number, deviation: number, days: number): number =>
  normalCdf((posterior * Math.sqrt(days)) / Math.sqrt(1 + days * deviation * deviation));
