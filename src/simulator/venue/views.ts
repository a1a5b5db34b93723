/** Records to wire objects. Keys appear in the order that the recordings show. */
import {
  formatScaled,
  type Lots,
  type MicroUsd,
  PERP_PRICE_DECIMALS,
  type Ticks,
} from '../../domain/money.ts';
import type * as wire from './answers.ts';
import { wireDecimal, wireUsd, ZERO_HASH } from './arithmetic.ts';
import type {
  CoinRef,
  FillRecord,
  FundingRecord,
  LedgerRecord,
  LiquidationRecord,
  OrderRecord,
  OrderUpdateRecord,
  TradeRecord,
  TwapRecord,
  TwapState,
} from './records.ts';

export const wirePx = (coin: CoinRef, px: number): string =>
  wireDecimal(px, PERP_PRICE_DECIMALS - coin.szDecimals);
export const wireSz = (coin: CoinRef, sz: number): string => wireDecimal(sz, coin.szDecimals);
/** Rates are integers of 1e-10. */
export const wireRate = (rateE10: number): string => wireDecimal(rateE10, 10);

export const viewTrade = (t: TradeRecord): wire.WireTrade => ({
  coin: t.coin.symbol,
  side: t.side,
  px: wirePx(t.coin, t.px),
  sz: wireSz(t.coin, t.sz),
  time: t.time,
  hash: t.hash,
  tid: t.tid,
  users: [t.buyer, t.seller],
});

export function viewFill(f: FillRecord): wire.WireFill {
  const fill: wire.WireFill = {
    coin: f.coin.symbol,
    px: wirePx(f.coin, f.px),
    sz: wireSz(f.coin, f.sz),
    side: f.side,
    time: f.time,
    startPosition: wireSz(f.coin, f.startPosition),
    dir: f.dir,
    closedPnl: wireUsd(f.closedPnl),
    hash: f.hash,
    oid: f.oid,
    crossed: f.crossed,
    fee: wireUsd(f.fee),
    tid: f.tid,
    feeToken: 'USDC',
    twapId: f.twapId,
  };
  if (f.builderFee !== null) fill.builderFee = wireUsd(f.builderFee);
  if (f.cloid !== null) fill.cloid = f.cloid;
  if (f.liquidation)
    fill.liquidation = {
      liquidatedUser: f.liquidation.liquidatedUser,
      markPx: wirePx(f.coin, f.liquidation.markPx),
      method: f.liquidation.method,
    };
  return fill;
}

export function viewOpenOrder(o: OrderRecord): wire.WireOpenOrder {
  const order: wire.WireOpenOrder = {
    coin: o.coin.symbol,
    side: o.side,
    limitPx: wirePx(o.coin, o.limitPx),
    sz: wireSz(o.coin, o.sz),
    oid: o.oid,
    timestamp: o.timestamp,
    origSz: wireSz(o.coin, o.origSz),
  };
  if (o.cloid !== null) order.cloid = o.cloid;
  if (o.reduceOnly) order.reduceOnly = true;
  return order;
}

function orderTypeText(o: OrderRecord): string {
  if (o.trigger === null)
    return o.tif === 'FrontendMarket' || o.tif === 'LiquidationMarket' ? 'Market' : 'Limit';
  const kind = o.trigger.tpsl === 'sl' ? 'Stop' : 'Take Profit';
  return `${kind} ${o.trigger.isMarket ? 'Market' : 'Limit'}`;
}

function triggerText(o: OrderRecord): string {
  if (o.trigger === null) return 'N/A';
  const above = (o.side === 'B') === (o.trigger.tpsl === 'sl');
  const px = formatScaled(o.trigger.px, PERP_PRICE_DECIMALS - o.coin.szDecimals);
  return `Price ${above ? 'above' : 'below'} ${px}`;
}

export const viewFrontendOrder = (o: OrderRecord): wire.WireFrontendOrder => ({
  coin: o.coin.symbol,
  side: o.side,
  limitPx: wirePx(o.coin, o.limitPx),
  sz: wireSz(o.coin, o.sz),
  oid: o.oid,
  timestamp: o.timestamp,
  triggerCondition: triggerText(o),
  isTrigger: o.trigger !== null,
  triggerPx: o.trigger === null ? '0.0' : wirePx(o.coin, o.trigger.px),
  children: o.children.map(viewFrontendOrder),
  isPositionTpsl: o.isPositionTpsl,
  reduceOnly: o.reduceOnly,
  orderType: orderTypeText(o),
  origSz: wireSz(o.coin, o.origSz),
  tif: o.tif,
  cloid: o.cloid,
});

export const viewOrderUpdate = (u: OrderUpdateRecord): wire.WireOrderUpdate => ({
  order: viewOpenOrder(u.order),
  status: u.status,
  statusTimestamp: u.statusTimestamp,
});

export const viewHistoryRow = (u: OrderUpdateRecord): wire.WireOrderHistoryRow => ({
  order: viewFrontendOrder(u.order),
  status: u.status,
  statusTimestamp: u.statusTimestamp,
});

export const viewFundingUpdate = (f: FundingRecord): wire.WireUserFunding => ({
  time: f.time,
  hash: ZERO_HASH,
  delta: {
    type: 'funding',
    coin: f.coin.symbol,
    usdc: wireUsd(f.usdc),
    szi: wireSz(f.coin, f.szi),
    fundingRate: wireRate(f.rateE10),
    nSamples: null,
  },
});

export const viewLedger = (l: LedgerRecord): wire.WireLedgerUpdate => ({
  time: l.time,
  hash: l.hash,
  delta: l.delta,
});

export const viewTwapState = (t: TwapState): wire.WireTwapState => ({
  coin: t.coin.symbol,
  user: t.user,
  side: t.side,
  sz: wireSz(t.coin, t.sz),
  executedSz: wireSz(t.coin, t.executedSz),
  executedNtl: wireUsd(t.executedNtl),
  minutes: t.minutes,
  reduceOnly: t.reduceOnly,
  randomize: t.randomize,
  timestamp: t.timestamp,
  stopPx: t.stopPx ? wirePx(t.coin, t.stopPx) : null,
  trigger: t.trigger ? { p: wirePx(t.coin, t.trigger.px), a: t.trigger.above } : null,
});

export const viewTwapRow = (t: TwapRecord): wire.WireTwapHistoryRow => ({
  time: Math.floor(t.time / 1000),
  state: viewTwapState(t.state),
  status: t.status === 'error' ? { status: 'error', description: t.description ?? '' } : { status: t.status },
  twapId: t.state.twapId,
});

/** The channel's row: the info row without its envelope. */
export const viewFunding = (f: FundingRecord) => ({
  time: f.time,
  coin: f.coin.symbol,
  usdc: wireUsd(f.usdc),
  szi: wireSz(f.coin, f.szi),
  fundingRate: wireRate(f.rateE10),
  nSamples: null,
});

/** Names of this event are in snake case on the wire. */
export const viewLiquidation = (l: LiquidationRecord) => ({
  lid: l.lid,
  liquidator: l.liquidator,
  liquidated_user: l.liquidatedUser,
  liquidated_ntl_pos: wireUsd(l.liquidatedNtlPos),
  liquidated_account_value: wireUsd(l.accountValue),
});

/** Merges neighbouring fills of one order in one block; the price becomes their average on the tick grid. */
export function aggregateFills(fills: readonly FillRecord[]): FillRecord[] {
  const out: FillRecord[] = [];
  for (const fill of fills) {
    const last = out[out.length - 1];
    if (
      last === undefined ||
      last.oid !== fill.oid ||
      last.time !== fill.time ||
      last.crossed !== fill.crossed
    ) {
      out.push(fill);
      continue;
    }
    const sz = last.sz + fill.sz;
    out[out.length - 1] = {
      ...last,
      px: Math.round((last.px * last.sz + fill.px * fill.sz) / sz) as Ticks,
      sz: sz as Lots,
      closedPnl: (last.closedPnl + fill.closedPnl) as MicroUsd,
      fee: (last.fee + fill.fee) as MicroUsd,
      builderFee:
        last.builderFee === null && fill.builderFee === null
          ? null
          : (((last.builderFee ?? 0) + (fill.builderFee ?? 0)) as MicroUsd),
    };
  }
  return out;
}
