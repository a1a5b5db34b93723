/**
 * (trader, coin) pairs as dense slots 0, 1, 2… in order of first appearance. Open addressing over typed arrays:
 * about 15 bytes a pair, no string and no object.
 */
export class PairIndex {
  #traders: Int32Array;
  #coins: Int32Array;
  #table: Uint32Array;
  #mask: number;
  #size = 0;

  constructor(expected = 1024) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, expected) * 2));
    this.#table = new Uint32Array(slots);
    this.#mask = slots - 1;
    this.#traders = new Int32Array(Math.max(16, expected));
    this.#coins = new Int32Array(Math.max(16, expected));
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes held by the index itself. */
  get bytes(): number {
    return this.#table.byteLength + this.#traders.byteLength + this.#coins.byteLength;
  }

  traderOf(slot: number): number {
    return this.#traders[slot] as number;
  }

  coinOf(slot: number): number {
    return this.#coins[slot] as number;
  }

  /** The pair's slot, or -1. */
  find(trader: number, coin: number): number {
    return (this.#table[this.#place(trader, coin)] as number) - 1;
  }

  /** The pair's slot; a new pair gets slot `size`. */
  intern(trader: number, coin: number): number {
    const place = this.#place(trader, coin);
    const known = this.#table[place] as number;
    if (known !== 0) return known - 1;
    const slot = this.#size++;
    if (slot === this.#traders.length) this.#growPairs();
    this.#traders[slot] = trader;
    this.#coins[slot] = coin;
    this.#table[place] = slot + 1;
    if (this.#size * 5 > this.#table.length * 3) this.#growTable();
    return slot;
  }

  #place(trader: number, coin: number): number {
    let place = mix(trader, coin) & this.#mask;
    for (;;) {
      const entry = this.#table[place] as number;
      if (entry === 0) return place;
      if (this.#traders[entry - 1] === trader && this.#coins[entry - 1] === coin) return place;
      place = (place + 1) & this.#mask;
    }
  }

  #growPairs(): void {
    const capacity = Math.ceil(this.#traders.length * 1.5);
    const traders = new Int32Array(capacity);
    const coins = new Int32Array(capacity);
    traders.set(this.#traders);
    coins.set(this.#coins);
    this.#traders = traders;
    this.#coins = coins;
  }

  #growTable(): void {
    this.#table = new Uint32Array(this.#table.length * 2);
    this.#mask = this.#table.length - 1;
    for (let slot = 0; slot < this.#size; slot++) {
      let place = mix(this.#traders[slot] as number, this.#coins[slot] as number) & this.#mask;
      while (this.#table[place] !== 0) place = (place + 1) & this.#mask;
      this.#table[place] = slot + 1;
    }
  }
}

function mix(trader: number, coin: number): number {
  let hash = Math.imul(trader, 0x9e3779b1) ^ Math.imul(coin + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return hash ^ (hash >>> 15);
}
