/** Markets come and go: listing, delisting with settlement, margin tables. */
import { DomainError } from '../../domain/errors.ts';
import { type Lots, type MicroUsd, parseTicks, type Ticks } from '../../domain/money.ts';
import { tradeIdOf, ZERO_HASH } from './arithmetic.ts';
import { Book } from './book.ts';
import { CandleStore } from './candles.ts';
import { type MarginTier, marginTiersOf } from './coin_table.ts';
import { DayStats } from './day_stats.ts';
import { keepFill } from './execution.ts';
import { tierRules } from './margin.ts';
import { cancelOrder } from './order_book_keeping.ts';
import { applyExecution } from './positions.ts';
import type { Account, Dex, Market, State } from './state.ts';
import { endTwapsOf } from './twap.ts';
import type { CoinListing } from './types.ts';

interface FullListing extends CoinListing {
  readonly marginMode?: 'strictIsolated' | 'noCross' | null;
}

const symbolOf = (listing: CoinListing): string =>
  listing.dex === '' ? listing.name : `${listing.dex}:${listing.name}`;

export const isListed = (s: State, listing: CoinListing): boolean => s.bySymbol.has(symbolOf(listing));

/** @throws DomainError `BAD_LISTING` if no margin table has the id. */
export function tiersOf(id: number): readonly MarginTier[] {
  const tiers = marginTiersOf(id);
  if (tiers === undefined) throw new DomainError('BAD_LISTING', `margin table ${id} does not exist`);
  return tiers;
}

/** @throws DomainError `BAD_LISTING` if the dex or margin table is unknown, the symbol taken or the price none. */
export function checkListing(s: State, listing: CoinListing): void {
  tiersOf(listing.marginTableId);
  const symbol = symbolOf(listing);
  if (!s.dexes.some((dex) => dex.name === listing.dex))
    throw new DomainError('BAD_LISTING', `cannot list ${symbol}: no dex "${listing.dex}"`);
  if (isListed(s, listing)) throw new DomainError('BAD_LISTING', `${symbol} is listed already`);
  if (!(parseTicks(listing.oraclePx, listing.szDecimals) > 0))
    throw new DomainError('BAD_LISTING', `cannot list ${symbol} at ${listing.oraclePx}`);
}

/** @throws DomainError `BAD_LISTING` if the dex or margin table is unknown or the symbol is taken. */
export function listMarket(s: State, listing: FullListing): Market {
  checkListing(s, listing);
  const dex = s.dexes.find((d) => d.name === listing.dex) as Dex;
  const symbol = symbolOf(listing);
  const tiers = tiersOf(listing.marginTableId);
  const px = parseTicks(listing.oraclePx, listing.szDecimals);
  const inDex = dex.markets.length;
  const market: Market = {
    index: s.markets.length,
    assetId: dex.index === 0 ? inDex : 100_000 + dex.index * 10_000 + inDex,
    symbol,
    dex: dex.name,
    szDecimals: listing.szDecimals,
    dexIndex: dex.index,
    name: listing.name,
    priceDecimals: 6 - listing.szDecimals,
    maxLeverage: listing.maxLeverage,
    marginTableId: listing.marginTableId,
    tiers: tierRules(tiers),
    marginMode: listing.marginMode ?? (listing.onlyIsolated ? 'strictIsolated' : null),
    growthMode: listing.growthMode ?? false,
    delisted: false,
    halted: false,
    openInterestCap: null,
    book: new Book(),
    oracle: px,
    external: px,
    mark: px,
    previousMark: px,
    ema: 0,
    emaAt: s.time,
    last: px,
    openInterest: 0,
    premiumSum: 0,
    premiumSamples: 0,
    premiumE10: null,
    fundingRateE10: 0,
    fundingHistory: [],
    trades: [],
    candles: new CandleStore(s.time, px),
    day: new DayStats(),
    triggersAbove: [],
    triggersBelow: [],
  };
  market.day.note(s.time, px);
  s.markets.push(market);
  dex.markets.push(market);
  s.bySymbol.set(symbol, market);
  s.byAssetId.set(market.assetId, market);
  s.events.metaChanged = true;
  return market;
}

/** Every position is closed at one price; longs and shorts balance, so no money is made or lost. */
function settle(s: State, account: Account, market: Market, px: Ticks): void {
  const szi = account.positions.get(market.index)?.szi ?? 0;
  if (szi === 0) return;
  const oid = s.nextOid++;
  const applied = applyExecution(s, account, market, -szi, px);
  keepFill(s, account, {
    user: account.address,
    coin: market,
    px,
    sz: Math.abs(szi) as Lots,
    side: szi > 0 ? 'A' : 'B',
    time: s.time,
    startPosition: applied.start,
    dir: 'Settlement',
    closedPnl: applied.closedPnl,
    hash: ZERO_HASH,
    oid,
    crossed: true,
    fee: 0 as MicroUsd,
    builderFee: null,
    tid: tradeIdOf(oid, 0),
    twapId: null,
    cloid: null,
    liquidation: null,
  });
}

/** Cancels the coin's orders, settles its positions and freezes it in its place. */
export function delistMarket(s: State, market: Market, px: Ticks): void {
  endTwapsOf(s, (twap) => twap.market === market);
  for (const account of s.accountList) {
    for (const order of [...account.open.values()])
      if (order.market === market) cancelOrder(s, order, 'delistedCanceled');
  }
  for (const account of s.accountList) settle(s, account, market, px);
  market.mark = px;
  market.delisted = true;
  market.premiumE10 = null;
  market.openInterest = 0;
  s.events.metaChanged = true;
}

export function setMarginTable(s: State, market: Market, id: number): void {
  const tiers = tiersOf(id);
  market.tiers = tierRules(tiers);
  market.marginTableId = id;
  market.maxLeverage = tiers[0]?.maxLeverage ?? market.maxLeverage;
  for (const account of s.accountList) for (const pot of account.pots) pot.examineAt = -1;
  s.events.metaChanged = true;
}
