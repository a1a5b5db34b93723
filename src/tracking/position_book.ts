/**
 * The position of every trader in every coin, as the trades make it. Pure and deterministic: trades in, changes out.
 * One slot per (trader, coin) over typed arrays, about 90 bytes each with its index.
 *
 * Average-entry accounting: what is added enters at its price, what is closed leaves at the average. The cost basis
 * is stored in micro-USD and cut exactly, so that realised PnL plus what remains always sums to what was traded.
 */

import {
  BY_AUDIT,
  type ChangeColumns,
  ESTIMATED,
  EXACT,
  QUARANTINED,
  STALE,
} from '../domain/change_columns.ts';
import { DirtyQueue } from '../domain/dirty_queue.ts';
import { PairIndex } from '../domain/pair_index.ts';
import { leavingCost } from '../domain/position.ts';
import type { TradeColumns } from '../domain/trade_columns.ts';
import { RecentDeltas } from './recent_deltas.ts';

const FIRST_CAPACITY = 1024;
const RECENT_DELTAS = 2 ** 18;

/** Whole state of one position. */
export interface PositionState {
  readonly size: number;
  readonly cost: number;
  readonly episode: number;
  readonly episodePnl: number;
  readonly openedAt: number;
  readonly changedAt: number;
  readonly known: number;
  /** Venue time of the last snapshot that seeded it or agreed; 0 if none. */
  readonly verifiedAt: number;
  /** Offset of the last change; 0 if none. */
  readonly offset: number;
}

export interface PositionBookOptions {
  /** Positions to make room for at once. */
  readonly expected?: number;
  /**
   * Venue time (ms) of the snapshot that seeded this trader on the dex of this coin, 0 if none: a position that opens
   * after it is known from its first trade on.
   */
  readonly seededAt?: (trader: number, coin: number) => number;
}

export class PositionBook {
  readonly pairs: PairIndex;
  /** Positions not yet in the checkpoint; positions of the queue are offsets. */
  readonly dirty = new DirtyQueue();
  readonly #doubtful: number[] = [];
  readonly recent = new RecentDeltas(RECENT_DELTAS);
  readonly #seededAt: (trader: number, coin: number) => number;
  #size: Float64Array;
  #cost: Float64Array;
  #episodePnl: Float64Array;
  #openedAt: Float64Array;
  #changedAt: Float64Array;
  #verifiedAt: Float64Array;
  #offset: Float64Array;
  #episode: Int32Array;
  #known: Uint8Array;
  /** Slots of one trader as a chain; 0 ends it, so slots are stored plus one. */
  #nextOfTrader: Int32Array;
  #firstOfTrader = new Int32Array(FIRST_CAPACITY);
  #coinCount = new Uint16Array(FIRST_CAPACITY);
  /** By coin id: exchange time before which an audit no longer vouches for anything (just after the last gap). */
  #exactSince = new Float64Array(64);
  #open = 0;

  constructor(options: PositionBookOptions = {}) {
    const capacity = options.expected ?? FIRST_CAPACITY;
    this.pairs = new PairIndex(capacity);
    this.#seededAt = options.seededAt ?? (() => 0);
    this.#size = new Float64Array(capacity);
    this.#cost = new Float64Array(capacity);
    this.#episodePnl = new Float64Array(capacity);
    this.#openedAt = new Float64Array(capacity);
    this.#changedAt = new Float64Array(capacity);
    this.#verifiedAt = new Float64Array(capacity);
    this.#offset = new Float64Array(capacity);
    this.#episode = new Int32Array(capacity);
    this.#known = new Uint8Array(capacity);
    this.#nextOfTrader = new Int32Array(capacity);
  }

  /** Positions that are not flat. */
  get open(): number {
    return this.#open;
  }

  /** Bytes held in typed arrays. */
  get bytes(): number {
    const perSlot = this.#size.byteLength * 7 + this.#episode.byteLength * 2 + this.#known.byteLength;
    return perSlot + this.pairs.bytes + this.#firstOfTrader.byteLength + this.#coinCount.byteLength;
  }

  /** How many coins the trader was ever seen in. */
  coinCount(trader: number): number {
    return this.#coinCount[trader] ?? 0;
  }

  /** Slots of a trader, newest first. */
  *slotsOf(trader: number): Generator<number> {
    let next = this.#firstOfTrader[trader] ?? 0;
    while (next > 0) {
      yield next - 1;
      next = this.#nextOfTrader[next - 1] as number;
    }
  }

  state(slot: number): PositionState {
    return {
      size: this.#size[slot] as number,
      cost: this.#cost[slot] as number,
      episode: this.#episode[slot] as number,
      episodePnl: this.#episodePnl[slot] as number,
      openedAt: this.#openedAt[slot] as number,
      changedAt: this.#changedAt[slot] as number,
      known: this.knownOf(slot),
      verifiedAt: this.#verifiedAt[slot] as number,
      offset: this.#offset[slot] as number,
    };
  }

  /** How the position is known now: exact only if no gap of its coin ended after it was verified. */
  knownOf(slot: number): number {
    const known = this.#known[slot] as number;
    if (known !== EXACT) return known;
    return (this.#verifiedAt[slot] as number) < this.exactSince(this.pairs.coinOf(slot)) ? STALE : EXACT;
  }

  exactSince(coin: number): number {
    return this.#exactSince[coin] ?? 0;
  }

  /** Trades of the coin up to and including `time` may be missing: what was verified by then is stale from now on. */
  gap(coin: number, time: number): void {
    if (coin >= this.#exactSince.length) {
      const grown = new Float64Array(Math.max(coin + 1, this.#exactSince.length * 2));
      grown.set(this.#exactSince);
      this.#exactSince = grown;
    }
    this.#exactSince[coin] = Math.max(this.exactSince(coin), time + 1);
  }

  /** The trader's slot for the coin, made if it is new. */
  slot(trader: number, coin: number): number {
    const before = this.pairs.size;
    const slot = this.pairs.intern(trader, coin);
    if (slot === before) this.#open1(slot, trader, coin);
    return slot;
  }

  /**
   * Applies the trades of one frame (one coin, one block) to both sides and appends the changes: one per trader and
   * direction, with all its fills.
   * @param nextOffset offset that the next change gets; `changes` holds those from `nextOffset - changes.length` on.
   * @returns the next offset afterwards.
   */
  applyFrame(
    rows: TradeColumns,
    from: number,
    to: number,
    changes: ChangeColumns,
    nextOffset: number,
  ): number {
    const base = nextOffset - changes.length;
    for (let at = from; at < to; at++) {
      const coin = rows.coin[at] as number;
      const lots = rows.size[at] as number;
      this.#applyTrade(this.slot(rows.buyer[at] as number, coin), lots, rows, at, changes, base, nextOffset);
      this.#applyTrade(
        this.slot(rows.seller[at] as number, coin),
        -lots,
        rows,
        at,
        changes,
        base,
        nextOffset,
      );
    }
    return base + changes.length;
  }

  #applyTrade(
    slot: number,
    lots: number,
    rows: TradeColumns,
    at: number,
    changes: ChangeColumns,
    base: number,
    frameOffset: number,
  ): void {
    const time = rows.time[at] as number;
    if (time <= (this.#verifiedAt[slot] as number)) {
      this.#lateTrade(slot, time, frameOffset);
      return;
    }
    const price = rows.price[at] as number;
    const before = this.#size[slot] as number;
    const last = this.#offset[slot] as number;
    let change = last >= frameOffset && last > 0 ? last - base : -1;
    if (change >= 0) {
      const moved = (changes.sizeAfter[change] as number) - (changes.sizeBefore[change] as number);
      // Another direction or block is another change.
      if (moved > 0 !== lots > 0 || changes.exchangeTime[change] !== time) change = -1;
    }
    if (change < 0) {
      change = changes.add(slot, before, time, rows.receivedAt[at] as number);
      this.#offset[slot] = base + change;
      this.dirty.mark(slot, base + change);
    }
    const realised = this.#move(slot, lots, price, time);
    this.recent.add(slot, time, lots, price);
    const size = Math.abs(lots);
    changes.sizeAfter[change] = this.#size[slot] as number;
    changes.traded[change] = (changes.traded[change] as number) + size;
    changes.notional[change] = (changes.notional[change] as number) + size * price;
    changes.realised[change] = (changes.realised[change] as number) + realised;
    this.#describe(slot, change, changes);
    changes.addFill(change, rows.tradeId[at] as number);
  }

  /**
   * A trade from before the snapshot that vouches for the position is in the snapshot: a frame that was lost and came
   * with a later replay. In the very millisecond of the snapshot nobody can say, so another audit must.
   */
  #lateTrade(slot: number, time: number, offset: number): void {
    if (time !== this.#verifiedAt[slot]) return;
    this.mark(slot, QUARANTINED, 0, offset);
    this.#doubtful.push(slot);
  }

  /** Slots that only another audit can tell about, since the last call. */
  takeDoubtful(): number[] {
    return this.#doubtful.splice(0);
  }

  #describe(slot: number, change: number, changes: ChangeColumns): void {
    changes.cost[change] = this.#cost[slot] as number;
    changes.episode[change] = this.#episode[slot] as number;
    changes.episodePnl[change] = this.#episodePnl[slot] as number;
    changes.openedAt[change] = this.#openedAt[slot] as number;
    changes.known[change] = this.knownOf(slot);
  }

  /** Moves a position by signed lots at a price; returns the PnL realised by it. */
  #move(slot: number, lots: number, price: number, time: number): number {
    const before = this.#size[slot] as number;
    this.#size[slot] = before + lots;
    this.#changedAt[slot] = time;
    if (before === 0) {
      this.#open++;
      this.#begin(slot, Math.abs(lots) * price, time);
      return 0;
    }
    if (before > 0 === lots > 0) {
      this.#cost[slot] = (this.#cost[slot] as number) + Math.abs(lots) * price;
      return 0;
    }
    const held = Math.abs(before);
    const closing = Math.min(Math.abs(lots), held);
    const cost = this.#cost[slot] as number;
    const leaving = leavingCost(cost, closing, held);
    const realised = before > 0 ? closing * price - leaving : leaving - closing * price;
    this.#cost[slot] = cost - leaving;
    this.#episodePnl[slot] = (this.#episodePnl[slot] as number) + realised;
    const rest = Math.abs(lots) - closing;
    if (rest > 0) this.#begin(slot, rest * price, time);
    else if (closing === held) this.#open--;
    return realised;
  }

  #begin(slot: number, cost: number, time: number): void {
    this.#episode[slot] = (this.#episode[slot] as number) + 1;
    this.#episodePnl[slot] = 0;
    this.#openedAt[slot] = time;
    this.#cost[slot] = cost;
  }

  /** Slots of a coin that are not flat. Looks at every position: for what is rare. */
  openIn(coin: number): number[] {
    const open: number[] = [];
    for (let slot = 0; slot < this.pairs.size; slot++)
      if (this.#size[slot] !== 0 && this.pairs.coinOf(slot) === coin) open.push(slot);
    return open;
  }

  /**
   * Sets a position to what an audit found (or what another cause says), as a change of its own if the size differs.
   * @returns the next offset afterwards.
   */
  correct(
    slot: number,
    to: { readonly size: number; readonly cost: number; readonly time: number; readonly now: number },
    changes: ChangeColumns,
    nextOffset: number,
    cause = BY_AUDIT,
  ): number {
    const before = this.#size[slot] as number;
    if (before === to.size) {
      this.#cost[slot] = to.cost;
      this.dirty.mark(slot, nextOffset);
      return nextOffset;
    }
    if (before === 0) this.#open++;
    if (to.size === 0) this.#open--;
    if (before === 0 || (to.size !== 0 && before > 0 !== to.size > 0)) this.#begin(slot, to.cost, to.time);
    this.#size[slot] = to.size;
    this.#cost[slot] = to.cost;
    this.#changedAt[slot] = to.time;
    const change = changes.add(slot, before, to.time, to.now);
    changes.cause[change] = cause;
    this.#offset[slot] = nextOffset;
    changes.sizeAfter[change] = to.size;
    this.#describe(slot, change, changes);
    this.dirty.mark(slot, nextOffset);
    return nextOffset + 1;
  }

  /** Notes how a position is known from now on. */
  mark(slot: number, known: number, verifiedAt: number, nextOffset: number): void {
    this.#known[slot] = known;
    if (verifiedAt > 0) this.#verifiedAt[slot] = verifiedAt;
    this.dirty.mark(slot, nextOffset);
  }

  /** Takes over a stored position or a logged change, at start; older ones than what is there are ignored. */
  load(trader: number, coin: number, state: PositionState): void {
    const slot = this.slot(trader, coin);
    if (state.offset < (this.#offset[slot] as number)) return;
    if ((this.#size[slot] as number) !== 0) this.#open--;
    if (state.size !== 0) this.#open++;
    this.#size[slot] = state.size;
    this.#cost[slot] = state.cost;
    this.#episode[slot] = state.episode;
    this.#episodePnl[slot] = state.episodePnl;
    this.#openedAt[slot] = state.openedAt;
    this.#changedAt[slot] = state.changedAt;
    // A logged change does not say when it was verified: that is as it was.
    this.#known[slot] = state.known === STALE ? EXACT : state.known;
    if (state.verifiedAt > 0) this.#verifiedAt[slot] = state.verifiedAt;
    this.#offset[slot] = state.offset;
  }

  #open1(slot: number, trader: number, coin: number): void {
    if (slot >= this.#size.length) this.#grow();
    if (trader >= this.#firstOfTrader.length) this.#growTraders(trader);
    this.#nextOfTrader[slot] = this.#firstOfTrader[trader] as number;
    this.#firstOfTrader[trader] = slot + 1;
    this.#coinCount[trader] = (this.#coinCount[trader] as number) + 1;
    const seededAt = this.#seededAt(trader, coin);
    this.#known[slot] = seededAt > 0 ? EXACT : ESTIMATED;
    this.#verifiedAt[slot] = seededAt;
  }

  #grow(): void {
    const capacity = Math.ceil(this.#size.length * 1.4);
    const floats = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(capacity);
      to.set(from);
      return to;
    };
    const ints = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(capacity);
      to.set(from);
      return to;
    };
    this.#size = floats(this.#size);
    this.#cost = floats(this.#cost);
    this.#episodePnl = floats(this.#episodePnl);
    this.#openedAt = floats(this.#openedAt);
    this.#changedAt = floats(this.#changedAt);
    this.#verifiedAt = floats(this.#verifiedAt);
    this.#offset = floats(this.#offset);
    this.#episode = ints(this.#episode);
    this.#nextOfTrader = ints(this.#nextOfTrader);
    const known = new Uint8Array(capacity);
    known.set(this.#known);
    this.#known = known;
  }

  #growTraders(trader: number): void {
    const capacity = Math.max(trader + 1, Math.ceil(this.#firstOfTrader.length * 1.5));
    const first = new Int32Array(capacity);
    first.set(this.#firstOfTrader);
    this.#firstOfTrader = first;
    const counts = new Uint16Array(capacity);
    counts.set(this.#coinCount);
    this.#coinCount = counts;
  }
}
