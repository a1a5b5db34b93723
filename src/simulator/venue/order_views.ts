/** Open orders and order status (protocol reference 2.4). */
import type * as wire from './answers.ts';
import { orderRecord } from './order_book_keeping.ts';
import type { OrderRecord } from './records.ts';
import type { Account, Dex } from './state.ts';
import { viewHistoryRow } from './views.ts';

/** Newest first. Children that wait for their parent are shown inside it, not beside it. */
export function openRecords(account: Account | undefined, dex: Dex | undefined): OrderRecord[] {
  if (account === undefined || dex === undefined) return [];
  const out: OrderRecord[] = [];
  for (const order of account.open.values())
    if (order.market.dexIndex === dex.index && order.place !== 'waiting') out.push(orderRecord(order));
  return out.reverse();
}

export const openOrderViews = <T>(
  account: Account | undefined,
  dex: Dex | undefined,
  view: (record: OrderRecord) => T,
): T[] => openRecords(account, dex).map(view);

export function orderStatusView(account: Account | undefined, ref: number | string): wire.WireOrderStatus {
  const oid = typeof ref === 'number' ? ref : account?.byCloid.get(ref.toLowerCase());
  if (account === undefined || oid === undefined) return { status: 'unknownOid' };
  const latest = account.latest.get(oid);
  const open = account.open.get(oid);
  if (open) {
    const statusTimestamp = latest?.statusTimestamp ?? open.timestamp;
    return {
      status: 'order',
      order: viewHistoryRow({ order: orderRecord(open), status: 'open', statusTimestamp }),
    };
  }
  const known = latest ?? account.past?.orders().find(({ order }) => order.oid === oid);
  return known ? { status: 'order', order: viewHistoryRow(known) } : { status: 'unknownOid' };
}
