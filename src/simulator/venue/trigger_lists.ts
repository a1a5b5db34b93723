/** Trigger orders of a coin, sorted by how soon the mark reaches them. */
import type { Order } from './state.ts';

/** A stop fires against the order's interest, a take profit with it. */
export function firesAbove(order: Pick<Order, 'isBuy' | 'trigger'>): boolean {
  const stop = order.trigger?.tpsl === 'sl';
  return order.isBuy === stop;
}

const listOf = (order: Order): Order[] =>
  firesAbove(order) ? order.market.triggersAbove : order.market.triggersBelow;

const priceOf = (order: Order): number => order.trigger?.px ?? 0;

/** Equal prices keep the order of arrival. */
export function addTrigger(order: Order): void {
  const list = listOf(order);
  const above = firesAbove(order);
  const px = priceOf(order);
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = priceOf(list[middle] as Order);
    if (above ? at <= px : at >= px) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, order);
}

export function removeTrigger(order: Order): void {
  const list = listOf(order);
  const index = list.indexOf(order);
  if (index >= 0) list.splice(index, 1);
}

/** The next order of the coin that the mark has reached, or undefined. */
export function nextFiring(market: Order['market']): Order | undefined {
  const above = market.triggersAbove[0];
  if (above && market.mark >= priceOf(above)) return above;
  const below = market.triggersBelow[0];
  if (below && market.mark <= priceOf(below)) return below;
  return undefined;
}
