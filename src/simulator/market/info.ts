/** /info types about the market, none of which needs an account. */
import { type Fields, type InfoHandler, undeserialisable } from '../wire/backend.ts';
import { integer, nested, optionalInteger, text } from '../wire/fields.ts';
import { BOOK_LEVELS, parseAggregation } from './aggregation.ts';
import { isInterval } from './candles.ts';
import type { CoinSpec, DexSpec } from './types.ts';
import type { ListedMarket } from './view.ts';

/** The dex that a request names; the first one if it names none. */
function requestedDex(view: ListedMarket, request: Fields): DexSpec | undefined {
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

function perpDexs(view: ListedMarket): unknown[] {
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

function candleSnapshot(view: ListedMarket, request: Fields): unknown {
  const fields = nested(request, 'req');
  const interval = fields['interval'];
  if (!isInterval(interval)) throw undeserialisable('unknown candle interval');
  const endTime = optionalInteger(fields, 'endTime') ?? view.now();
  const startTime = integer(fields, 'startTime');
  return view.candles(text(fields, 'coin'), interval, startTime, Math.min(endTime, view.now()));
}

const contexts = (view: ListedMarket, dex: DexSpec): unknown[] =>
  dex.coins.map((coin) => view.context(coin.symbol));

/** The handlers of every market type. */
export function marketInfo(view: ListedMarket): Map<string, InfoHandler> {
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
    ['allMids', (request) => view.mids(known(request).name)],
    ['exchangeStatus', () => ({ time: view.now(), specialStatuses: null })],
    ['recentTrades', (request) => view.recentTrades(text(request, 'coin')).toReversed()],
    ['candleSnapshot', (request) => candleSnapshot(view, request)],
    [
      'l2Book',
      (request) => {
        const coin = text(request, 'coin');
        const aggregation = parseAggregation(request);
        if (!view.hasCoin(coin)) return null;
        return { coin, ...view.book(coin, aggregation, BOOK_LEVELS) };
      },
    ],
  ]);
}
