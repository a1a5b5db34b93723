/** Measures of a ranking against what happened and against the truth. Scores: higher is better, NaN is unranked. */

/** Ranks 1..n with ties at their middle rank; NaN ranks lowest, all together. */
export function midRanks(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const at = (i: number): number => {
    const x = values[i] ?? Number.NaN;
    return Number.isNaN(x) ? Number.NEGATIVE_INFINITY : x;
  };
  const order = new Uint32Array(n).map((_, i) => i).sort((a, b) => (at(a) === at(b) ? 0 : at(a) - at(b)));
  const ranks = new Float64Array(n);
  for (let i = 0; i < n; ) {
    let j = i;
    while (j + 1 < n && at(order[j + 1] ?? 0) === at(order[i] ?? 0)) j++;
    for (let k = i; k <= j; k++) ranks[order[k] ?? 0] = (i + j) / 2 + 1;
    i = j + 1;
  }
  return ranks;
}

/** Spearman's rank correlation; NaN when one side is constant or there are fewer than three. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const x = midRanks(a);
  const y = midRanks(b);
  const n = x.length;
  if (n < 3) return Number.NaN;
  const middle = (n + 1) / 2;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < n; i++) {
    const dx = (x[i] ?? 0) - middle;
    const dy = (y[i] ?? 0) - middle;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : Number.NaN;
}

/** Indices of the ranked, best first. */
export function ranking(scores: ArrayLike<number>): number[] {
  const order: number[] = [];
  for (let i = 0; i < scores.length; i++) if (!Number.isNaN(scores[i] ?? Number.NaN)) order.push(i);
  return order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
}

/** Discounted cumulative gain of gains in ranked order. */
export const discountedGain = (gains: readonly number[], gain = (x: number): number => x): number =>
  gains.reduce((sum, x, i) => sum + gain(x) / Math.log2(i + 2), 0);

/** Discounted gain of the first `k` over that of the best possible order. */
export function ndcg(
  ranked: readonly number[],
  all: readonly number[],
  k: number,
  gain?: (x: number) => number,
): number {
  const best = [...all].sort((a, b) => b - a).slice(0, k);
  const ideal = discountedGain(best, gain);
  return ideal > 0 ? discountedGain(ranked.slice(0, k), gain) / ideal : 0;
}

/** Mean, standard error and t of paired differences. */
export function pairedT(a: readonly number[], b: readonly number[]): { mean: number; t: number } {
  const d = a.map((x, i) => x - (b[i] ?? 0));
  const n = d.length;
  const mean = d.reduce((sum, x) => sum + x, 0) / n;
  const variance = d.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  return { mean, t: n > 1 && variance > 0 ? mean / Math.sqrt(variance / n) : Number.NaN };
}
