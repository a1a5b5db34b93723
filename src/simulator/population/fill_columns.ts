/** Fills of the past as columns: about 24 bytes each, so that millions fit. */

export const MAKER = 1;
export const LIQUIDATION = 2;
export const TWAP = 4;
/** First fill of its order. */
export const FIRST = 8;

export class FillColumns {
  length = 0;
  /** ms UTC. */
  time: Float64Array;
  px: Int32Array;
  /** Lots, positive where the owner buys. */
  size: Float64Array;
  /** Market index. */
  coin: Uint8Array;
  flags: Uint8Array;
  /** Account indexes of the one whose fill it is and of the other side. */
  owner: Uint16Array;
  counter: Uint16Array;

  constructor(capacity: number) {
    this.time = new Float64Array(capacity);
    this.px = new Int32Array(capacity);
    this.size = new Float64Array(capacity);
    this.coin = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.owner = new Uint16Array(capacity);
    this.counter = new Uint16Array(capacity);
  }

  push(
    owner: number,
    counter: number,
    time: number,
    coin: number,
    px: number,
    size: number,
    flags: number,
  ): void {
    if (this.length === this.time.length) this.#grow();
    const i = this.length++;
    this.owner[i] = owner;
    this.counter[i] = counter;
    this.time[i] = time;
    this.coin[i] = coin;
    this.px[i] = px;
    this.size[i] = size;
    this.flags[i] = flags;
  }

  #grow(): void {
    const capacity = Math.ceil(this.time.length * 1.5);
    const larger = new FillColumns(capacity);
    larger.time.set(this.time);
    larger.px.set(this.px);
    larger.size.set(this.size);
    larger.coin.set(this.coin);
    larger.flags.set(this.flags);
    larger.owner.set(this.owner);
    larger.counter.set(this.counter);
    Object.assign(this, { ...larger, length: this.length });
  }

  /** Rows in order of time, rows of one ms in order of entry. @param start no row is earlier, ms */
  byTime(start: number): Uint32Array {
    const { length } = this;
    // Three passes of twelve bits hold two years of milliseconds.
    const low = new Uint32Array(length);
    const high = new Uint16Array(length);
    for (let i = 0; i < length; i++) {
      const offset = (this.time[i] as number) - start;
      const top = Math.floor(offset / 16_777_216);
      high[i] = top;
      low[i] = offset - top * 16_777_216;
    }
    let order = new Uint32Array(length);
    let next = new Uint32Array(length);
    for (let i = 0; i < length; i++) order[i] = i;
    for (const [digits, shift] of [
      [low, 0],
      [low, 12],
      [high, 0],
    ] as const) {
      spread(digits, shift, order, next);
      [order, next] = [next, order];
    }
    return order;
  }
}

/** One pass of a stable sort by the twelve bits from `shift`. */
function spread(digits: Uint32Array | Uint16Array, shift: number, from: Uint32Array, to: Uint32Array): void {
  const starts = new Uint32Array(4097);
  for (let i = 0; i < digits.length; i++) {
    const digit = (((digits[i] as number) >>> shift) & 4095) + 1;
    starts[digit] = (starts[digit] as number) + 1;
  }
  for (let digit = 1; digit <= 4096; digit++)
    starts[digit] = (starts[digit] as number) + (starts[digit - 1] as number);
  for (let i = 0; i < from.length; i++) {
    const row = from[i] as number;
    const digit = ((digits[row] as number) >>> shift) & 4095;
    const at = starts[digit] as number;
    to[at] = row;
    starts[digit] = at + 1;
  }
}
