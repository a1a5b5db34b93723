/** The life of an order outside matching: records, rest, removal, and the reduce-only and TP/SL bookkeeping. */
import type { Lots } from '../../domain/money.ts';
import type { OrderRecord, OrderStatus, OrderUpdateRecord } from './records.ts';
import type { Account, Market, Order, State } from './state.ts';
import { addTrigger, removeTrigger } from './trigger_lists.ts';

const NO_CHILDREN: readonly OrderRecord[] = [];

export function orderRecord(order: Order): OrderRecord {
  return {
    user: order.account.address,
    coin: order.market,
    oid: order.oid,
    cloid: order.cloid,
    side: order.isBuy ? 'B' : 'A',
    limitPx: order.px,
    sz: order.sz,
    origSz: order.origSz,
    timestamp: order.timestamp,
    reduceOnly: order.reduceOnly,
    tif: order.tif,
    trigger: order.trigger,
    isPositionTpsl: order.isPositionTpsl,
    children: order.children.length === 0 ? NO_CHILDREN : waitingChildren(order),
  };
}

const waitingChildren = (order: Order): readonly OrderRecord[] =>
  order.children.filter((child) => child.place === 'waiting').map(orderRecord);

/** Tells a status to the order's owner and keeps it for orderStatus and historicalOrders. */
export function tell(s: State, order: Order, status: OrderStatus): void {
  const update: OrderUpdateRecord = { order: orderRecord(order), status, statusTimestamp: s.time };
  s.events.orders.push(update);
  const account = order.account;
  const keep = s.rules.ordersKept;
  account.orderHistory.push(update);
  if (account.orderHistory.length > 2 * keep)
    account.orderHistory.splice(0, account.orderHistory.length - keep);
  // A key that is set again keeps its old turn, and what has just changed would be forgotten first.
  account.latest.delete(order.oid);
  account.latest.set(order.oid, update);
  if (order.cloid !== null) nameByCloid(account, order, order.cloid);
  if (account.latest.size > 2 * keep) forgetOldest(account, keep);
}

/** A cloid used again names the newest order, but what was refused or is over does not hide what is open. */
function nameByCloid(account: Account, order: Order, cloid: string): void {
  const named = account.byCloid.get(cloid);
  if (named !== undefined && order.place === 'none' && account.open.has(named)) return;
  account.byCloid.set(cloid, order.oid);
}

function forgetOldest(account: Account, keep: number): void {
  let surplus = account.latest.size - keep;
  for (const [oid, update] of account.latest) {
    if (surplus-- <= 0) break;
    account.latest.delete(oid);
    const cloid = update.order.cloid;
    if (cloid !== null && account.byCloid.get(cloid) === oid && !account.open.has(oid))
      account.byCloid.delete(cloid);
  }
}

export function markBook(s: State, market: Market): void {
  if (!s.touchedBooks.has(market)) s.touchedBooks.set(market, market.book.touch());
}

function trackReduceOnly(order: Order): void {
  if (!order.reduceOnly) return;
  const sets = order.account.reduceOnly;
  const set = sets.get(order.market.index);
  if (set) set.add(order);
  else sets.set(order.market.index, new Set([order]));
}

export function rest(s: State, order: Order): void {
  markBook(s, order.market);
  order.place = 'resting';
  order.market.book.side(order.isBuy).add(order);
  order.account.open.set(order.oid, order);
  trackReduceOnly(order);
}

export function arm(order: Order): void {
  order.place = 'trigger';
  addTrigger(order);
  order.account.open.set(order.oid, order);
  trackReduceOnly(order);
}

/** Keeps a TP/SL order with its unfilled parent. */
export function wait(order: Order): void {
  order.place = 'waiting';
  order.account.open.set(order.oid, order);
}

/** Takes the order out of wherever it lives, telling nobody. */
export function detach(s: State, order: Order): void {
  if (order.place === 'resting') {
    markBook(s, order.market);
    order.market.book.side(order.isBuy).remove(order);
  } else if (order.place === 'trigger') removeTrigger(order);
  order.place = 'none';
  order.account.open.delete(order.oid);
  order.account.reduceOnly.get(order.market.index)?.delete(order);
}

/** Removes an open order, and tells why. */
export function cancelOrder(s: State, order: Order, status: OrderStatus): void {
  if (order.place === 'none') return;
  detach(s, order);
  endOrder(s, order, status);
}

/** Tells the end of an order that is nowhere any more and not filled in full; its TP/SL children follow. */
export function endOrder(s: State, order: Order, status: OrderStatus): void {
  tell(s, order, status);
  if (status === 'scheduledCancel' || status.endsWith('Canceled'))
    s.events.nonUserCancels.push({ user: order.account.address, coin: order.market, oid: order.oid });
  if (placesChildren(order, status)) {
    placeChildren(s, order);
    return;
  }
  const children = order.children;
  order.children = [];
  for (const child of children) if (child.place === 'waiting') cancelOrder(s, child, 'canceled');
}

/**
 * The venue places TP/SL children only where their parent was filled in full, or in part until its margin ran out;
 * every other end of the parent is theirs too.
 */
export const placesChildren = (parent: Order, end: OrderStatus | undefined): boolean =>
  end === 'filled' || (end === 'marginCanceled' && !parent.reduceOnly && parent.sz < parent.origSz);

/** Arms the children that waited. A parent that closed a position leaves them nothing to reduce. */
export function placeChildren(s: State, parent: Order): void {
  if (parent.children.length === 0) return;
  for (const child of parent.children) if (child.place === 'waiting') arm(child);
  enforceReduceOnly(s, parent.account, parent.market);
}

export function cancelAll(
  s: State,
  account: Account,
  status: OrderStatus,
  which: (order: Order) => boolean,
): number {
  let count = 0;
  for (const order of [...account.open.values()]) {
    if (order.place === 'none' || !which(order)) continue;
    cancelOrder(s, order, status);
    count += 1;
  }
  return count;
}

/** The order's remaining size changed while it rests; one update is told at commit. */
export function touchOrder(s: State, order: Order): void {
  if (order.touchedAt === s.height) return;
  order.touchedAt = s.height;
  s.touchedOrders.push(order);
}

/** The other exit of the same bracket has just taken the position. */
const siblingFilled = (order: Order): boolean =>
  order.parent?.children.some((other) => other !== order && other.place === 'none' && other.sz === 0) ??
  false;

/**
 * After the position in a market changed: every open reduce-only order there is shrunk to it, or cancelled where it
 * could only increase it.
 */
export function enforceReduceOnly(s: State, account: Account, market: Market): void {
  const orders = account.reduceOnly.get(market.index);
  if (orders === undefined || orders.size === 0) return;
  const szi = account.positions.get(market.index)?.szi ?? 0;
  const held = Math.abs(szi);
  for (const order of [...orders]) {
    if (szi === 0 || szi > 0 === order.isBuy) {
      cancelOrder(s, order, siblingFilled(order) ? 'siblingFilledCanceled' : 'reduceOnlyCanceled');
      continue;
    }
    if (order.sz <= held) continue;
    if (order.place === 'resting') {
      markBook(s, market);
      market.book.side(order.isBuy).shrink(order, order.sz - held);
    } else order.sz = held as Lots;
    touchOrder(s, order);
  }
}
