/** /info over the venue: every request type that a trading client uses, one line each. */
import type { Address } from '../../domain/address.ts';
import { BOOK_LEVELS, parseAggregation } from '../market/aggregation.ts';
import { isInterval } from '../market/candles.ts';
import type { CandleInterval, TimeRange, VenueQueries } from '../venue/types.ts';
import { type Fields, type InfoHandler, undeserialisable } from '../wire/backend.ts';
import { address, flag, integer, nested, optionalInteger, optionalText, text } from '../wire/fields.ts';

export interface VenueInfoOptions {
  readonly query: VenueQueries;
  /** The venue's time, ms. */
  readonly now: () => number;
  /** Trades in a recentTrades answer: the venue shows "a short recent snapshot" of no published length. */
  readonly recentTrades: number;
}

/** The dex of a request, '' when absent. @throws RequestRefused 422 for one that does not exist */
function dexField(query: VenueQueries, request: Fields): string {
  const dex = optionalText(request, 'dex') ?? '';
  if (!query.dexNames().includes(dex)) throw undeserialisable('unknown dex');
  return dex;
}

function range(request: Fields): TimeRange {
  const endTime = optionalInteger(request, 'endTime');
  return { startTime: integer(request, 'startTime'), ...(endTime === undefined ? {} : { endTime }) };
}

/** A range whose start may be absent or null: then from the beginning. */
const optionalRange = (request: Fields): TimeRange =>
  range({ ...request, startTime: request['startTime'] ?? 0 });

function candleInterval(fields: Fields): CandleInterval {
  const interval = fields['interval'];
  if (!isInterval(interval)) throw undeserialisable('unknown candle interval');
  return interval as CandleInterval;
}

const ORDER_CLOID = /^0x[0-9a-f]{32}$/;

function orderReference(request: Fields): number | string {
  const oid = request['oid'];
  if (typeof oid === 'number') return integer(request, 'oid');
  const cloid = text(request, 'oid').toLowerCase();
  if (!ORDER_CLOID.test(cloid)) throw undeserialisable('expected an oid or a cloid');
  return cloid;
}

const user = (request: Fields): Address => address(request, 'user');

type Handlers = [string, InfoHandler][];

function marketHandlers({ query, now, recentTrades }: VenueInfoOptions): Handlers {
  const metaOf = (dex: string) => query.meta(dex);
  return [
    ['meta', (request) => metaOf(dexField(query, request))],
    [
      'metaAndAssetCtxs',
      (request) => {
        const dex = dexField(query, request);
        return [metaOf(dex), query.assetCtxs(dex)];
      },
    ],
    ['allPerpMetas', () => query.dexNames().map(metaOf)],
    ['perpDexs', () => query.perpDexs()],
    ['perpDexLimits', (request) => query.perpDexLimits(text(request, 'dex'))],
    ['perpDexStatus', (request) => query.perpDexStatus(dexField(query, request))],
    ['perpsAtOpenInterestCap', (request) => query.perpsAtOpenInterestCap(dexField(query, request))],
    ['maxMarketOrderNtls', () => query.maxMarketOrderNtls()],
    ['marginTable', (request) => query.marginTable(integer(request, 'id'))],
    ['predictedFundings', () => query.predictedFundings()],
    ['liquidatable', () => query.liquidatable()],
    ['spotMeta', () => query.spotMeta()],
    ['spotMetaAndAssetCtxs', () => [query.spotMeta(), query.spotCtxs()]],
    ['allMids', (request) => query.allMids(dexField(query, request))],
    ['exchangeStatus', () => ({ ...query.exchangeStatus(), time: now() })],
    [
      'l2Book',
      (request) => query.l2Book(text(request, 'coin'), { ...parseAggregation(request), depth: BOOK_LEVELS }),
    ],
    ['recentTrades', (request) => query.recentTrades(text(request, 'coin'), recentTrades).toReversed()],
    [
      'candleSnapshot',
      (request) => {
        const fields = nested(request, 'req');
        return query.candles(text(fields, 'coin'), candleInterval(fields), range(fields));
      },
    ],
    ['fundingHistory', (request) => query.fundingHistory(text(request, 'coin'), range(request))],
  ];
}

function accountHandlers({ query }: VenueInfoOptions): Handlers {
  return [
    ['clearinghouseState', (request) => query.clearinghouseState(user(request), dexField(query, request))],
    [
      'batchClearinghouseStates',
      (request) => {
        const users = request['users'];
        if (!Array.isArray(users)) throw undeserialisable('missing field `users`');
        return users.map((each) => query.clearinghouseState(user({ user: each }), ''));
      },
    ],
    ['spotClearinghouseState', (request) => query.spotClearinghouseState(user(request))],
    ['userAbstraction', (request) => query.userAbstraction(user(request))],
    ['userDexAbstraction', (request) => query.userDexAbstraction(user(request))],
    ['activeAssetData', (request) => query.activeAssetData(user(request), text(request, 'coin'))],
    ['portfolio', (request) => query.portfolio(user(request))],
    ['userRole', (request) => query.userRole(user(request))],
    ['subAccounts', (request) => query.subAccounts(user(request))],
    ['subAccounts2', (request) => query.subAccounts2(user(request))],
    ['userFees', (request) => query.userFees(user(request))],
    ['userRateLimit', (request) => query.userRateLimit(user(request))],
    ['extraAgents', (request) => query.extraAgents(user(request))],
    ['maxBuilderFee', (request) => query.maxBuilderFee(user(request), address(request, 'builder'))],
    ['approvedBuilders', (request) => query.approvedBuilders(user(request))],
    ['referral', (request) => referral(query, user(request))],
    [
      'vaultDetails',
      (request) =>
        query.vaultDetails(
          address(request, 'vaultAddress'),
          optionalText(request, 'user') === undefined ? null : user(request),
        ),
    ],
    ['userVaultEquities', (request) => query.userVaultEquities(user(request))],
    ['leadingVaults', (request) => leadingVaults(query, user(request))],
    ['vaultSummaries', () => []],
  ];
}

function referral(query: VenueQueries, account: Address): unknown {
  const { referredBy, code } = query.referral(account);
  return {
    referredBy,
    cumVlm: query.userRateLimit(account).cumVlm,
    unclaimedRewards: '0.0',
    claimedRewards: '0.0',
    builderRewards: '0.0',
    tokenToState: [],
    referrerState:
      code === null
        ? { stage: 'needToCreateCode' }
        : { stage: 'ready', data: { code, nReferrals: 0, referralStates: [] } },
    rewardHistory: [],
  };
}

const leadingVaults = (query: VenueQueries, leader: Address): unknown[] =>
  query.vaultAddresses().flatMap((vault) => {
    const details = query.vaultDetails(vault, null);
    return details?.leader === leader ? [{ address: vault, name: details.name }] : [];
  });

function orderHandlers({ query }: VenueInfoOptions): Handlers {
  return [
    ['openOrders', (request) => query.openOrders(user(request), dexField(query, request))],
    ['frontendOpenOrders', (request) => query.frontendOpenOrders(user(request), dexField(query, request))],
    ['orderStatus', (request) => query.orderStatus(user(request), orderReference(request))],
    ['historicalOrders', (request) => query.historicalOrders(user(request))],
    ['userFills', (request) => query.userFills(user(request), flag(request, 'aggregateByTime'))],
    [
      'userFillsByTime',
      (request) =>
        query.userFillsByTime(user(request), range(request), {
          aggregateByTime: flag(request, 'aggregateByTime'),
          reversed: flag(request, 'reversed'),
        }),
    ],
    ['userTwapSliceFills', (request) => query.userTwapSliceFills(user(request), null)],
    ['userTwapSliceFillsByTime', (request) => query.userTwapSliceFills(user(request), range(request))],
    ['twapHistory', (request) => query.twapHistory(user(request))],
    ['userFunding', (request) => query.userFunding(user(request), optionalRange(request))],
    [
      'userNonFundingLedgerUpdates',
      (request) => query.userNonFundingLedgerUpdates(user(request), optionalRange(request)),
    ],
  ];
}

/** Types about what this venue has none of (staking, multi-sig, auctions): what the real one says of nothing. */
function emptyHandlers({ query }: VenueInfoOptions): Handlers {
  const none: InfoHandler = (request) => {
    user(request);
    return [];
  };
  return [
    ['isVip', () => false],
    ['legalCheck', () => ({ ipAllowed: true, acceptedTerms: true, userAllowed: true })],
    [
      'preTransferCheck',
      (request) => {
        const userExists = query.accountExists(user(request));
        return {
          fee: userExists ? '0.0' : '1.0',
          isSanctioned: false,
          userExists,
          userHasSentTx: userExists,
        };
      },
    ],
    [
      'userToMultiSigSigners',
      (request) => {
        user(request);
        return null;
      },
    ],
    ['delegations', none],
    ['delegatorHistory', none],
    ['delegatorRewards', none],
    [
      'delegatorSummary',
      (request) => {
        user(request);
        return {
          delegated: '0.0',
          undelegated: '0.0',
          totalPendingWithdrawal: '0.0',
          nPendingWithdrawals: 0,
        };
      },
    ],
    [
      'perpDeployAuctionStatus',
      () => ({
        startTimeSeconds: 0,
        durationSeconds: 111_600,
        startGas: '500.0',
        currentGas: '500.0',
        endGas: null,
      }),
    ],
  ];
}

/** Handlers of all types by name. */
export const venueInfo = (options: VenueInfoOptions): Map<string, InfoHandler> =>
  new Map([
    ...marketHandlers(options),
    ...accountHandlers(options),
    ...orderHandlers(options),
    ...emptyHandlers(options),
  ]);
