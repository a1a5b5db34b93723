/**
 * Token buckets by key (address or session), pure: time comes in. The number of keys is bounded, and a key whose
 * bucket is full again is the same as one never seen, so forgetting the longest unused costs nothing in the end.
 */
export interface RateLimitOptions {
  /** Requests that may come at once. */
  readonly burst: number;
  /** Requests per second in the long run. */
  readonly perSecond: number;
  /** Keys remembered at most. */
  readonly maxKeys?: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

export class RateLimiter {
  readonly #options: Required<RateLimitOptions>;
  /** In order of last use, oldest first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#options = { maxKeys: 10_000, ...options };
  }

  /**
   * Takes one request of `key` at `now` (monotonic ms).
   * @returns 0 if it may pass, else the seconds (>= 1) after which it may.
   */
  take(key: string, now: number): number {
    const { burst, perSecond, maxKeys } = this.#options;
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
    this.#buckets.delete(key);
    const passes = tokens >= 1;
    this.#buckets.set(key, { tokens: passes ? tokens - 1 : tokens, at: now });
    if (this.#buckets.size > maxKeys) {
      const oldest = this.#buckets.keys().next();
      if (!oldest.done) this.#buckets.delete(oldest.value);
    }
    return passes ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond));
  }

  get size(): number {
    return this.#buckets.size;
  }
}
