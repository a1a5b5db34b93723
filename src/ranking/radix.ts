/** Orders row numbers by a float32 key, greatest first, ties by row number: linear, where a comparator is not. */

const BITS = 11;
const BUCKETS = 1 << BITS;
const MASK = BUCKETS - 1;

/** Scratch space for sorting up to `capacity` rows, so that a sort allocates nothing. */
export class RowSorter {
  readonly #keys: Uint32Array;
  readonly #other: Uint32Array;
  readonly #counts = new Uint32Array(3 * BUCKETS);

  constructor(capacity: number) {
    this.#keys = new Uint32Array(capacity);
    this.#other = new Uint32Array(capacity);
  }

  /** Sorts the first `n` entries of `rows`, which must be ascending row numbers for ties to keep that order. */
  sortDescending(rows: Uint32Array, n: number, score: Float32Array): void {
    const keys = this.#keys;
    const bits = new Uint32Array(score.buffer, score.byteOffset, score.length);
    for (let i = 0; i < n; i++) keys[rows[i] ?? 0] = descendingKey(bits[rows[i] ?? 0] ?? 0);
    const counts = this.#countAll(rows, n);
    let from = rows;
    let to = this.#other;
    for (let pass = 0; pass < 3; pass++) {
      const shift = pass * BITS;
      const base = pass * BUCKETS;
      for (let i = 0; i < n; i++) {
        const row = from[i] ?? 0;
        const digit = base + (((keys[row] ?? 0) >>> shift) & MASK);
        const at = counts[digit] ?? 0;
        counts[digit] = at + 1;
        to[at] = row;
      }
      [from, to] = [to, from];
    }
    // After three passes the result is in the scratch array.
    rows.set(this.#other.subarray(0, n));
  }

  /** Start positions of every bucket of all three digits. */
  #countAll(rows: Uint32Array, n: number): Uint32Array {
    const counts = this.#counts.fill(0);
    const keys = this.#keys;
    for (let i = 0; i < n; i++) {
      const key = keys[rows[i] ?? 0] ?? 0;
      const a = key & MASK;
      const b = BUCKETS + ((key >>> BITS) & MASK);
      const c = 2 * BUCKETS + (key >>> (2 * BITS));
      counts[a] = (counts[a] ?? 0) + 1;
      counts[b] = (counts[b] ?? 0) + 1;
      counts[c] = (counts[c] ?? 0) + 1;
    }
    for (let pass = 0; pass < 3; pass++) {
      let sum = 0;
      for (let d = pass * BUCKETS; d < (pass + 1) * BUCKETS; d++) {
        const count = counts[d] ?? 0;
        counts[d] = sum;
        sum += count;
      }
    }
    return counts;
  }
}

/** Bits of a float as an unsigned integer that grows as the float falls. NaN must not come here. */
const descendingKey = (bits: number): number =>
  ((bits & 0x8000_0000) !== 0 ? bits : ~bits & 0x7fff_ffff) >>> 0;
