/** The plainest price-time order book: one sorted list a side. Slow, obvious, and the judge of the fast one. */
export interface ReferenceOrder {
  readonly id: number;
  readonly owner: number;
  readonly isBuy: boolean;
  readonly px: number;
  size: number;
}

export interface ReferenceTrade {
  readonly maker: number;
  readonly taker: number;
  readonly px: number;
  readonly size: number;
}

export class ReferenceBook {
  readonly orders: ReferenceOrder[] = [];

  /** @returns the trades, in order of execution; what is left rests unless `ioc`. */
  place(order: ReferenceOrder, ioc: boolean): ReferenceTrade[] {
    const trades: ReferenceTrade[] = [];
    for (;;) {
      const best = this.#best(order);
      if (best === undefined || order.size === 0) break;
      if (best.owner === order.owner) {
        this.cancel(best.id);
        continue;
      }
      const size = Math.min(best.size, order.size);
      trades.push({ maker: best.id, taker: order.id, px: best.px, size });
      best.size -= size;
      order.size -= size;
      if (best.size === 0) this.cancel(best.id);
    }
    if (order.size > 0 && !ioc) this.orders.push(order);
    return trades;
  }

  cancel(id: number): void {
    const index = this.orders.findIndex((o) => o.id === id);
    if (index >= 0) this.orders.splice(index, 1);
  }

  wouldMatch(order: ReferenceOrder): boolean {
    return this.#best(order) !== undefined;
  }

  /** The first in time among the best in price; the list is in order of arrival. */
  #best(taker: ReferenceOrder): ReferenceOrder | undefined {
    let best: ReferenceOrder | undefined;
    for (const order of this.orders) {
      if (order.isBuy === taker.isBuy) continue;
      if (taker.isBuy ? order.px > taker.px : order.px < taker.px) continue;
      if (best === undefined || (taker.isBuy ? order.px < best.px : order.px > best.px)) best = order;
    }
    return best;
  }
}
