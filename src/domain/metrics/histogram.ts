/**
 * Quantiles of positive values with a bounded relative error, in mergeable buckets that grow by a constant
 * factor. Chosen over P-squared, which is far off at small n, and over sampling, which cannot be merged exactly.
 */
const ACCURACY = 0.01;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
/** Bucket of zero and below: under every bucket that a positive float64 can have. */
const ZERO_BUCKET = -1_000_000;
const SCALE = 1 / Math.log(GAMMA);

/** Bucket index to weight. Values at or below zero count in the bucket of zero. */
export class LogHistogram {
  readonly buckets = new Map<number, number>();
  total = 0;

  /** Bucket and weight pairs, for storage. */
  entries(): [number, number][] {
    return [...this.buckets].map(([index, weight]) => [index, weight]);
  }

  static from(entries: readonly (readonly [number, number])[]): LogHistogram {
    const histogram = new LogHistogram();
    for (const [index, weight] of entries) {
      histogram.buckets.set(index, weight);
      histogram.total += weight;
    }
    return histogram;
  }

  add(value: number, weight = 1): void {
    const index = value > 0 ? Math.ceil(Math.log(value) * SCALE) : ZERO_BUCKET;
    this.buckets.set(index, (this.buckets.get(index) ?? 0) + weight);
    this.total += weight;
  }

  merge(other: LogHistogram): void {
    for (const [index, weight] of other.buckets)
      this.buckets.set(index, (this.buckets.get(index) ?? 0) + weight);
    this.total += other.total;
  }

  /** Value below which a share p of the weight lies, within 1 % of it; null when empty. */
  quantile(p: number): number | null {
    if (this.total <= 0) return null;
    const sorted = [...this.buckets].sort((a, b) => a[0] - b[0]);
    const wanted = p * this.total;
    let seen = 0;
    for (const [index, weight] of sorted) {
      seen += weight;
      if (seen >= wanted && weight > 0) return bucketValue(index);
    }
    return bucketValue(sorted[sorted.length - 1]?.[0] ?? 0);
  }
}

const bucketValue = (index: number): number =>
  index === ZERO_BUCKET ? 0 : (2 * GAMMA ** index) / (GAMMA + 1);
