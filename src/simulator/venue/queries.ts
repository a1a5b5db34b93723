/** All reads of the venue, over the state as of the last block. */
import type { Address } from '../../domain/address.ts';
import {
  activeAssetView,
  clearinghouseView,
  portfolioView,
  spotStateView,
  subAccount2Views,
  subAccountViews,
  vaultView,
} from './account_views.ts';
import type * as wire from './answers.ts';
import { wireUsd } from './arithmetic.ts';
import { candleStart } from './candles.ts';
import { feesView } from './fee_views.ts';
import { fillsByTime, newestFills, twapSlices } from './fill_queries.ts';
import { joined } from './history_port.ts';
import {
  assetCtxView,
  bboView,
  bookView,
  candleView,
  marginTableView,
  metaView,
  midsView,
  perpDexViews,
  spotCtxViews,
  spotMetaView,
} from './market_views.ts';
import { openOrderViews, openRecords, orderStatusView } from './order_views.ts';
import { requestCapOf } from './permissions.ts';
import type { Account, Dex, Market, State } from './state.ts';
import { twapState } from './twap.ts';
import type { TimeRange, VenueQueries } from './types.ts';
import { shareValue } from './vaults.ts';
import {
  viewFrontendOrder,
  viewFundingUpdate,
  viewHistoryRow,
  viewLedger,
  viewOpenOrder,
  viewTrade,
  viewTwapRow,
  viewTwapState,
  wireRate,
} from './views.ts';

const HOUR_MS = 3_600_000;

/** The rows with `time` in the inclusive range, oldest first, at most `limit`. Rows must ascend in time. */
function inRange<T extends { readonly time: number }>(
  rows: readonly T[],
  range: TimeRange,
  limit: number,
): T[] {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] as T).time < range.startTime) low = middle + 1;
    else high = middle;
  }
  const end = range.endTime ?? Number.POSITIVE_INFINITY;
  const out: T[] = [];
  for (let i = low; i < rows.length && out.length < limit; i++) {
    const row = rows[i] as T;
    if (row.time > end) break;
    out.push(row);
  }
  return out;
}

export function queriesOf(s: State): VenueQueries {
  const account = (user: Address): Account | undefined => s.accounts.get(user);
  const dexOf = (name: string): Dex | undefined => s.dexes.find((d) => d.name === name);
  const on: OnMarket = (symbol, view) => {
    const market = s.bySymbol.get(symbol);
    return market ? view(market) : null;
  };
  return {
    ...marketQueries(s, dexOf, on),
    ...priceQueries(s, on),
    ...accountQueries(s, account, dexOf),
    ...identityQueries(s, account),
    ...historyQueries(s, account, dexOf),
  };
}

type Find<K, T> = (key: K) => T | undefined;

type OnMarket = <T>(symbol: string, view: (m: Market) => T) => T | null;

function marketQueries(s: State, dexOf: Find<string, Dex>, on: OnMarket) {
  return {
    coins: () => s.markets,
    coin: (symbol) => s.bySymbol.get(symbol),
    coinByAssetId: (id) => s.byAssetId.get(id),
    dexNames: () => s.dexes.map((d) => d.name),
    meta: (dex) => {
      const found = dexOf(dex);
      return found ? metaView(found) : null;
    },
    assetCtxs: (dex) => dexOf(dex)?.markets.map((m) => assetCtxView(s, m)) ?? null,
    assetCtx: (symbol) => on(symbol, (m) => assetCtxView(s, m)),
    perpDexs: () => perpDexViews(s),
    perpDexLimits: (dex) => {
      const found = dexOf(dex);
      if (!found || dex === '') return null;
      return {
        totalOiCap: '1000000000.0',
        oiSzCapPerPerp: '20000000000.0',
        maxTransferNtl: '1000000000.0',
        coinToOiCap: found.markets.map((m): [string, string] => [m.symbol, '50000000.0']),
      };
    },
    perpDexStatus: (dex) => {
      const found = dexOf(dex);
      return found ? { totalNetDeposit: wireUsd(found.netDeposit) } : null;
    },
    perpsAtOpenInterestCap: (dex) =>
      (dexOf(dex)?.markets ?? [])
        .filter((m) => m.openInterestCap !== null && m.openInterest * m.mark >= m.openInterestCap)
        .map((m) => m.symbol),
    maxMarketOrderNtls: () =>
      s.rules.maxMarketOrderUsd.map(([leverage, usd]): [number, string] => [leverage, `${usd}.0`]),
    marginTable: marginTableView,
    predictedFundings: () => {
      const nextFundingTime = (Math.floor(s.time / HOUR_MS) + 1) * HOUR_MS;
      return s.markets
        .filter((m) => m.dexIndex === 0 && !m.delisted)
        .map((m) => [
          m.symbol,
          [['HlPerp', { fundingRate: wireRate(m.fundingRateE10), nextFundingTime, fundingIntervalHours: 1 }]],
        ]);
    },
  } satisfies Partial<VenueQueries>;
}

function priceQueries(s: State, on: OnMarket) {
  return {
    spotMeta: spotMetaView,
    spotCtxs: spotCtxViews,
    allMids: (dex) => midsView(s, dex),
    exchangeStatus: () => ({ time: s.time, specialStatuses: null }),
    l2Book: (symbol, query) => on(symbol, (m) => bookView(s, m, query ?? {})),
    bbo: (symbol) => on(symbol, (m) => bboView(s, m)),
    recentTrades: (symbol, limit) => s.bySymbol.get(symbol)?.trades.slice(-limit).map(viewTrade) ?? [],
    candles: (symbol, interval, range) =>
      on(symbol, (m) =>
        m.candles
          .range(interval, range.startTime, range.endTime ?? s.time, s.time)
          .map((c) => candleView(m, interval, c)),
      ) ?? [],
    currentCandle: (symbol, interval) =>
      on(symbol, (m) => {
        const last = m.candles.range(interval, candleStart(interval, s.time), s.time, s.time).at(-1);
        return last ? candleView(m, interval, last) : null;
      }),
    fundingHistory: (symbol, range) =>
      on(symbol, (m) =>
        inRange(m.fundingHistory, range, 500).map((f) => ({
          coin: m.symbol,
          fundingRate: wireRate(f.rateE10),
          premium: wireRate(f.premiumE10),
          time: f.time,
        })),
      ) ?? [],
    liquidatable: () => [],
  } satisfies Partial<VenueQueries>;
}

function accountQueries(s: State, account: Find<Address, Account>, dexOf: Find<string, Dex>) {
  return {
    accountExists: (user) => s.accounts.has(user),
    clearinghouseState: (user, dex) => clearinghouseView(s, account(user), dexOf(dex)),
    spotClearinghouseState: (user) => spotStateView(account(user)),
    userAbstraction: (user) => account(user)?.abstraction ?? 'disabled',
    userDexAbstraction: (user) => {
      const found = account(user);
      return found ? found.abstraction === 'dexAbstraction' : null;
    },
    activeAssetData: (user, symbol) => {
      const market = s.bySymbol.get(symbol);
      return market ? activeAssetView(s, user, account(user), market) : null;
    },
    portfolio: (user) => portfolioView(s, account(user)),
    subAccounts: (user) => subAccountViews(s, account(user)),
    subAccounts2: (user) => subAccount2Views(s, account(user)),
    userFees: (user) => feesView(s, account(user)),
    userRateLimit: (user) => {
      const found = account(user);
      return {
        cumVlm: wireUsd(found?.cumulativeVolume ?? 0),
        nRequestsUsed: found?.requestsUsed ?? 0,
        nRequestsCap: found ? requestCapOf(s, found) : s.rules.budget.initial,
        nRequestsSurplus: 0,
      };
    },
    vaultDetails: (vault, user) => {
      const found = account(vault);
      return found ? vaultView(s, found, user) : null;
    },
    vaultAddresses: () => s.accountList.filter((a) => a.vault !== null).map((a) => a.address),
    userVaultEquities: (user) => {
      const out: wire.WireVaultEquity[] = [];
      for (const found of s.accountList) {
        const share = found.vault?.shares.get(user);
        if (found.vault && share)
          out.push({
            vaultAddress: found.address,
            equity: wireUsd(shareValue(found.vault, found, share)),
            lockedUntilTimestamp: share.lockedUntil,
          });
      }
      return out;
    },
  } satisfies Partial<VenueQueries>;
}

function identityQueries(s: State, account: Find<Address, Account>) {
  return {
    userRole: (user): wire.WireUserRole => {
      const found = account(user);
      const agent = s.agents.get(user);
      if (found?.kind === 'vault') return { role: 'vault' };
      if (found?.kind === 'subAccount' && found.master)
        return { role: 'subAccount', data: { master: found.master.address } };
      if (found) return { role: 'user' };
      return agent ? { role: 'agent', data: { user: agent.account.address } } : { role: 'missing' };
    },
    extraAgents: (user) =>
      (account(user)?.agents ?? []).flatMap((a) =>
        a.name === null ? [] : [{ name: a.name, address: a.address, validUntil: a.validUntil }],
      ),
    mainAgent: (user) => {
      const agent = account(user)?.agents.find((a) => a.name === null);
      return agent ? { address: agent.address, validUntil: agent.validUntil } : null;
    },
    maxBuilderFee: (user, builder) => account(user)?.builders.get(builder) ?? 0,
    approvedBuilders: (user) => [...(account(user)?.builders.keys() ?? [])],
    referral: (user) => {
      const found = account(user);
      const by = found?.referrer;
      return {
        referredBy: by ? { referrer: by.account.address, code: by.code } : null,
        code: found?.referralCode ?? null,
      };
    },
  } satisfies Partial<VenueQueries>;
}

function historyQueries(s: State, account: Find<Address, Account>, dexOf: Find<string, Dex>) {
  return {
    openOrders: (user, dex) => openOrderViews(account(user), dexOf(dex), viewOpenOrder),
    frontendOpenOrders: (user, dex) => openRecords(account(user), dexOf(dex)).map(viewFrontendOrder),
    orderStatus: (user, ref) => orderStatusView(account(user), ref),
    historicalOrders: (user) => {
      const found = account(user);
      const rows = found === undefined ? [] : joined(found.past?.orders(), found.orderHistory);
      return rows.slice(-2000).reverse().map(viewHistoryRow);
    },
    userFills: (user, aggregate) => newestFills(account(user), aggregate, s.rules.fillsKept),
    userFillsByTime: (user, range, options) => fillsByTime(account(user), range, options, s.rules.fillsKept),
    userFunding: (user, range) => {
      const found = account(user);
      const rows = found === undefined ? [] : joined(found.past?.funding(), found.funding);
      return inRange(rows, range, 500).map(viewFundingUpdate);
    },
    userNonFundingLedgerUpdates: (user, range) =>
      inRange(account(user)?.ledger ?? [], range, 2000).map(viewLedger),
    twapHistory: (user) => {
      const found = account(user);
      return found === undefined ? [] : joined(found.past?.twaps(), found.twaps).map(viewTwapRow);
    },
    twapStates: (user, dex) =>
      [...s.twaps.values()]
        .filter((t) => t.account === account(user) && t.market.dex === dex)
        .map((t): [number, wire.WireTwapState] => [t.id, viewTwapState(twapState(t))]),
    userTwapSliceFills: (user, range) => twapSlices(account(user), range),
  } satisfies Partial<VenueQueries>;
}
