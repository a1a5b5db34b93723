/** WebSocket channels about one account: their subscriptions and the frames that follow at once. */
import type { Address } from '../../domain/address.ts';
import type { VenueQueries } from '../venue/types.ts';
import {
  type Channel,
  type Fields,
  frameOf,
  InvalidSubscription,
  type Subscription,
} from '../wire/backend.ts';
import { address, flag, optionalText, text } from '../wire/fields.ts';

export interface AccountChannelOptions {
  readonly query: VenueQueries;
  /** The venue's time, ms. */
  readonly now: () => number;
}

/** A channel whose frame is the account's whole state: sent at once and whenever it changes. */
export type StateFrame = (query: VenueQueries, subscription: Subscription, now: number) => string;

const userOf = (subscription: Subscription): Address => subscription['user'] as Address;
const dexOf = (subscription: Subscription): string => String(subscription['dex'] ?? '');

export const clearinghouseFrame: StateFrame = (query, subscription) => {
  const [user, dex] = [userOf(subscription), dexOf(subscription)];
  return frameOf('clearinghouseState', {
    dex,
    user,
    clearinghouseState: query.clearinghouseState(user, dex),
  });
};

export const allDexsClearinghouseFrame: StateFrame = (query, subscription) => {
  const user = userOf(subscription);
  const clearinghouseStates = query.dexNames().map((dex) => [dex, query.clearinghouseState(user, dex)]);
  return frameOf('allDexsClearinghouseState', { user, clearinghouseStates });
};

export const openOrdersFrame: StateFrame = (query, subscription) => {
  const [user, dex] = [userOf(subscription), dexOf(subscription)];
  return frameOf('openOrders', { dex, user, orders: query.frontendOpenOrders(user, dex) });
};

export const spotStateFrame: StateFrame = (query, subscription) => {
  const user = userOf(subscription);
  return frameOf('spotState', { user, spotState: query.spotClearinghouseState(user) });
};

export const twapStatesFrame: StateFrame = (query, subscription) => {
  const [user, dex] = [userOf(subscription), dexOf(subscription)];
  return frameOf('twapStates', { dex, user, states: query.twapStates(user, dex) });
};

export const activeAssetDataFrame: StateFrame = (query, subscription) =>
  frameOf('activeAssetData', query.activeAssetData(userOf(subscription), String(subscription['coin'])));

export const webData3Frame: StateFrame = (query, subscription, now) => {
  const user = userOf(subscription);
  const agent = query.mainAgent(user);
  const abstraction = query.userAbstraction(user);
  return frameOf('webData3', {
    userState: {
      agentAddress: agent?.address ?? null,
      agentValidUntil: agent?.validUntil ?? null,
      cumLedger: netDeposits(query, user),
      serverTime: now,
      isVault: query.userRole(user).role === 'vault',
      user,
      ...(abstraction === 'default' ? {} : { abstraction }),
    },
    perpDexStates: query.dexNames().map((dex) => ({
      totalVaultEquity: '0.0',
      perpsAtOpenInterestCap: query.perpsAtOpenInterestCap(dex),
      leadingVaults: [],
    })),
  });
};

/** Deposits less withdrawals, USD. */
function netDeposits(query: VenueQueries, user: Address): string {
  let micro = 0;
  for (const { delta } of query.userNonFundingLedgerUpdates(user, { startTime: 0 })) {
    if (delta.type === 'deposit') micro += Math.round(Number(delta.usdc) * 1e6);
    if (delta.type === 'withdraw') micro -= Math.round((Number(delta.usdc) + Number(delta.fee)) * 1e6);
  }
  return (micro / 1e6).toFixed(6).replace(/(\.\d+?)0+$/, '$1');
}

/** Frames that begin with history are marked; the live ones after them are not. */
const snapshot = (channel: string, user: Address, rows: object): string[] => [
  frameOf(channel, { user, ...rows, isSnapshot: true }),
];

type Named = [string, Channel];

function historyChannels({ query }: AccountChannelOptions): Named[] {
  const ofUser = (type: string, rows: (user: Address, subscription: Subscription) => object): Named => [
    type,
    {
      normalise: (fields) => ({ type, user: address(fields, 'user') }),
      initial: (subscription) =>
        snapshot(type, userOf(subscription), rows(userOf(subscription), subscription)),
    },
  ];
  const everything = { startTime: 0 };
  return [
    [
      'userFills',
      {
        normalise: (fields) => ({
          type: 'userFills',
          user: address(fields, 'user'),
          aggregateByTime: flag(fields, 'aggregateByTime'),
        }),
        initial: (subscription) =>
          snapshot('userFills', userOf(subscription), {
            fills: query.userFills(userOf(subscription), subscription['aggregateByTime'] === true),
          }),
      },
    ],
    ofUser('userFundings', (user) => ({
      fundings: query
        .userFunding(user, everything)
        .map(({ time, delta: { type: _, ...delta } }) => ({ time, ...delta })),
    })),
    ofUser('userNonFundingLedgerUpdates', (user) => ({
      nonFundingLedgerUpdates: query.userNonFundingLedgerUpdates(user, everything),
    })),
    ofUser('userTwapSliceFills', (user) => ({ twapSliceFills: query.userTwapSliceFills(user, null) })),
    ofUser('userTwapHistory', (user) => ({ history: query.twapHistory(user) })),
    ofUser('userHistoricalOrders', (user) => ({ orderHistory: query.historicalOrders(user) })),
  ];
}

function normaliseUserDex(query: VenueQueries, type: string, fields: Fields): Subscription {
  const dex = optionalText(fields, 'dex') ?? '';
  if (!query.dexNames().includes(dex)) throw new InvalidSubscription();
  return { type, user: address(fields, 'user'), dex };
}

function stateChannels({ query, now }: AccountChannelOptions): Named[] {
  const state = (type: string, frame: StateFrame, normalise: Channel['normalise']): Named => [
    type,
    { normalise, initial: (subscription) => [frame(query, subscription, now())] },
  ];
  const ofUser =
    (type: string): Channel['normalise'] =>
    (fields) => ({ type, user: address(fields, 'user') });
  const ofDex =
    (type: string): Channel['normalise'] =>
    (fields) =>
      normaliseUserDex(query, type, fields);
  return [
    state('clearinghouseState', clearinghouseFrame, ofDex('clearinghouseState')),
    state('openOrders', openOrdersFrame, ofDex('openOrders')),
    state('twapStates', twapStatesFrame, ofDex('twapStates')),
    state('allDexsClearinghouseState', allDexsClearinghouseFrame, ofUser('allDexsClearinghouseState')),
    state('webData3', webData3Frame, ofUser('webData3')),
    state('spotState', spotStateFrame, (fields) => ({
      type: 'spotState',
      user: address(fields, 'user'),
      ...(fields['ignorePortfolioMargin'] === undefined
        ? {}
        : { ignorePortfolioMargin: flag(fields, 'ignorePortfolioMargin') }),
      ...(fields['isPortfolioMargin'] === undefined
        ? {}
        : { isPortfolioMargin: flag(fields, 'isPortfolioMargin') }),
    })),
    state('activeAssetData', activeAssetDataFrame, (fields) => {
      const coin = text(fields, 'coin');
      if (query.coin(coin) === undefined) throw new InvalidSubscription();
      return { type: 'activeAssetData', user: address(fields, 'user'), coin };
    }),
  ];
}

/** Channels that only ever send what happens from now on. */
const eventChannels = (): Named[] =>
  ['userEvents', 'orderUpdates', 'notification'].map((type) => [
    type,
    { normalise: (fields) => ({ type, user: address(fields, 'user') }), initial: () => [] },
  ]);

export const accountChannels = (options: AccountChannelOptions): Map<string, Channel> =>
  new Map([...historyChannels(options), ...stateChannels(options), ...eventChannels()]);
