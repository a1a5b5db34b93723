/** Small statistics of folds. */
import { Draw } from '../draw.ts';

export const mean = (values: readonly number[]): number =>
  values.length > 0 ? values.reduce((sum, x) => sum + x, 0) / values.length : Number.NaN;

const REDRAWS = 2_000;

/** 95 % interval of a mean over folds that do not overlap, by drawing whole folds again. NaN below three. */
export function meanInterval(values: readonly number[]): { readonly low: number; readonly high: number } {
  if (values.length < 3) return { low: Number.NaN, high: Number.NaN };
  const draw = new Draw('folds');
  const means = Array.from({ length: REDRAWS }, () =>
    mean(values.map(() => values[draw.int(values.length)] ?? 0)),
  ).sort((a, b) => a - b);
  return { low: means[0.025 * REDRAWS] ?? Number.NaN, high: means[0.975 * REDRAWS - 1] ?? Number.NaN };
}

/** Slope of y on x; NaN when x does not vary. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const mx = mean(points.map(([x]) => x));
  const my = mean(points.map(([, y]) => y));
  let xx = 0;
  let xy = 0;
  for (const [x, y] of points) {
    xx += (x - mx) ** 2;
    xy += (x - mx) * (y - my);
  }
  return xx > 0 ? xy / xx : Number.NaN;
}
