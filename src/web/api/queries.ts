/** What pages ask for, as query definitions. What moves by itself comes over the WebSocket instead. */
import { queryOptions } from '@tanstack/react-query';
import type { AccountValue } from '../../contract/account_value.ts';
import type { CoinList } from '../../contract/coins.ts';
import type { TraderEvents, TraderPositions } from '../../contract/events.ts';
import type { Session } from '../../contract/session.ts';
import type { Stats } from '../../contract/stats.ts';
import type { System } from '../../contract/system.ts';
import type { SortOrder, TraderDetail, TraderList, TraderSort } from '../../contract/traders.ts';
import type { RecentTrades } from '../../contract/trades.ts';
import { call } from './request.ts';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => call<Session>('getSession', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const statsQuery = queryOptions({
  queryKey: ['stats'],
  queryFn: ({ signal }) => call<Stats>('getStats', { signal }),
});

export const coinsQuery = queryOptions({
  queryKey: ['coins'],
  queryFn: ({ signal }) => call<CoinList>('listCoins', { signal }),
  refetchInterval: 300_000,
});

export const recentTradesQuery = (limit: number) =>
  queryOptions({
    queryKey: ['trades', 'recent', limit],
    queryFn: ({ signal }) => call<RecentTrades>('listRecentTrades', { signal, query: { limit } }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const traderQuery = (address: string) =>
  queryOptions({
    queryKey: ['trader', address],
    queryFn: ({ signal }) => call<TraderDetail>('getTrader', { signal, params: { address } }),
    refetchInterval: 5_000,
  });

/**
 * Positions as of now. Changes that come over the WebSocket make it ask again; how a position is known changes
 * without one (a gap, an audit), so it is asked for anyway while the page is seen.
 */
export const positionsQuery = (address: string) =>
  queryOptions({
    queryKey: ['trader', address, 'positions'],
    queryFn: ({ signal }) => call<TraderPositions>('getTraderPositions', { signal, params: { address } }),
    refetchInterval: 10_000,
  });

/** Most changes of one trader that the heat map counts. */
const ACTIVITY_CHANGES = 500;

export const traderEventsQuery = (address: string) =>
  queryOptions({
    queryKey: ['trader', address, 'events'],
    queryFn: ({ signal }) =>
      call<TraderEvents>('listTraderEvents', {
        signal,
        params: { address },
        query: { limit: ACTIVITY_CHANGES },
      }),
    staleTime: 60_000,
  });

export const accountValueQuery = (address: string) =>
  queryOptions({
    queryKey: ['trader', address, 'account-value'],
    queryFn: ({ signal }) => call<AccountValue>('getAccountValue', { signal, params: { address } }),
    refetchInterval: 60_000,
  });

export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: ({ signal }) => call<System>('getSystem', { signal }),
  refetchInterval: 5_000,
});

export const setWatched = (address: string, watched: boolean): Promise<void> =>
  call<void>(watched ? 'addToWatchlist' : 'removeFromWatchlist', { params: { address } });

export interface TradersPageRequest {
  readonly search: string;
  readonly sort: TraderSort;
  readonly order: SortOrder;
  readonly watched: boolean;
}

/** Rows of one request: the most that the server gives. */
const TRADERS_PAGE = 200;

export const listTraders = (
  request: TradersPageRequest,
  cursor: string | null,
  signal: AbortSignal,
): Promise<TraderList> =>
  call<TraderList>('listTraders', {
    signal,
    query: {
      limit: TRADERS_PAGE,
      sort: request.sort,
      order: request.order,
      ...(request.search === '' ? {} : { search: request.search }),
      ...(request.watched ? { watched: 'true' } : {}),
      ...(cursor === null ? {} : { cursor }),
    },
  });
