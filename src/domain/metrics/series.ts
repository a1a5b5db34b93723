/**
 * Statistics of a series of periodic returns (fractions). NaN entries are missing observations and are left out.
 * A value that does not exist is null, never Infinity, NaN or 0. Conventions: sample deviation with n - 1,
 * downside deviation over all n, drawdown on the wealth index with its starting 1, linear quantiles.
 */
import { isConstant, momentsOf } from './moments.ts';

/** Days in a year of a market that never closes. */
export const DAYS_PER_YEAR = 365;

type Series = ArrayLike<number>;

const finite = (values: Series): number[] => Array.from(values).filter(Number.isFinite);

function constant(values: readonly number[]): boolean {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const x of values) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return isConstant(low, high);
}

/** Mean over deviation, annualised; null below two observations or when the series is constant. */
export function sharpe(returns: Series, periods = DAYS_PER_YEAR): number | null {
  const values = finite(returns);
  if (values.length < 2 || constant(values)) return null;
  const s = momentsOf(values);
  return (s.mean / Math.sqrt(s.m2 / (s.n - 1))) * Math.sqrt(periods);
}

/** Annualised deviation. */
export function volatility(returns: Series, periods = DAYS_PER_YEAR): number | null {
  const s = momentsOf(returns);
  return s.n < 2 ? null : Math.sqrt((s.m2 / (s.n - 1)) * periods);
}

/** Annualised root mean square of what fell below `target`. */
export function downsideDeviation(returns: Series, target = 0, periods = DAYS_PER_YEAR): number | null {
  const values = finite(returns);
  if (values.length === 0) return null;
  let sum = 0;
  for (const x of values) if (x < target) sum += (x - target) ** 2;
  return Math.sqrt((sum / values.length) * periods);
}

/** Mean above target over downside deviation; null without any downside. */
export function sortino(returns: Series, target = 0, periods = DAYS_PER_YEAR): number | null {
  const s = momentsOf(returns);
  const downside = downsideDeviation(returns, target, periods);
  if (s.n < 2 || downside === null || downside === 0) return null;
  return ((s.mean - target) * periods) / downside;
}

/** Product of 1 + r, less 1; null when empty. */
export function totalReturn(returns: Series): number | null {
  const values = finite(returns);
  if (values.length === 0) return null;
  return values.reduce((wealth, r) => wealth * (1 + r), 1) - 1;
}

/** Compound growth a year; -1 when everything was lost. `observations` counts missing periods too if given. */
export function annualGrowth(
  returns: Series,
  periods = DAYS_PER_YEAR,
  observations = finite(returns).length,
): number | null {
  const total = totalReturn(returns);
  if (total === null) return null;
  return total <= -1 ? -1 : (1 + total) ** (periods / observations) - 1;
}

/** Deepest fall from a peak of the wealth index, as a positive fraction; null when empty. */
export function maxDrawdown(returns: Series): number | null {
  let wealth = 1;
  let peak = 1;
  let worst = 0;
  let n = 0;
  for (let i = 0; i < returns.length; i++) {
    const r = returns[i] ?? Number.NaN;
    if (!Number.isFinite(r)) continue;
    n++;
    wealth *= 1 + r;
    if (wealth > peak) peak = wealth;
    worst = Math.max(worst, 1 - wealth / peak);
  }
  return n === 0 ? null : worst;
}

/** Growth over drawdown; null without a drawdown. */
export function calmar(returns: Series, periods = DAYS_PER_YEAR, observations?: number): number | null {
  const growth = annualGrowth(returns, periods, observations);
  const fall = maxDrawdown(returns);
  return growth === null || fall === null || fall === 0 ? null : growth / fall;
}

/** Root mean square drawdown over the observations, as a fraction. */
export function ulcer(returns: Series): number | null {
  let wealth = 1;
  let peak = 1;
  let sum = 0;
  const values = finite(returns);
  for (const r of values) {
    wealth *= 1 + r;
    if (wealth > peak) peak = wealth;
    sum += (1 - wealth / peak) ** 2;
  }
  return values.length === 0 ? null : Math.sqrt(sum / values.length);
}

/** Linearly interpolated quantile (numpy's default); null when empty. */
export function quantile(values: Series, p: number): number | null {
  const sorted = finite(values).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const at = (sorted.length - 1) * p;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

/** |95th percentile| over |5th percentile|; null when the lower tail is zero. */
export function tailRatio(returns: Series): number | null {
  const high = quantile(returns, 0.95);
  const low = quantile(returns, 0.05);
  return high === null || low === null || low === 0 ? null : Math.abs(high) / Math.abs(low);
}

/** Mean of the worst share of observations (at least one). */
export function expectedShortfall(returns: Series, share = 0.05): number | null {
  const sorted = finite(returns).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const count = Math.floor((sorted.length - 1) * share) + 1;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += sorted[i] ?? 0;
  return sum / count;
}

/** Gains over losses around a threshold a period; null without losses. */
export function omega(returns: Series, threshold = 0): number | null {
  let gains = 0;
  let losses = 0;
  for (const x of finite(returns)) {
    if (x > threshold) gains += x - threshold;
    else losses += threshold - x;
  }
  return losses === 0 ? null : gains / losses;
}

/** Slope and fit of a regression of `y` on `x`. */
export interface Regression {
  readonly slope: number;
  readonly r2: number;
  /** Slope over its standard error; null when the fit is perfect. */
  readonly t: number | null;
  readonly n: number;
}

/** Ordinary least squares over pairs that are both finite; null below three pairs or when `x` is constant. */
export function regression(y: Series, x: Series): Regression | null {
  let n = 0;
  let mx = 0;
  let my = 0;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  const length = Math.min(x.length, y.length);
  for (let i = 0; i < length; i++) {
    const a = x[i] ?? Number.NaN;
    const b = y[i] ?? Number.NaN;
    if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
    n++;
    const dx = a - mx;
    const dy = b - my;
    mx += dx / n;
    my += dy / n;
    xx += dx * (a - mx);
    yy += dy * (b - my);
    xy += dx * (b - my);
  }
  if (n < 3 || xx === 0) return null;
  const slope = xy / xx;
  const residual = Math.max(0, yy - slope * xy);
  const error = Math.sqrt(residual / (n - 2) / xx);
  return { slope, r2: yy === 0 ? 0 : 1 - residual / yy, t: error === 0 ? null : slope / error, n };
}

/** Fit of the cumulated log returns to a straight line: 1 is steady growth. */
export function stability(returns: Series): number | null {
  let sum = 0;
  const path = finite(returns).map((r) => {
    sum += Math.log1p(r);
    return sum;
  });
  return (
    regression(
      path,
      path.map((_, i) => i),
    )?.r2 ?? null
  );
}

/** Correlation of a series with itself `lag` periods before; null below three pairs or when it is constant. */
function autocorrelation(returns: Series, lag = 1): number | null {
  const values = finite(returns);
  if (values.length < lag + 3 || constant(values)) return null;
  const { mean, m2 } = momentsOf(values);
  let sum = 0;
  for (let i = lag; i < values.length; i++)
    sum += ((values[i] ?? 0) - mean) * ((values[i - lag] ?? 0) - mean);
  return sum / m2;
}

/**
 * By what a ratio per period grows over `periods` of them (Lo 2002); the root of their number without correlation.
 * @param correlation of returns k periods apart.
 */
export function lagFactor(periods: number, correlation: (k: number) => number): number {
  let sum = 0;
  for (let k = 1; k < periods; k++) sum += (periods - k) * correlation(k);
  return periods / Math.sqrt(periods + 2 * sum);
}

/**
 * The annual Sharpe ratio without what smoothness adds: marks of coins that hardly trade follow one another, which
 * makes a deviation look small. Corrected where the correlation with the day before is positive beyond doubt (two
 * standard errors), as of a first-order process; else as `sharpe`. Null as there.
 */
export function smoothedSharpe(returns: Series, periods = DAYS_PER_YEAR): number | null {
  const plain = sharpe(returns, periods);
  const rho = autocorrelation(returns);
  if (plain === null || rho === null || rho * Math.sqrt(finite(returns).length) <= 2) return plain;
  return (plain / Math.sqrt(periods)) * lagFactor(periods, (k) => rho ** k);
}

/**
 * Share of the variance of `y` explained by two factors together; null below four observations or when the
 * factors are collinear (then one of them alone tells the same).
 */
export function twoFactorR2(y: Series, x1: Series, x2: Series): number | null {
  const rows: [number, number, number][] = [];
  for (let i = 0; i < Math.min(y.length, x1.length, x2.length); i++) {
    const row: [number, number, number] = [y[i] ?? Number.NaN, x1[i] ?? Number.NaN, x2[i] ?? Number.NaN];
    if (row.every(Number.isFinite)) rows.push(row);
  }
  const n = rows.length;
  if (n < 4) return null;
  const mean = [0, 1, 2].map((k) => rows.reduce((sum, row) => sum + (row[k] ?? 0), 0) / n);
  const cov = (a: number, b: number): number =>
    rows.reduce((sum, row) => sum + ((row[a] ?? 0) - (mean[a] ?? 0)) * ((row[b] ?? 0) - (mean[b] ?? 0)), 0);
  const [yy, aa, bb, ab, ya, yb] = [cov(0, 0), cov(1, 1), cov(2, 2), cov(1, 2), cov(0, 1), cov(0, 2)];
  if (yy === 0) return null;
  const det = aa * bb - ab * ab;
  if (det <= 1e-12 * aa * bb) return aa > 0 ? Math.min(1, (ya * ya) / (aa * yy)) : null;
  const b1 = (ya * bb - yb * ab) / det;
  const b2 = (yb * aa - ya * ab) / det;
  return Math.min(1, Math.max(0, (b1 * ya + b2 * yb) / yy));
}
