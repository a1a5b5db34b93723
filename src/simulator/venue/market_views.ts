/** Market data answers (protocol reference 2.2). */
import type * as wire from './answers.ts';
import { wireDecimal, wireUsd } from './arithmetic.ts';
import type { BookSide } from './book.ts';
import type { Candle } from './candles.ts';
import { marginTiersOf, TIERED_MARGIN_TABLES } from './coin_table.ts';
import { impactPrices } from './prices.ts';
import type { Dex, Market, Order, State } from './state.ts';
import type { BookQuery, CandleInterval } from './types.ts';
import { wirePx, wireRate, wireSz } from './views.ts';

/** The chain's date format in listings. */
const GROWTH_SINCE = '2025-11-23T17:37:10.033211662';

export function marginTableView(id: number): wire.WireMarginTable | null {
  const tiers = marginTiersOf(id);
  if (tiers === undefined) return null;
  return {
    description: TIERED_MARGIN_TABLES.get(id)?.description ?? '',
    marginTiers: tiers.map((t) => ({
      lowerBound: wireDecimal(t.lowerBoundUsd, 0),
      maxLeverage: t.maxLeverage,
    })),
  };
}

export function metaView(dex: Dex): wire.WireMeta {
  const marginTables: [number, wire.WireMarginTable][] = [];
  for (const id of TIERED_MARGIN_TABLES.keys()) {
    const table = marginTableView(id);
    if (table) marginTables.push([id, table]);
  }
  return { universe: dex.markets.map(universeCoin), marginTables, collateralToken: 0 };
}

function universeCoin(m: Market): wire.WireUniverseCoin {
  const coin: wire.WireUniverseCoin = {
    szDecimals: m.szDecimals,
    name: m.symbol,
    maxLeverage: m.maxLeverage,
    marginTableId: m.marginTableId,
  };
  if (m.delisted) coin.isDelisted = true;
  if (m.marginMode !== null) {
    coin.onlyIsolated = true;
    coin.marginMode = m.marginMode;
  }
  if (m.growthMode) {
    coin.growthMode = 'enabled';
    coin.lastGrowthModeChangeTime = GROWTH_SINCE;
  }
  return coin;
}

/** The midpoint keeps its half tick. */
function midText(m: Market): string | null {
  const bid = m.book.bids.best;
  const ask = m.book.asks.best;
  return bid && ask ? wireDecimal((bid.px + ask.px) * 5, m.priceDecimals + 1) : null;
}

export function assetCtxView(s: State, m: Market): wire.WireAssetCtx {
  const day = m.day.read(s.time);
  const impact = m.delisted ? null : impactPrices(s, m);
  return {
    funding: wireRate(m.fundingRateE10),
    openInterest: wireSz(m, m.openInterest),
    prevDayPx: wirePx(m, day.openPx ?? m.mark),
    dayNtlVlm: wireUsd(day.notional),
    premium: m.delisted || m.premiumE10 === null ? null : wireRate(m.premiumE10),
    oraclePx: wirePx(m, m.oracle),
    markPx: wirePx(m, m.mark),
    midPx: m.delisted ? null : midText(m),
    impactPxs: impact === null ? null : [wirePx(m, impact[0]), wirePx(m, impact[1])],
    dayBaseVlm: wireSz(m, day.size),
  };
}

export function midsView(s: State, dexName: string): Record<string, string> {
  const mids: Record<string, string> = {};
  for (const m of s.dexes.find((d) => d.name === dexName)?.markets ?? [])
    mids[m.symbol] = midText(m) ?? wirePx(m, m.last);
  if (dexName === '') for (const pair of SPOT_PAIRS) mids[pair.name] = pair.px;
  return mids;
}

/** Levels merged to `nSigFigs` figures: bids down, asks up. */
function groupedLevels(m: Market, side: BookSide<Order>, query: BookQuery): wire.WireLevel[] {
  const depth = query.depth ?? 20;
  const out: wire.WireLevel[] = [];
  let px = -1;
  let size = 0;
  let count = 0;
  const flush = () => {
    if (count > 0) out.push({ px: wirePx(m, px), sz: wireSz(m, size), n: count });
    size = 0;
    count = 0;
  };
  for (const level of side.levels()) {
    const grouped = groupPx(level.px, side.isBuy, query);
    if (grouped !== px) {
      flush();
      if (out.length === depth) return out;
      px = grouped;
    }
    size += level.size;
    count += level.count;
  }
  flush();
  return out;
}

function groupPx(px: number, isBuy: boolean, query: BookQuery): number {
  const figures = query.nSigFigs;
  if (figures === null || figures === undefined) return px;
  let step = 1;
  while (px / step >= 10 ** figures) step *= 10;
  if (figures === 5 && query.mantissa) step *= query.mantissa;
  return isBuy ? Math.floor(px / step) * step : Math.ceil(px / step) * step;
}

export const bookView = (s: State, m: Market, query: BookQuery): wire.WireBook => ({
  coin: m.symbol,
  time: s.time,
  levels: [groupedLevels(m, m.book.bids, query), groupedLevels(m, m.book.asks, query)],
});

export function bboView(s: State, m: Market): wire.WireBbo {
  const bid = m.book.bids.best;
  const ask = m.book.asks.best;
  const view = (l: typeof bid) => (l ? { px: wirePx(m, l.px), sz: wireSz(m, l.size), n: l.count } : null);
  return { coin: m.symbol, time: s.time, bbo: [view(bid), view(ask)] };
}

export const candleView = (m: Market, interval: CandleInterval, c: Candle): wire.WireCandle => ({
  t: c.start,
  T: c.end - 1,
  s: m.symbol,
  i: interval,
  o: wirePx(m, c.open),
  c: wirePx(m, c.close),
  h: wirePx(m, c.high),
  l: wirePx(m, c.low),
  v: wireSz(m, c.volume),
  n: c.trades,
});

export function perpDexViews(s: State): (wire.WirePerpDex | null)[] {
  return s.dexes.map((dex) =>
    dex.deployer === null
      ? null
      : {
          name: dex.name,
          fullName: dex.fullName,
          deployer: dex.deployer.address,
          oracleUpdater: null,
          feeRecipient: dex.deployer.address,
          assetToStreamingOiCap: dex.markets.map((m) => [m.symbol, '50000000.0']),
          subDeployers: [],
          deployerFeeScale: wireDecimal(dex.feeScaleE2, 2),
          lastDeployerFeeScaleChangeTime: '1970-01-01T00:00:00',
          assetToFundingMultiplier: dex.markets.map((m) => [m.symbol, '1.0']),
          assetToFundingInterestRate: [],
        },
  );
}

interface SpotPair {
  readonly name: string;
  readonly index: number;
  readonly base: number;
  readonly px: string;
  readonly canonical: boolean;
}

/** Enough for clients to start: the pairs exist, have no book and cannot be traded. */
const SPOT_PAIRS: readonly SpotPair[] = [
  { name: 'PURR/USDC', index: 0, base: 1, px: '0.18', canonical: true },
  { name: '@1', index: 1, base: 2, px: '12.5', canonical: false },
  { name: '@107', index: 107, base: 150, px: '41.9', canonical: false },
];

interface SpotToken {
  readonly name: string;
  readonly index: number;
  readonly szDecimals: number;
  readonly weiDecimals: number;
  readonly tokenId: string;
  readonly canonical: boolean;
  readonly fullName: string | null;
}

const SPOT_TOKENS: readonly SpotToken[] = [
  {
    name: 'USDC',
    index: 0,
    szDecimals: 8,
    weiDecimals: 8,
    tokenId: `0x6d1e7cde53ba9467b783cb7c530ce054`,
    canonical: true,
    fullName: null,
  },
  {
    name: 'PURR',
    index: 1,
    szDecimals: 0,
    weiDecimals: 5,
    tokenId: `0xc1fb593aeffbeb02f85e0308e9956a90`,
    canonical: true,
    fullName: null,
  },
  {
    name: 'HFUN',
    index: 2,
    szDecimals: 2,
    weiDecimals: 8,
    tokenId: `0xbaf265ef389da684513d98d68edf4eae`,
    canonical: false,
    fullName: null,
  },
  {
    name: 'HYPE',
    index: 150,
    szDecimals: 2,
    weiDecimals: 8,
    tokenId: `0x0d01dc56dcaaca66ad901c959b4011ec`,
    canonical: false,
    fullName: 'Hyperliquid',
  },
];

export const spotMetaView = (): wire.WireSpotMeta => ({
  universe: SPOT_PAIRS.map((p) => ({
    tokens: [p.base, 0],
    name: p.name,
    index: p.index,
    isCanonical: p.canonical,
  })),
  tokens: SPOT_TOKENS.map((t) => ({
    name: t.name,
    szDecimals: t.szDecimals,
    weiDecimals: t.weiDecimals,
    index: t.index,
    tokenId: t.tokenId,
    isCanonical: t.canonical,
    evmContract: null,
    fullName: t.fullName,
    deployerTradingFeeShare: '0.0',
  })),
});

export const spotCtxViews = (): wire.WireSpotCtx[] =>
  SPOT_PAIRS.map((p) => ({
    prevDayPx: p.px,
    dayNtlVlm: '0.0',
    markPx: p.px,
    midPx: null,
    circulatingSupply: '0.0',
    coin: p.name,
    totalSupply: '0.0',
    dayBaseVlm: '0.0',
  }));
