/** Rolling 24 h volume and the price of a day ago, in buckets of 15 minutes. */
import type { Lots, Ticks } from '../../domain/money.ts';

const BUCKET_MS = 15 * 60_000;
const BUCKETS = 96;

interface Bucket {
  readonly index: number;
  notional: bigint;
  size: number;
  readonly openPx: Ticks;
}

export class DayStats {
  readonly #buckets: Bucket[] = [];

  add(time: number, px: Ticks, sz: Lots): void {
    const bucket = this.#bucketAt(time, px);
    bucket.notional += BigInt(px * sz);
    bucket.size += sz;
  }

  /** Call at least once per 15 minutes so that a day-old price exists for a coin that did not trade. */
  note(time: number, px: Ticks): void {
    this.#bucketAt(time, px);
  }

  /** Forgets everything, for a market that gets its last day from elsewhere. */
  clear(): void {
    this.#buckets.length = 0;
  }

  read(time: number): { readonly notional: bigint; readonly size: number; readonly openPx: Ticks | null } {
    const first = Math.floor(time / BUCKET_MS) - BUCKETS + 1;
    let notional = 0n;
    let size = 0;
    let openPx: Ticks | null = null;
    for (const bucket of this.#buckets) {
      if (bucket.index < first) continue;
      openPx ??= bucket.openPx;
      notional += bucket.notional;
      size += bucket.size;
    }
    return { notional, size, openPx };
  }

  #bucketAt(time: number, px: Ticks): Bucket {
    const index = Math.floor(time / BUCKET_MS);
    const last = this.#buckets[this.#buckets.length - 1];
    if (last !== undefined && last.index === index) return last;
    const bucket: Bucket = { index, notional: 0n, size: 0, openPx: px };
    this.#buckets.push(bucket);
    if (this.#buckets.length > BUCKETS + 4) this.#buckets.shift();
    return bucket;
  }
}
