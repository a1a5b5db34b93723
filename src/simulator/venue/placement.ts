/** Placing one order: every check of protocol reference 4.6 in the venue's order, then matching, then rest. */
import type { Lots, Ticks } from '../../domain/money.ts';
import type { Tif, Tpsl } from './actions.ts';
import { wireDecimal } from './arithmetic.ts';
import { afterFilled, type Cause, execute, USER_CAUSE } from './execution.ts';
import { marginVerdict } from './margin.ts';
import {
  arm,
  cancelOrder,
  endOrder,
  enforceReduceOnly,
  placesChildren,
  rest,
  tell,
  wait,
} from './order_book_keeping.ts';
import { exchangeFee } from './positions.ts';
import type { OrderStatus } from './records.ts';
import { isTickValid } from './rules.ts';
import type { Account, Market, Order, State } from './state.ts';
import { firesAbove } from './trigger_lists.ts';

const USD = 1_000_000;

/** An order in the coin's integers. */
export interface OrderSpec {
  readonly market: Market;
  readonly isBuy: boolean;
  readonly px: Ticks;
  readonly sz: Lots;
  readonly reduceOnly: boolean;
  /** null only with a trigger. */
  readonly tif: Tif | null;
  readonly trigger: { readonly px: Ticks; readonly isMarket: boolean; readonly tpsl: Tpsl } | null;
  readonly cloid: string | null;
  readonly builder: Order['builder'];
  readonly isPositionTpsl: boolean;
}

export type Placement =
  | { readonly kind: 'resting'; readonly order: Order }
  | { readonly kind: 'waitingForFill'; readonly order: Order }
  | { readonly kind: 'waitingForTrigger'; readonly order: Order }
  | { readonly kind: 'filled'; readonly order: Order; readonly size: Lots; readonly notional: number }
  | { readonly kind: 'error'; readonly text: string };

interface Refusal {
  readonly text: string;
  readonly status: OrderStatus;
}

const isIoc = (tif: Tif | null): boolean =>
  tif === 'Ioc' || tif === 'FrontendMarket' || tif === 'LiquidationMarket';

export function newOrder(
  s: State,
  account: Account,
  spec: OrderSpec,
  sz: Lots,
  twapId: number | null = null,
): Order {
  return {
    oid: s.nextOid++,
    account,
    market: spec.market,
    isBuy: spec.isBuy,
    px: spec.px,
    sz,
    origSz: spec.sz,
    timestamp: s.time,
    reduceOnly: spec.reduceOnly,
    tif: spec.tif,
    cloid: spec.cloid,
    trigger: spec.trigger,
    isPositionTpsl: spec.isPositionTpsl,
    parent: null,
    children: [],
    builder: spec.builder,
    twapId,
    place: 'none',
    touchedAt: -1,
    level: null,
    previous: null,
    next: null,
  };
}

/** Largest order value in USD for the coin's leverage; a limit order may be ten times a market order. */
function largestOrderUsd(s: State, spec: OrderSpec): number {
  for (const [leverage, usd] of s.rules.maxMarketOrderUsd)
    if (spec.market.maxLeverage >= leverage) return isIoc(spec.tif) ? usd : usd * 10;
  return 500_000;
}

function haltRefusal(s: State, spec: OrderSpec): Refusal | null {
  const { market } = spec;
  if (market.delisted || market.halted || s.allHalted)
    return { text: 'Trading is halted.', status: 'rejected' };
  if (s.time < s.postOnlyUntil && spec.tif !== 'Alo')
    return { text: 'Only post-only orders allowed immediately after a network upgrade', status: 'rejected' };
  return null;
}

/** Tick and band. */
function priceRefusal(s: State, spec: OrderSpec): Refusal | null {
  const { market, px } = spec;
  const tickBad = !isTickValid(px, market.priceDecimals);
  if (tickBad || (spec.trigger && !isTickValid(spec.trigger.px, market.priceDecimals)))
    return { text: 'Price must be divisible by tick size.', status: 'tickRejected' };
  const band = market.dexIndex === 0 ? s.rules.priceBandPct.first : s.rules.priceBandPct.builder;
  if (Math.abs(px - market.oracle) * 100 > band * market.oracle)
    return {
      text: `Order price cannot be more than ${band}% away from the reference price`,
      status: 'oracleRejected',
    };
  return null;
}

/** Checks that need no account: halts, tick, band, order size. */
function marketRefusal(s: State, spec: OrderSpec): Refusal | null {
  const halted = haltRefusal(s, spec);
  if (halted !== null) return halted;
  if (spec.px <= 0) return { text: 'Order has invalid price.', status: 'tickRejected' };
  const badPrice = priceRefusal(s, spec);
  if (badPrice !== null) return badPrice;
  const notional = spec.sz * spec.px;
  if (!Number.isSafeInteger(notional) || notional > largestOrderUsd(s, spec) * USD)
    return { text: 'Order has invalid size.', status: 'rejected' };
  return null;
}

/** Why the order's price is none for its coin; null as well where something else refuses the order before. */
export function priceRefusalText(s: State, spec: OrderSpec): string | null {
  const refusal = spec.px > 0 && haltRefusal(s, spec) === null ? priceRefusal(s, spec) : null;
  return refusal === null ? null : `${refusal.text} asset=${spec.market.assetId}`;
}

function openOrderRefusal(s: State, account: Account, spec: OrderSpec): Refusal | null {
  if (!account.ordinary) return null;
  const { base, perUsd, max } = s.rules.openOrders;
  const limit = Math.min(max, base + Math.floor(account.cumulativeVolume / USD / perUsd));
  const open = account.open.size;
  if (open >= limit || (open >= base && (spec.reduceOnly || spec.trigger !== null)))
    return { text: `Too many open orders. Current limit is ${limit}`, status: 'tooManyOpenOrdersRejected' };
  return null;
}

/** The size after reduce-only shrinking, or why there is none. */
function effectiveSize(account: Account, spec: OrderSpec): Lots | Refusal {
  if (!spec.reduceOnly) return spec.sz;
  const szi = account.positions.get(spec.market.index)?.szi ?? 0;
  if (szi === 0 || szi > 0 === spec.isBuy)
    return { text: 'Reduce only order would increase position.', status: 'reduceOnlyRejected' };
  return Math.min(spec.sz, Math.abs(szi)) as Lots;
}

function minimumRefusal(s: State, account: Account, spec: OrderSpec, size: Lots): Refusal | null {
  if (size * spec.px >= s.rules.minOrderUsd || !account.ordinary) return null;
  const szi = account.positions.get(spec.market.index)?.szi ?? 0;
  const closing = szi !== 0 && szi > 0 !== spec.isBuy && size <= Math.abs(szi);
  if (spec.reduceOnly && closing && size === Math.abs(szi)) return null;
  if (closing && s.rules.minOrderExemption === 'anyClose') return null;
  return { text: 'Order must have minimum value of $10.', status: 'minTradeNtlRejected' };
}

function openInterestRefusal(account: Account, spec: OrderSpec): Refusal | null {
  const market = spec.market;
  const cap = market.openInterestCap;
  if (cap === null || market.openInterest * market.mark < cap) return null;
  const szi = account.positions.get(market.index)?.szi ?? 0;
  const signed = spec.isBuy ? spec.sz : -spec.sz;
  if (Math.abs(szi + signed) <= Math.abs(szi)) return null;
  const flip = szi !== 0 && szi > 0 !== spec.isBuy;
  if (spec.isBuy ? spec.px > market.oracle : spec.px < market.oracle)
    return {
      text: 'Order rejected due to price more aggressive than oracle while at open interest cap',
      status: 'tooAggressiveAtOpenInterestCapRejected',
    };
  return {
    text: 'Order would increase open interest while open interest is capped',
    status: flip ? 'positionFlipAtOpenInterestCapRejected' : 'positionIncreaseAtOpenInterestCapRejected',
  };
}

function marginRefusal(s: State, account: Account, spec: OrderSpec, size: Lots): Refusal | null {
  const signed = spec.isBuy ? size : -size;
  const taker = exchangeFee(s, account, spec.market, size * spec.market.mark, true);
  const verdict = marginVerdict(s, account, spec.market, signed, spec.market.mark, Math.max(0, taker));
  if (verdict === 'ok') return null;
  return verdict === 'overTier'
    ? {
        text: 'Order would cause position to exceed margin tier limit at current leverage',
        status: 'perpMaxPositionRejected',
      }
    : { text: 'Insufficient margin to place order.', status: 'perpMarginRejected' };
}

/** A post-only order that would match at once. */
function postOnlyRefusal(spec: OrderSpec): Refusal | null {
  if (spec.tif !== 'Alo') return null;
  const { market } = spec;
  const best = market.book.side(!spec.isBuy).best;
  if (best === undefined || (spec.isBuy ? best.px > spec.px : best.px < spec.px)) return null;
  const touch = market.book.touch();
  const text = (px: number) => (px === 0 ? '0' : wireDecimal(px, market.priceDecimals).replace(/\.0$/, ''));
  return {
    text: `Post only order would have immediately matched, bbo was ${text(touch.bidPx)}@${text(touch.askPx)}.`,
    status: 'badAloPxRejected',
  };
}

/** Tells the end of an order that never was, and answers its sender. */
export function refuse(s: State, account: Account, spec: OrderSpec, refusal: Refusal): Placement {
  tell(s, newOrder(s, account, spec, spec.sz), refusal.status);
  const bare = refusal.text.startsWith('Only post-only') || refusal.text.startsWith('Trading is halted');
  return { kind: 'error', text: bare ? refusal.text : `${refusal.text} asset=${spec.market.assetId}` };
}

/** Removes what the account's margin cannot carry; returns true when the maker may trade. */
function makerMayTrade(s: State, maker: Order, size: Lots): boolean {
  if (!maker.account.ordinary) return true;
  const signed = maker.isBuy ? size : -size;
  const fee = Math.max(0, exchangeFee(s, maker.account, maker.market, size * maker.px, false));
  if (marginVerdict(s, maker.account, maker.market, signed, maker.px, fee) === 'ok') return true;
  cancelOrder(s, maker, 'marginCanceled');
  return false;
}

interface MatchResult {
  readonly size: number;
  readonly notional: number;
  /** The taker's own margin ended the match. */
  readonly outOfMargin: boolean;
}

/** Trades the taker against the book up to its limit. Own resting orders in the way are cancelled. */
export function match(s: State, taker: Order, cause: Cause, limit: number = taker.sz): MatchResult {
  const { account, market, isBuy } = taker;
  const side = market.book.side(!isBuy);
  let size = 0;
  let notional = 0;
  while (taker.sz > 0 && size < limit) {
    const level = side.best;
    const maker = level?.head;
    if (!level || !maker || (isBuy ? level.px > taker.px : level.px < taker.px)) break;
    if (maker.account === account) {
      cancelOrder(s, maker, 'selfTradeCanceled');
      continue;
    }
    const part = Math.min(taker.sz, maker.sz, limit - size) as Lots;
    if (!makerMayTrade(s, maker, part)) continue;
    if (account.ordinary && cause.liquidation === null) {
      const fee = Math.max(0, exchangeFee(s, account, market, part * maker.px, true));
      if (marginVerdict(s, account, market, isBuy ? part : -part, maker.px, fee) !== 'ok')
        return { size, notional, outOfMargin: true };
    }
    const px = maker.px;
    execute(s, taker, maker, part, cause);
    size += part;
    notional += part * px;
  }
  return { size, notional, outOfMargin: false };
}

/** What refuses a modified order before its original is cancelled; null if it may be tried. */
export function earlyRefusalText(s: State, spec: OrderSpec): string | null {
  const refusal =
    spec.sz <= 0 && !spec.isPositionTpsl ? 'Order has zero size.' : marketRefusal(s, spec)?.text;
  return refusal === undefined ? null : `${refusal} asset=${spec.market.assetId}`;
}

/** Checks, matches and rests one order. `cause` tells who made it. */
export function placeOrder(
  s: State,
  account: Account,
  spec: OrderSpec,
  cause: Cause = USER_CAUSE,
): Placement {
  const early = marketRefusal(s, spec) ?? openOrderRefusal(s, account, spec);
  if (early) return refuse(s, account, spec, early);
  if (spec.trigger) return placeTrigger(s, account, spec);
  const size = effectiveSize(account, spec);
  if (typeof size !== 'number') return refuse(s, account, spec, size);
  const late =
    minimumRefusal(s, account, spec, size) ??
    openInterestRefusal(account, spec) ??
    (account.ordinary ? marginRefusal(s, account, spec, size) : null) ??
    postOnlyRefusal(spec);
  if (late) return refuse(s, account, spec, late);
  return matchAndRest(s, newOrder(s, account, spec, size), cause);
}

/** Matches an order that passed its checks; what is left rests or ends by its time in force. */
export function matchAndRest(s: State, order: Order, cause: Cause): Placement {
  const { account } = order;
  const forced = takePartialFill(account);
  const result = match(s, order, cause, forced ?? order.sz);
  const done: Placement = { kind: 'filled', order, size: result.size as Lots, notional: result.notional };
  if (order.sz === 0) {
    tell(s, order, 'filled');
    afterFilled(s, order);
    return done;
  }
  if (result.outOfMargin) {
    endOrder(s, order, result.size > 0 ? 'marginCanceled' : 'perpMarginRejected');
    if (result.size > 0) return done;
    return { kind: 'error', text: `Insufficient margin to place order. asset=${order.market.assetId}` };
  }
  if (forced !== null && result.size > 0) {
    endOrder(s, order, 'canceled');
    return done;
  }
  if (isIoc(order.tif)) return endIoc(s, order, result, done);
  rest(s, order);
  tell(s, order, 'open');
  return result.size > 0 ? done : { kind: 'resting', order };
}

function endIoc(s: State, order: Order, result: MatchResult, done: Placement): Placement {
  if (result.size > 0) {
    endOrder(s, order, 'canceled');
    return done;
  }
  const isMarket = order.tif === 'FrontendMarket' && order.market.book.side(!order.isBuy).best === undefined;
  endOrder(s, order, isMarket ? 'marketOrderNoLiquidityRejected' : 'iocCancelRejected');
  const text = isMarket
    ? 'No liquidity available for market order.'
    : 'Order could not immediately match against any resting orders.';
  return { kind: 'error', text: `${text} asset=${order.market.assetId}` };
}

function takePartialFill(account: Account): number | null {
  const forced = account.partialFill;
  if (forced === null) return null;
  forced.count -= 1;
  if (forced.count <= 0) account.partialFill = null;
  return forced.lots;
}

/** A trigger is refused if it would fire now; without grouping a reduce-only one needs a position to reduce. */
function placeTrigger(s: State, account: Account, spec: OrderSpec): Placement {
  const trigger = spec.trigger;
  if (trigger === null) return { kind: 'error', text: 'Order has invalid price.' };
  const probe = { isBuy: spec.isBuy, trigger };
  const mark = spec.market.mark;
  if (firesAbove(probe) ? mark >= trigger.px : mark <= trigger.px)
    return refuse(s, account, spec, { text: 'Invalid TP/SL price.', status: 'badTriggerPxRejected' });
  const size = effectiveSize(account, spec);
  if (typeof size !== 'number') return refuse(s, account, spec, size);
  const small = minimumRefusal(s, account, spec, size);
  if (small && !spec.isPositionTpsl) return refuse(s, account, spec, small);
  const order = newOrder(s, account, spec, size);
  arm(order);
  tell(s, order, 'open');
  return { kind: spec.isPositionTpsl ? 'waitingForTrigger' : 'resting', order };
}

/** A TP/SL child: placed with a parent that was filled at once, over with one that is over, else kept with it. */
export function placeChild(s: State, parent: Order, spec: OrderSpec): Placement {
  const { account } = parent;
  const child = newOrder(s, account, spec, spec.sz);
  child.parent = parent;
  if (parent.place !== 'none') {
    parent.children.push(child);
    wait(child);
    tell(s, child, 'open');
    return { kind: 'waitingForFill', order: child };
  }
  if (!placesChildren(parent, account.latest.get(parent.oid)?.status)) {
    endOrder(s, child, 'canceled');
    return { kind: 'error', text: `Parent order was not filled in full. asset=${spec.market.assetId}` };
  }
  parent.children.push(child);
  arm(child);
  tell(s, child, 'open');
  enforceReduceOnly(s, account, child.market);
  return { kind: 'waitingForTrigger', order: child };
}
