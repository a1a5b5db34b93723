/** /info types about the market, none of which needs an account. */
import { type Fields, type InfoHandler, undeserialisable } from '../wire/backend.ts';
import { aggregateBook, parseAggregation } from './aggregation.ts';
import { isInterval } from './candles.ts';
import type { CoinSpec, DexSpec } from './types.ts';
import type { MarketView } from './view.ts';

/** A text field. @throws RequestRefused 422 */
export function text(request: Fields, name: string): string {
  const value = request[name];
  if (typeof value !== 'string') throw undeserialisable(`missing field \`${name}\``);
  return value;
}

/** An optional whole number; null counts as absent. @throws RequestRefused 422 */
export function optionalInteger(request: Fields, name: string): number | undefined {
  const value = request[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw undeserialisable(`invalid type for \`${name}\`, expected u64`);
  return value;
}

/** A whole number. @throws RequestRefused 422 */
export function integer(request: Fields, name: string): number {
  const value = optionalInteger(request, name);
  if (value === undefined) throw undeserialisable(`missing field \`${name}\``);
  return value;
}

/** The dex that a request names; the first one if it names none. */
function requestedDex(view: MarketView, request: Fields): DexSpec | undefined {
  const name = request['dex'] ?? '';
  if (typeof name !== 'string') throw undeserialisable('invalid type for `dex`, expected a string');
  return view.dexs().find((dex) => dex.name === name);
}

function universeItem(coin: CoinSpec): unknown {
  return {
    szDecimals: coin.szDecimals,
    name: coin.symbol,
    maxLeverage: coin.maxLeverage,
    marginTableId: coin.maxLeverage,
    ...(coin.isDelisted ? { isDelisted: true } : {}),
  };
}

/** Table ids below 50 mean a single tier with that leverage. */
function marginTables(dex: DexSpec): unknown[] {
  const leverages = [...new Set(dex.coins.map((coin) => coin.maxLeverage))].sort((a, b) => a - b);
  return leverages.map((maxLeverage) => [
    maxLeverage,
    { description: '', marginTiers: [{ lowerBound: '0.0', maxLeverage }] },
  ]);
}

const meta = (dex: DexSpec): unknown => ({
  universe: dex.coins.map(universeItem),
  marginTables: marginTables(dex),
  collateralToken: 0,
});

function perpDexs(view: MarketView): unknown[] {
  return view.dexs().map((dex) =>
    dex.name === ''
      ? null
      : {
          name: dex.name,
          fullName: dex.name,
          deployer: '0x0000000000000000000000000000000000000000',
          oracleUpdater: null,
          feeRecipient: null,
          assetToStreamingOiCap: dex.coins.map((coin) => [coin.symbol, '1000000000.0']),
          subDeployers: [],
          deployerFeeScale: '1.0',
          lastDeployerFeeScaleChangeTime: '1970-01-01T00:00:00',
          assetToFundingMultiplier: [],
          assetToFundingInterestRate: [],
        },
  );
}

/** USDC is the only token of a market source without spot. */
const SPOT_META = {
  universe: [],
  tokens: [
    {
      name: 'USDC',
      szDecimals: 8,
      weiDecimals: 8,
      index: 0,
      tokenId: '0x6d1e7cde53ba9467b783cb7c530ce054',
      isCanonical: true,
      evmContract: null,
      fullName: null,
      deployerTradingFeeShare: '0.0',
    },
  ],
};

export function midsOf(view: MarketView, dex: DexSpec): Record<string, string> {
  const mids: Record<string, string> = {};
  for (const coin of dex.coins) {
    const mid = view.mid(coin.symbol);
    if (mid !== undefined) mids[coin.symbol] = mid;
  }
  return mids;
}

function candleSnapshot(view: MarketView, request: Fields): unknown {
  const inner = request['req'];
  if (typeof inner !== 'object' || inner === null) throw undeserialisable('missing field `req`');
  const fields = inner as Fields;
  const interval = fields['interval'];
  if (!isInterval(interval)) throw undeserialisable('unknown candle interval');
  const endTime = optionalInteger(fields, 'endTime') ?? view.now();
  const startTime = integer(fields, 'startTime');
  return view.candles(text(fields, 'coin'), interval, startTime, Math.min(endTime, view.now()));
}

const contexts = (view: MarketView, dex: DexSpec): unknown[] =>
  dex.coins.map((coin) => view.context(coin.symbol));

/** The handlers of every market type. */
export function marketInfo(view: MarketView): Map<string, InfoHandler> {
  const known = (request: Fields): DexSpec => {
    const dex = requestedDex(view, request);
    if (dex === undefined) throw undeserialisable('unknown dex');
    return dex;
  };
  return new Map<string, InfoHandler>([
    ['meta', (request) => meta(known(request))],
    ['metaAndAssetCtxs', (request) => [meta(known(request)), contexts(view, known(request))]],
    ['allPerpMetas', () => view.dexs().map(meta)],
    ['perpDexs', () => perpDexs(view)],
    ['spotMeta', () => SPOT_META],
    ['spotMetaAndAssetCtxs', () => [SPOT_META, []]],
    ['allMids', (request) => midsOf(view, known(request))],
    ['exchangeStatus', () => ({ time: view.now(), specialStatuses: null })],
    ['recentTrades', (request) => view.recentTrades(text(request, 'coin')).toReversed()],
    ['candleSnapshot', (request) => candleSnapshot(view, request)],
    [
      'l2Book',
      (request) => {
        const coin = text(request, 'coin');
        const aggregation = parseAggregation(request);
        const spec = view.coin(coin);
        if (spec === undefined) return null;
        return { coin, ...aggregateBook(view.book(coin), aggregation, spec.szDecimals, view.now()) };
      },
    ],
  ]);
}
