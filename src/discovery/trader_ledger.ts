/**
 * Who trades: first and last seen, how often, for how much. Pure: trades in, totals out. Columns by trader id, so
 * that a million traders cost about 50 bytes each.
 */
import { DirtyQueue } from '../domain/dirty_queue.ts';
import type { BigMicroUsd } from '../domain/money.ts';
import type { TradeColumns } from '../domain/trade_columns.ts';

const MICRO = 1_000_000;

export interface TraderTotals {
  readonly traderId: number;
  /** Exchange time (ms) of the first and the last trade seen. */
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly tradeCount: number;
  /** Traded notional, both sides. */
  readonly notional: BigMicroUsd;
}

export class TraderLedger {
  #firstSeen = new Float64Array(1024);
  #lastSeen = new Float64Array(1024);
  #count = new Float64Array(1024);
  /** Notional in whole dollars and the micro-dollars beyond, so that sums stay exact beyond 2^53 micro-USD. */
  #dollars = new Float64Array(1024);
  #micros = new Float64Array(1024);
  /** Traders whose totals must be written; positions are seqs of trades. */
  readonly dirty = new DirtyQueue();
  #fresh: number[] = [];
  #known = 0;

  /** Traders with at least one trade. */
  get known(): number {
    return this.#known;
  }

  /** Takes in rows; the first has sequence number `seq`. */
  apply(rows: TradeColumns, from: number, to: number, seq: number): void {
    for (let at = from; at < to; at++) {
      const time = rows.time[at] as number;
      const notional = (rows.price[at] as number) * (rows.size[at] as number);
      const buyer = rows.buyer[at] as number;
      const seller = rows.seller[at] as number;
      this.#see(buyer, time, notional, seq + at - from);
      if (seller !== buyer) this.#see(seller, time, notional, seq + at - from);
    }
  }

  /** Takes over stored totals, at start. */
  load(totals: TraderTotals): void {
    const id = totals.traderId;
    this.#reserve(id);
    if (this.#count[id] === 0) this.#known++;
    this.#firstSeen[id] = totals.firstSeenAt;
    this.#lastSeen[id] = totals.lastSeenAt;
    this.#count[id] = totals.tradeCount;
    this.#dollars[id] = Number(totals.notional / BigInt(MICRO));
    this.#micros[id] = Number(totals.notional % BigInt(MICRO));
  }

  /**
   * Takes in stored trades again after a restart; a trader whose stored totals include a trade already skips it.
   * @param throughSeq by trader id: the seq before which trades are in the loaded totals.
   */
  replay(rows: TradeColumns, seq: number, throughSeq: (traderId: number) => number): void {
    for (let at = 0; at < rows.length; at++) {
      const time = rows.time[at] as number;
      const notional = (rows.price[at] as number) * (rows.size[at] as number);
      const buyer = rows.buyer[at] as number;
      const seller = rows.seller[at] as number;
      if (seq + at >= throughSeq(buyer)) this.#see(buyer, time, notional, seq + at);
      if (seller !== buyer && seq + at >= throughSeq(seller)) this.#see(seller, time, notional, seq + at);
    }
  }

  totals(traderId: number): TraderTotals {
    const dollars = this.#dollars[traderId] as number;
    const micros = this.#micros[traderId] as number;
    const sum = dollars * MICRO + micros;
    return {
      traderId,
      firstSeenAt: this.#firstSeen[traderId] as number,
      lastSeenAt: this.#lastSeen[traderId] as number,
      tradeCount: this.#count[traderId] as number,
      notional: (sum <= Number.MAX_SAFE_INTEGER
        ? BigInt(sum)
        : BigInt(dollars) * BigInt(MICRO) + BigInt(micros)) as BigMicroUsd,
    };
  }

  /** Traders seen for the first time since the last call, in order of appearance. */
  takeFresh(): readonly number[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  #see(id: number, time: number, notional: number, seq: number): void {
    this.#reserve(id);
    if (this.#count[id] === 0) {
      this.#known++;
      this.#fresh.push(id);
      this.#firstSeen[id] = time;
      this.#lastSeen[id] = time;
    } else {
      if (time < (this.#firstSeen[id] as number)) this.#firstSeen[id] = time;
      if (time > (this.#lastSeen[id] as number)) this.#lastSeen[id] = time;
    }
    this.#count[id] = (this.#count[id] as number) + 1;
    const micros = (this.#micros[id] as number) + notional;
    const carry = Math.floor(micros / MICRO);
    this.#micros[id] = micros - carry * MICRO;
    this.#dollars[id] = (this.#dollars[id] as number) + carry;
    this.dirty.mark(id, seq);
  }

  #reserve(id: number): void {
    if (id < this.#count.length) return;
    const capacity = Math.max(id + 1, Math.ceil(this.#count.length * 1.5));
    const grow = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(capacity);
      to.set(from);
      return to;
    };
    this.#firstSeen = grow(this.#firstSeen);
    this.#lastSeen = grow(this.#lastSeen);
    this.#count = grow(this.#count);
    this.#dollars = grow(this.#dollars);
    this.#micros = grow(this.#micros);
  }
}
