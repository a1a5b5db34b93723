/** Orders row numbers by a float32 key, greatest first, ties by row number: linear, where a comparator is not. */

const BITS = 11;
const BUCKETS = 1 << BITS;
const MASK = BUCKETS - 1;

/** Scratch space for sorting up to `capacity` rows, so that a sort allocates nothing. */
export class RowSorter {
  /** Keys travel with their rows: looking them up by row would miss the cache at every step. */
  readonly #keys: readonly [Uint32Array, Uint32Array];
  readonly #other: Uint32Array;
  readonly #counts = new Uint32Array(3 * BUCKETS);

  constructor(capacity: number) {
    this.#keys = [new Uint32Array(capacity), new Uint32Array(capacity)];
    this.#other = new Uint32Array(capacity);
  }

  /** Sorts the first `n` entries of `rows`, which must be ascending row numbers for ties to keep that order. */
  sortDescending(rows: Uint32Array, n: number, score: Float32Array): void {
    const [first, second] = this.#keys;
    const bits = new Uint32Array(score.buffer, score.byteOffset, score.length);
    for (let i = 0; i < n; i++) first[i] = descendingKey(bits[rows[i] as number] as number);
    const counts = this.#countAll(first, n);
    const other = this.#other;
    scatter({ rows, keys: first }, { rows: other, keys: second }, n, counts, 0);
    scatter({ rows: other, keys: second }, { rows, keys: first }, n, counts, 1);
    scatter({ rows, keys: first }, { rows: other, keys: second }, n, counts, 2);
    // After three passes the result is in the scratch array.
    rows.set(other.subarray(0, n));
  }

  /** Start positions of every bucket of all three digits. */
  #countAll(keys: Uint32Array, n: number): Uint32Array {
    const counts = this.#counts.fill(0);
    for (let i = 0; i < n; i++) {
      const key = keys[i] as number;
      (counts[key & MASK] as number)++;
      (counts[BUCKETS + ((key >>> BITS) & MASK)] as number)++;
      (counts[2 * BUCKETS + (key >>> (2 * BITS))] as number)++;
    }
    for (let pass = 0; pass < 3; pass++) {
      let sum = 0;
      for (let d = pass * BUCKETS; d < (pass + 1) * BUCKETS; d++) {
        const count = counts[d] as number;
        counts[d] = sum;
        sum += count;
      }
    }
    return counts;
  }
}

interface Rows {
  readonly rows: Uint32Array;
  readonly keys: Uint32Array;
}

/** One stable pass over a digit. */
function scatter(from: Rows, to: Rows, n: number, counts: Uint32Array, pass: number): void {
  const shift = pass * BITS;
  const base = pass * BUCKETS;
  const { rows, keys } = from;
  const { rows: toRows, keys: toKeys } = to;
  for (let i = 0; i < n; i++) {
    const key = keys[i] as number;
    const digit = base + ((key >>> shift) & MASK);
    const at = counts[digit] as number;
    counts[digit] = at + 1;
    toRows[at] = rows[i] as number;
    toKeys[at] = key;
  }
}

/** Bits of a float as an unsigned integer that grows as the float falls. NaN must not come here. */
const descendingKey = (bits: number): number =>
  ((bits & 0x8000_0000) !== 0 ? bits : ~bits & 0x7fff_ffff) >>> 0;
