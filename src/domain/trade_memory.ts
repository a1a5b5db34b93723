/** Which trades we have had already: (coin, time, trade id), bounded, per coin. */

const FIRST_CAPACITY = 64;
/** A coin keeps at least this many trades: more than any replay after a subscribe, many times over. */
const KEEP_AT_LEAST = 1024;
/** ... and grows up to this many while they are younger than KEEP_MS. */
const KEEP_AT_MOST = 16_384;
const KEEP_MS = 120_000;

export type Memory = 'new' | 'duplicate' | 'too-old';

const NONE = -1;

/** The newest trades of one coin in the order in which they came: a ring, with a chain per hash of the trade id. */
class CoinMemory {
  times = new Float64Array(FIRST_CAPACITY);
  tradeIds = new Float64Array(FIRST_CAPACITY);
  /** Per hash: the newest row that has it; per ring place: the row before it that has the same hash. */
  #newest = new Float64Array(FIRST_CAPACITY).fill(NONE);
  #before = new Float64Array(FIRST_CAPACITY);
  /** Rows ever written; the ring holds the last `times.length` of them. */
  count = 0;
  latest = Number.NEGATIVE_INFINITY;
  /** Trades before this time may have been forgotten. */
  floor = Number.NEGATIVE_INFINITY;

  has(time: number, tradeId: number): boolean {
    const { times, tradeIds } = this;
    const mask = times.length - 1;
    const oldest = Math.max(0, this.count - times.length);
    // A row's predecessor is always older, so the chain ends where the ring has been written over.
    let row = this.#newest[hashOf(tradeId) & mask] as number;
    while (row >= oldest) {
      const at = row & mask;
      if (tradeIds[at] === tradeId && times[at] === time) return true;
      row = this.#before[at] as number;
    }
    return false;
  }

  add(time: number, tradeId: number): void {
    if (this.count >= this.times.length) this.#makeRoom(time);
    const row = this.count++;
    const at = row & (this.times.length - 1);
    this.times[at] = time;
    this.tradeIds[at] = tradeId;
    this.#chain(row, at);
    if (time > this.latest) this.latest = time;
  }

  #chain(row: number, at: number): void {
    const hash = hashOf(this.tradeIds[at] as number) & (this.times.length - 1);
    this.#before[at] = this.#newest[hash] as number;
    this.#newest[hash] = row;
  }

  #makeRoom(now: number): void {
    const { times, count } = this;
    const oldest = times[count & (times.length - 1)] as number;
    const young = times.length < KEEP_AT_MOST && now - oldest < KEEP_MS;
    // A block is never cut in two: its own trades could then not be told from duplicates.
    if (times.length < KEEP_AT_LEAST || young || oldest === this.latest) this.#grow();
    else this.floor = Math.max(this.floor, oldest + 1);
  }

  #grow(): void {
    const { times, tradeIds, count } = this;
    const mask = times.length - 1;
    const length = times.length * 2;
    this.times = new Float64Array(length);
    this.tradeIds = new Float64Array(length);
    this.#newest = new Float64Array(length).fill(NONE);
    this.#before = new Float64Array(length);
    for (let row = count - times.length; row < count; row++) {
      const to = row & (length - 1);
      this.times[to] = times[row & mask] as number;
      this.tradeIds[to] = tradeIds[row & mask] as number;
      this.#chain(row, to);
    }
  }
}

/** Trade ids have up to 50 bits: both halves count. */
const hashOf = (tradeId: number): number => {
  const mixed = Math.imul((tradeId | 0) ^ ((tradeId / 4_294_967_296) | 0), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
};

export class TradeMemory {
  readonly #coins: (CoinMemory | undefined)[] = [];

  /** Remembers a trade. 'too-old' is before all that is remembered of its coin: nobody can say whether it is new. */
  add(coin: number, time: number, tradeId: number): Memory {
    const memory = this.#of(coin);
    // The common case: a later block than any before, so it needs no search.
    if (time <= memory.latest && memory.has(time, tradeId)) return 'duplicate';
    if (time < memory.floor) return 'too-old';
    memory.add(time, tradeId);
    return 'new';
  }

  has(coin: number, time: number, tradeId: number): boolean {
    return this.#coins[coin]?.has(time, tradeId) ?? false;
  }

  /** Exchange time (ms) of the coin's newest trade, if any was seen. */
  latest(coin: number): number | undefined {
    const latest = this.#coins[coin]?.latest;
    return latest === undefined || latest === Number.NEGATIVE_INFINITY ? undefined : latest;
  }

  /** Exchange time (ms) before which trades of the coin may have been forgotten; -Infinity if none were. */
  floor(coin: number): number {
    return this.#coins[coin]?.floor ?? Number.NEGATIVE_INFINITY;
  }

  /** Says that trades of the coin before `time` were seen but are not remembered (they were not loaded again). */
  forgetBefore(coin: number, time: number): void {
    const memory = this.#of(coin);
    memory.floor = Math.max(memory.floor, time);
  }

  /** A coin goes on under another id: so does what is remembered of it. */
  move(from: number, to: number): void {
    this.#coins[to] = this.#coins[from];
    this.#coins[from] = undefined;
  }

  #of(coin: number): CoinMemory {
    let memory = this.#coins[coin];
    if (memory === undefined) {
      memory = new CoinMemory();
      this.#coins[coin] = memory;
    }
    return memory;
  }
}
