/**
 * One coin's central limit order book: price-time priority, every operation O(1) at the touch and O(log levels)
 * plus a short shift elsewhere. Orders of a level are a linked list in order of arrival.
 */
import { DomainError } from '../../domain/errors.ts';
import type { Lots, Ticks } from '../../domain/money.ts';

/** What the book needs of an order: its place in a level's list. */
interface BookEntry<O> {
  readonly oid: number;
  px: Ticks;
  sz: Lots;
  level: Level<O> | null;
  previous: O | null;
  next: O | null;
}

export interface Level<O> {
  readonly px: Ticks;
  size: number;
  count: number;
  head: O | null;
  tail: O | null;
}

/** One side; `prices` is sorted so that the best price is last. */
export class BookSide<O extends BookEntry<O>> {
  readonly isBuy: boolean;
  readonly #levels = new Map<number, Level<O>>();
  readonly #prices: number[] = [];

  constructor(isBuy: boolean) {
    this.isBuy = isBuy;
  }

  get best(): Level<O> | undefined {
    const px = this.#prices[this.#prices.length - 1];
    return px === undefined ? undefined : this.#levels.get(px);
  }

  /** From the best level outward. */
  *levels(): IterableIterator<Level<O>> {
    for (let i = this.#prices.length - 1; i >= 0; i--) {
      const level = this.#levels.get(this.#prices[i] as number);
      if (level) yield level;
    }
  }

  add(order: O): void {
    let level = this.#levels.get(order.px);
    if (level === undefined) {
      level = { px: order.px, size: 0, count: 0, head: null, tail: null };
      this.#levels.set(order.px, level);
      this.#prices.splice(this.#place(order.px), 0, order.px);
    }
    order.level = level;
    order.previous = level.tail;
    order.next = null;
    if (level.tail) level.tail.next = order;
    else level.head = order;
    level.tail = order;
    level.size += order.sz;
    level.count += 1;
  }

  remove(order: O): void {
    const level = order.level;
    if (level === null) throw new DomainError('NOT_RESTING', `order ${order.oid} is not in the book`);
    if (order.previous) order.previous.next = order.next;
    else level.head = order.next;
    if (order.next) order.next.previous = order.previous;
    else level.tail = order.previous;
    level.size -= order.sz;
    level.count -= 1;
    order.level = null;
    order.previous = null;
    order.next = null;
    if (level.count === 0) {
      this.#levels.delete(level.px);
      this.#prices.splice(this.#place(level.px), 1);
    }
  }

  /** Takes `size` off a resting order, which keeps its place. The order must keep a positive size. */
  shrink(order: O, size: number): void {
    const level = order.level;
    if (level === null || size <= 0 || size >= order.sz)
      throw new DomainError('BAD_SHRINK', `cannot take ${size} off order ${order.oid} of ${order.sz}`);
    order.sz = (order.sz - size) as Lots;
    level.size -= size;
  }

  /** Index of `px` in the sorted prices, or where it belongs. Buys ascend, sells descend. */
  #place(px: number): number {
    const prices = this.#prices;
    let low = 0;
    let high = prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = prices[middle] as number;
      if (this.isBuy ? at < px : at > px) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export interface Touch {
  readonly bidPx: number;
  readonly bidSize: number;
  readonly bidCount: number;
  readonly askPx: number;
  readonly askSize: number;
  readonly askCount: number;
}

export class Book<O extends BookEntry<O>> {
  readonly bids = new BookSide<O>(true);
  readonly asks = new BookSide<O>(false);

  side(isBuy: boolean): BookSide<O> {
    return isBuy ? this.bids : this.asks;
  }

  /** Midpoint in half ticks are not kept: the mid is rounded down to a whole tick. */
  get mid(): Ticks | null {
    const bid = this.bids.best;
    const ask = this.asks.best;
    return bid && ask ? (Math.floor((bid.px + ask.px) / 2) as Ticks) : null;
  }

  /** 0 stands for an empty side. */
  touch(): Touch {
    const bid = this.bids.best;
    const ask = this.asks.best;
    return {
      bidPx: bid?.px ?? 0,
      bidSize: bid?.size ?? 0,
      bidCount: bid?.count ?? 0,
      askPx: ask?.px ?? 0,
      askSize: ask?.size ?? 0,
      askCount: ask?.count ?? 0,
    };
  }

  /** Average price for trading `usd` micro-USD into a side, in ticks; null if the side is too thin. */
  impactPx(isBuy: boolean, usd: number): Ticks | null {
    let left = usd;
    let size = 0;
    let cost = 0;
    for (const level of this.side(!isBuy).levels()) {
      const value = level.size * level.px;
      if (value >= left) {
        const part = Math.max(1, Math.floor(left / level.px));
        size += part;
        cost += part * level.px;
        return Math.round(cost / size) as Ticks;
      }
      left -= value;
      size += level.size;
      cost += value;
    }
    return null;
  }
}
