/**
 * What the last trades did to which position: enough to know what a position was a few seconds ago, which is when a
 * snapshot was taken. A ring over typed arrays.
 */
export interface Delta {
  /** Exchange time, ms. */
  readonly time: number;
  /** Signed lots. */
  readonly lots: number;
  /** Ticks. */
  readonly price: number;
}

export class RecentDeltas {
  readonly #mask: number;
  readonly #slots: Int32Array;
  readonly #times: Float64Array;
  readonly #lots: Float64Array;
  readonly #prices: Float64Array;
  /** Newest time up to and including each row: coins interleave and gaps are closed late, so times are not sorted. */
  readonly #newest: Float64Array;
  #count = 0;
  /** Deltas before this exchange time may be gone. */
  #floor = Number.NEGATIVE_INFINITY;
  #latest = Number.NEGATIVE_INFINITY;

  /** @param capacity a power of two. */
  constructor(capacity: number) {
    this.#mask = capacity - 1;
    this.#slots = new Int32Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#lots = new Float64Array(capacity);
    this.#prices = new Float64Array(capacity);
    this.#newest = new Float64Array(capacity);
  }

  add(slot: number, time: number, lots: number, price: number): void {
    const at = this.#count & this.#mask;
    if (this.#count > this.#mask) this.#floor = Math.max(this.#floor, (this.#times[at] as number) + 1);
    this.#slots[at] = slot;
    this.#times[at] = time;
    this.#lots[at] = lots;
    this.#prices[at] = price;
    this.#count++;
    if (time > this.#latest) this.#latest = time;
    this.#newest[at] = this.#latest;
  }

  /** Nothing from before `time` is known here: the book was just loaded. */
  startAt(time: number): void {
    this.#floor = Math.max(this.#floor, time);
  }

  /** True if every delta at or after `time` is still here. */
  reaches(time: number): boolean {
    return time >= this.#floor;
  }

  /**
   * Deltas at or after `time` of the slots for which `wanted` is true, in order of arrival.
   */
  since(time: number, wanted: (slot: number) => boolean): Map<number, Delta[]> {
    const found = new Map<number, Delta[]>();
    const oldest = Math.max(0, this.#count - this.#mask - 1);
    for (let i = this.#count - 1; i >= oldest; i--) {
      const at = i & this.#mask;
      if ((this.#newest[at] as number) < time) break;
      const one = this.#times[at] as number;
      const slot = this.#slots[at] as number;
      if (one < time || !wanted(slot)) continue;
      const list = found.get(slot) ?? [];
      list.push({ time: one, lots: this.#lots[at] as number, price: this.#prices[at] as number });
      found.set(slot, list);
    }
    for (const list of found.values()) list.reverse();
    return found;
  }
}
