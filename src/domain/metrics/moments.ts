/**
 * First four central moments. Incremental (Pébay) so that nothing cancels, mergeable, and exact on the shifted
 * series where a sum of squares fails. Population moments: skewness g1 and Pearson kurtosis g2 (normal = 3).
 */
export interface Moments {
  n: number;
  mean: number;
  m2: number;
  m3: number;
  m4: number;
}

export const emptyMoments = (): Moments => ({ n: 0, mean: 0, m2: 0, m3: 0, m4: 0 });

/** Adds one finite observation, in place. */
export function addMoment(s: Moments, x: number): void {
  const before = s.n;
  const n = before + 1;
  const delta = x - s.mean;
  const step = delta / n;
  const square = step * step;
  const term = delta * step * before;
  s.n = n;
  s.mean += step;
  s.m4 += term * square * (n * n - 3 * n + 3) + 6 * square * s.m2 - 4 * step * s.m3;
  s.m3 += term * step * (n - 2) - 3 * step * s.m2;
  s.m2 += term;
}

/** Moments of two disjoint samples together. */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return { ...b };
  if (b.n === 0) return { ...a };
  const n = a.n + b.n;
  const d = b.mean - a.mean;
  const ab = a.n * b.n;
  return {
    n,
    mean: a.mean + (d * b.n) / n,
    m2: a.m2 + b.m2 + (d * d * ab) / n,
    m3: a.m3 + b.m3 + (d ** 3 * ab * (a.n - b.n)) / n ** 2 + (3 * d * (a.n * b.m2 - b.n * a.m2)) / n,
    m4:
      a.m4 +
      b.m4 +
      (d ** 4 * ab * (a.n ** 2 - ab + b.n ** 2)) / n ** 3 +
      (6 * d * d * (a.n ** 2 * b.m2 + b.n ** 2 * a.m2)) / n ** 2 +
      (4 * d * (a.n * b.m3 - b.n * a.m3)) / n,
  };
}

export function momentsOf(values: ArrayLike<number>): Moments {
  const s = emptyMoments();
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    if (x !== undefined && Number.isFinite(x)) addMoment(s, x);
  }
  return s;
}

/** Sample variance (n - 1); null below two observations. */
export const variance = (s: Moments): number | null => (s.n < 2 ? null : s.m2 / (s.n - 1));

/** Weighted moments of a series, as the score uses them. */
export interface WeightedMoments {
  /** Kish's effective sample size, W^2 / sum of squared weights. */
  readonly effective: number;
  readonly mean: number;
  /** Unbiased under reliability weights. */
  readonly deviation: number;
  readonly skew: number;
  readonly kurtosis: number;
}

/**
 * Weighted mean, deviation, skewness and Pearson kurtosis. Null below three observations or when the series is
 * constant up to rounding (its deviation would be noise, and a ratio by it meaningless).
 */
export function weightedMoments(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
  skip = -1,
): WeightedMoments | null {
  let w1 = 0;
  let w2 = 0;
  let sum = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    if (i === skip) continue;
    const x = values[i] ?? 0;
    const w = weights[i] ?? 0;
    n++;
    w1 += w;
    w2 += w * w;
    sum += w * x;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  if (n < 3 || isConstant(low, high)) return null;
  const mean = sum / w1;
  let m2 = 0;
  let m3 = 0;
  let m4 = 0;
  for (let i = 0; i < values.length; i++) {
    if (i === skip) continue;
    const d = (values[i] ?? 0) - mean;
    const wd2 = (weights[i] ?? 0) * d * d;
    m2 += wd2;
    m3 += wd2 * d;
    m4 += wd2 * d * d;
  }
  const population = m2 / w1;
  return {
    effective: (w1 * w1) / w2,
    mean,
    deviation: Math.sqrt(m2 / (w1 - w2 / w1)),
    skew: m3 / w1 / population ** 1.5,
    kurtosis: m4 / w1 / (population * population),
  };
}

/**
 * What whole micro-dollars leave between equal returns at most: one more or less over the least capital that has a
 * return, 50 dollars, up and down.
 */
const MONEY_ROUNDING = 4e-8;

/** True when all returns between `low` and `high` are the same up to rounding. */
export const isConstant = (low: number, high: number): boolean =>
  high - low <= Math.max(MONEY_ROUNDING, 4 * Number.EPSILON * Math.max(Math.abs(low), Math.abs(high)));
