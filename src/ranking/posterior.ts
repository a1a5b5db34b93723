/**
 * Empirical Bayes for Sharpe ratios: what a trader's own record says, pulled toward what eligible traders are
 * like, the more so the shorter the record. Two traders with the same ratio are told apart by their evidence.
 */

/** The population that estimates are shrunk toward: mean and variance of true daily Sharpe ratios. */
export interface Prior {
  readonly mean: number;
  readonly variance: number;
}

/** Least spread of true skill that is believed, so that a poor sample never makes everybody equal. */
const LEAST_VARIANCE = 2e-4;
/** Added to the squared error in the weights, so that one long record does not decide the prior. */
const WEIGHT_FLOOR = 0.005;
const TRIM = 0.01;

/** Before any population is known: no skill on average, wide enough not to rule it out. */
export const DEFAULT_PRIOR: Prior = { mean: 0, variance: 0.0036 };

/**
 * Method-of-moments prior of the given estimates, winsorised at 1 % on both sides.
 * @param estimates Daily Sharpe ratios. @param variances Their squared errors, same length.
 */
export function fitPrior(estimates: ArrayLike<number>, variances: ArrayLike<number>): Prior {
  const n = estimates.length;
  if (n < 2) return DEFAULT_PRIOR;
  const sorted = Float64Array.from(estimates).sort();
  const low = sorted[Math.floor(TRIM * (n - 1))] ?? 0;
  const high = sorted[Math.ceil((1 - TRIM) * (n - 1))] ?? 0;
  const trimmed = (i: number): number => Math.min(high, Math.max(low, estimates[i] ?? 0));
  let total = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const w = 1 / ((variances[i] ?? 0) + WEIGHT_FLOOR);
    total += w;
    sum += w * trimmed(i);
  }
  const mean = sum / total;
  let spread = 0;
  for (let i = 0; i < n; i++) {
    const v = variances[i] ?? 0;
    spread += ((trimmed(i) - mean) ** 2 - v) / (v + WEIGHT_FLOOR);
  }
  return { mean, variance: Math.max(spread / total, LEAST_VARIANCE) };
}

export const posteriorMean = (sharpe: number, variance: number, prior: Prior): number =>
  (sharpe / variance + prior.mean / prior.variance) / (1 / variance + 1 / prior.variance);

export const posteriorDeviation = (variance: number, prior: Prior): number =>
  Math.sqrt(1 / (1 / variance + 1 / prior.variance));

/** Share of the posterior's deviation that is taken off for what is not known. */
const CAUTION = 0.25;

/** Half the full sample's posterior, half the one without the best day, less a quarter of its deviation. */
export function copyScore(
  sharpe: number,
  variance: number,
  withoutBest: number,
  withoutBestVariance: number,
  prior: Prior,
  priorWithoutBest: Prior,
): number {
  const full = posteriorMean(sharpe, variance, prior);
  const robust = posteriorMean(withoutBest, withoutBestVariance, priorWithoutBest);
  return 0.5 * full + 0.5 * robust - CAUTION * posteriorDeviation(variance, prior);
}
