/** Position changes as columns, with the fills inside each. Sizes in lots, money in micro-USD, times in ms. */
import type { PositionKnown } from './position.ts';

const FIRST_CAPACITY = 256;

export const KNOWN: readonly PositionKnown[] = ['estimated', 'exact', 'stale', 'quarantined'];
export const ESTIMATED = 0;
export const EXACT = 1;
export const STALE = 2;
export const QUARANTINED = 3;

/** What made the book believe a change. */
export const CAUSES = ['trades', 'audit', 'new_precision'] as const;
export type ChangeCause = (typeof CAUSES)[number];
const BY_TRADES = 0;
export const BY_AUDIT = 1;
/** The venue changed the coin's precision: it goes on under another id, and what was held under this one is closed. */
export const BY_NEW_PRECISION = 2;

export class ChangeColumns {
  length = 0;
  slot = new Int32Array(FIRST_CAPACITY);
  /** Index of CAUSES. */
  cause = new Uint8Array(FIRST_CAPACITY);
  sizeBefore = new Float64Array(FIRST_CAPACITY);
  sizeAfter = new Float64Array(FIRST_CAPACITY);
  /** Lots and notional traded, both positive; 0 where no trade made the change. */
  traded = new Float64Array(FIRST_CAPACITY);
  notional = new Float64Array(FIRST_CAPACITY);
  realised = new Float64Array(FIRST_CAPACITY);
  cost = new Float64Array(FIRST_CAPACITY);
  episode = new Int32Array(FIRST_CAPACITY);
  episodePnl = new Float64Array(FIRST_CAPACITY);
  openedAt = new Float64Array(FIRST_CAPACITY);
  exchangeTime = new Float64Array(FIRST_CAPACITY);
  receivedAt = new Float64Array(FIRST_CAPACITY);
  known = new Uint8Array(FIRST_CAPACITY);
  /** Fills of a change as a chain of indexes into `fillTradeId`; -1 ends it. */
  firstFill = new Int32Array(FIRST_CAPACITY);
  lastFill = new Int32Array(FIRST_CAPACITY);
  fills = 0;
  fillTradeId = new Float64Array(FIRST_CAPACITY);
  fillNext = new Int32Array(FIRST_CAPACITY);

  /** Appends a change without fills and returns its index; the caller sets what it needs. */
  add(slot: number, sizeBefore: number, exchangeTime: number, receivedAt: number): number {
    if (this.length === this.slot.length) this.#grow();
    const at = this.length++;
    this.slot[at] = slot;
    this.cause[at] = BY_TRADES;
    this.sizeBefore[at] = sizeBefore;
    this.traded[at] = 0;
    this.notional[at] = 0;
    this.realised[at] = 0;
    this.exchangeTime[at] = exchangeTime;
    this.receivedAt[at] = receivedAt;
    this.firstFill[at] = -1;
    this.lastFill[at] = -1;
    return at;
  }

  addFill(change: number, tradeId: number): void {
    if (this.fills === this.fillTradeId.length) this.#growFills();
    const fill = this.fills++;
    this.fillTradeId[fill] = tradeId;
    this.fillNext[fill] = -1;
    const last = this.lastFill[change] as number;
    if (last < 0) this.firstFill[change] = fill;
    else this.fillNext[last] = fill;
    this.lastFill[change] = fill;
  }

  /** Trade ids of a change's fills, in order of execution, behind what `ids` holds. */
  tradeIds(change: number, ids: number[] = []): number[] {
    for (let fill = this.firstFill[change] as number; fill >= 0; fill = this.fillNext[fill] as number) {
      ids.push(this.fillTradeId[fill] as number);
    }
    return ids;
  }

  /** Forgets the rows, keeps the memory. */
  clear(): void {
    this.length = 0;
    this.fills = 0;
  }

  #grow(): void {
    const capacity = this.slot.length * 2;
    this.slot = grown(this.slot, new Int32Array(capacity));
    this.cause = grown(this.cause, new Uint8Array(capacity));
    this.sizeBefore = grown(this.sizeBefore, new Float64Array(capacity));
    this.sizeAfter = grown(this.sizeAfter, new Float64Array(capacity));
    this.traded = grown(this.traded, new Float64Array(capacity));
    this.notional = grown(this.notional, new Float64Array(capacity));
    this.realised = grown(this.realised, new Float64Array(capacity));
    this.cost = grown(this.cost, new Float64Array(capacity));
    this.episode = grown(this.episode, new Int32Array(capacity));
    this.episodePnl = grown(this.episodePnl, new Float64Array(capacity));
    this.openedAt = grown(this.openedAt, new Float64Array(capacity));
    this.exchangeTime = grown(this.exchangeTime, new Float64Array(capacity));
    this.receivedAt = grown(this.receivedAt, new Float64Array(capacity));
    this.known = grown(this.known, new Uint8Array(capacity));
    this.firstFill = grown(this.firstFill, new Int32Array(capacity));
    this.lastFill = grown(this.lastFill, new Int32Array(capacity));
  }

  #growFills(): void {
    const capacity = this.fillTradeId.length * 2;
    this.fillTradeId = grown(this.fillTradeId, new Float64Array(capacity));
    this.fillNext = grown(this.fillNext, new Int32Array(capacity));
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
