/** What the block under execution has changed so far; handed to the sinks at commit. */
import type { Address } from '../../domain/address.ts';
import type {
  BlockEvents,
  CoinRef,
  FillRecord,
  FundingRecord,
  LedgerRecord,
  LiquidationRecord,
  OrderUpdateRecord,
  TradeRecord,
  TwapRecord,
} from './records.ts';

export interface EventBuffer {
  readonly trades: Map<CoinRef, TradeRecord[]>;
  readonly fills: FillRecord[];
  readonly orders: OrderUpdateRecord[];
  readonly funding: FundingRecord[];
  readonly ledger: LedgerRecord[];
  readonly liquidations: LiquidationRecord[];
  readonly nonUserCancels: { readonly user: Address; readonly coin: CoinRef; readonly oid: number }[];
  readonly twaps: TwapRecord[];
  readonly books: Set<CoinRef>;
  readonly bbos: Set<CoinRef>;
  readonly touched: Set<Address>;
  marksMoved: boolean;
  metaChanged: boolean;
}

export const newEventBuffer = (): EventBuffer => ({
  trades: new Map(),
  fills: [],
  orders: [],
  funding: [],
  ledger: [],
  liquidations: [],
  nonUserCancels: [],
  twaps: [],
  books: new Set(),
  bbos: new Set(),
  touched: new Set(),
  marksMoved: false,
  metaChanged: false,
});

export const hasEvents = (e: EventBuffer): boolean =>
  e.orders.length > 0 ||
  e.fills.length > 0 ||
  e.marksMoved ||
  e.metaChanged ||
  e.books.size > 0 ||
  e.funding.length > 0 ||
  e.ledger.length > 0 ||
  e.touched.size > 0 ||
  e.twaps.length > 0 ||
  e.liquidations.length > 0;

export const asBlockEvents = (e: EventBuffer, height: number, time: number): BlockEvents => ({
  height,
  time,
  ...e,
});
