/** One match: both accounts, fees, fills, the public trade and the market's statistics. */
import type { Lots, MicroUsd, Ticks } from '../../domain/money.ts';
import { tradeIdOf, transactionHash, ZERO_HASH } from './arithmetic.ts';
import {
  cancelOrder,
  detach,
  enforceReduceOnly,
  markBook,
  placeChildren,
  tell,
  touchOrder,
} from './order_book_keeping.ts';
import { type Applied, applyExecution, chargeFee, directionText } from './positions.ts';
import type { FillLiquidation, FillRecord, TradeRecord } from './records.ts';
import type { Account, Market, Order, State, VolumeDay } from './state.ts';

const DAY_MS = 86_400_000;
const TRADES_KEPT = 500;

/** Who makes the taker order: a signed transaction, a price update that fires triggers, or the chain itself. */
export interface Cause {
  /** True: the all-zero hash (TWAP slices, liquidations). */
  readonly byChain: boolean;
  readonly liquidation: FillLiquidation | null;
}
export const USER_CAUSE: Cause = { byChain: false, liquidation: null };
export const CHAIN_CAUSE: Cause = { byChain: true, liquidation: null };

export function hashNow(s: State): string {
  s.transaction.hash ??= transactionHash(s.salt, s.transaction.sequence);
  return s.transaction.hash;
}

/** Starts the next transaction of the block. */
export function nextTransaction(s: State): void {
  s.transaction.sequence += 1;
  s.transaction.hash = null;
}

function addVolume(list: VolumeDay[], day: number, taker: number, maker: number): void {
  let last = list[list.length - 1];
  if (last === undefined || last.day !== day) {
    last = { day, taker: 0, maker: 0 };
    list.push(last);
    if (list.length > 32) list.shift();
  }
  last.taker += taker;
  last.maker += maker;
}

function noteVolume(s: State, account: Account, notional: number, isTaker: boolean): void {
  account.cumulativeVolume += notional;
  addVolume(account.volumeDays, Math.floor(s.time / DAY_MS), isTaker ? notional : 0, isTaker ? 0 : notional);
}

export function keepFill(s: State, account: Account, fill: FillRecord): void {
  s.events.fills.push(fill);
  if (fill.twapId !== null) keep(account.twapFills, fill, s.rules.fillsKept);
  if (fill.twapId === null || s.rules.twapFillsInUserFills) keep(account.fills, fill, s.rules.fillsKept);
}

function keep(list: FillRecord[], fill: FillRecord, kept: number): void {
  list.push(fill);
  if (list.length > kept + 2000) list.splice(0, list.length - kept);
}

interface SideOfFill {
  readonly account: Account;
  readonly signed: number;
  readonly oid: number;
  readonly cloid: string | null;
  readonly twapId: number | null;
  readonly builder: Order['builder'];
  readonly crossed: boolean;
}

function settleSide(
  s: State,
  market: Market,
  px: Ticks,
  side: SideOfFill,
  trade: { readonly hash: string; readonly tid: number },
  liquidation: FillLiquidation | null,
): Applied {
  const applied = applyExecution(s, side.account, market, side.signed, px);
  const notional = Math.abs(side.signed) * px;
  const charge = chargeFee(s, side.account, market, notional, side.crossed, side.builder);
  noteVolume(s, side.account, notional, side.crossed);
  keepFill(s, side.account, {
    user: side.account.address,
    coin: market,
    px,
    sz: Math.abs(side.signed) as Lots,
    side: side.signed > 0 ? 'B' : 'A',
    time: s.time,
    startPosition: applied.start,
    dir: directionText(applied.start, side.signed),
    closedPnl: applied.closedPnl,
    hash: trade.hash,
    oid: side.oid,
    crossed: side.crossed,
    fee: charge.fee,
    builderFee: charge.builderFee,
    tid: trade.tid,
    twapId: side.twapId,
    cloid: side.cloid,
    liquidation,
  });
  return applied;
}

function publish(s: State, market: Market, record: TradeRecord): void {
  const frame = s.events.trades.get(market);
  if (frame) frame.push(record);
  else s.events.trades.set(market, [record]);
  market.trades.push(record);
  if (market.trades.length > 2 * TRADES_KEPT) market.trades.splice(0, market.trades.length - TRADES_KEPT);
  market.last = record.px;
  market.candles.add(record.time, record.px, record.sz);
  market.day.add(record.time, record.px, record.sz);
  addVolume(s.exchangeVolume, Math.floor(record.time / DAY_MS), record.px * record.sz, 0);
}

/** Matches `size` lots of `taker` (not in the book) against `maker` (resting) at the maker's price. */
export function execute(s: State, taker: Order, maker: Order, size: Lots, cause: Cause): void {
  const market = maker.market;
  const px = maker.px;
  const buyer = taker.isBuy ? taker : maker;
  const seller = taker.isBuy ? maker : taker;
  const hash = cause.byChain ? ZERO_HASH : hashNow(s);
  const tid = tradeIdOf(buyer.oid, seller.oid);
  const trade = { hash, tid };
  taker.sz = (taker.sz - size) as Lots;
  markBook(s, market);
  const makerDone = maker.sz === size;
  if (!makerDone) {
    market.book.side(maker.isBuy).shrink(maker, size);
    touchOrder(s, maker);
  } else {
    detach(s, maker);
    maker.sz = 0 as Lots;
  }
  publish(s, market, {
    coin: market,
    side: taker.isBuy ? 'B' : 'A',
    px,
    sz: size,
    time: s.time,
    hash,
    tid,
    buyer: buyer.account.address,
    seller: seller.account.address,
  });
  for (const order of [taker, maker]) {
    const side: SideOfFill = {
      account: order.account,
      signed: order.isBuy ? size : -size,
      oid: order.oid,
      cloid: order.cloid,
      twapId: order.twapId,
      builder: order.builder,
      crossed: order === taker,
    };
    settleSide(s, market, px, side, trade, cause.liquidation);
  }
  if (makerDone) {
    tell(s, maker, 'filled');
    afterFilled(s, maker);
  }
  enforceReduceOnly(s, maker.account, market);
  enforceReduceOnly(s, taker.account, market);
}

/** A filled order places its TP/SL children; a filled child cancels its siblings. */
export function afterFilled(s: State, order: Order): void {
  placeChildren(s, order);
  const parent = order.parent;
  if (parent === null) return;
  for (const sibling of parent.children)
    if (sibling !== order && sibling.place !== 'none') cancelOrder(s, sibling, 'siblingFilledCanceled');
}

/**
 * Moves a position between two accounts off the book (backstop, ADL, settlement): fills for both, no trade print,
 * no fee.
 */
export function transferPosition(
  s: State,
  from: Account,
  to: Account,
  market: Market,
  signedOfFrom: number,
  px: Ticks,
  text: { readonly from: string; readonly to: string },
  liquidation: FillLiquidation | null,
): void {
  const oids: [number, number] = [s.nextOid++, s.nextOid++];
  const buyerOid = signedOfFrom > 0 ? oids[0] : oids[1];
  const tid = tradeIdOf(buyerOid, buyerOid === oids[0] ? oids[1] : oids[0]);
  for (const [i, account] of [from, to].entries()) {
    const signed = i === 0 ? signedOfFrom : -signedOfFrom;
    const applied = applyExecution(s, account, market, signed, px);
    keepFill(s, account, {
      user: account.address,
      coin: market,
      px,
      sz: Math.abs(signed) as Lots,
      side: signed > 0 ? 'B' : 'A',
      time: s.time,
      startPosition: applied.start,
      dir: i === 0 ? text.from : text.to,
      closedPnl: applied.closedPnl,
      hash: ZERO_HASH,
      oid: oids[i] ?? 0,
      crossed: i === 0,
      fee: 0 as MicroUsd,
      builderFee: null,
      tid,
      twapId: null,
      cloid: null,
      liquidation,
    });
    enforceReduceOnly(s, account, market);
  }
}
