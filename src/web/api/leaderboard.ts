/** What the leaderboard and the Trader page ask of the ranking. */

import { queryOptions } from '@tanstack/react-query';
import type {
  LeaderboardExplanation,
  LeaderboardPage,
  LeaderboardProgress,
  RankHistory,
} from '../../contract/leaderboard.ts';
import type { BoardName, BoardWindow } from '../../domain/boards.ts';
import type { BoardView } from '../app/board_state.ts';
import type { Terms } from '../app/own_terms.ts';
import { call } from './request.ts';

const ROWS = 200;

export const boardPage = (
  view: BoardView,
  cursor: string | null,
  signal: AbortSignal,
): Promise<LeaderboardPage> =>
  call<LeaderboardPage>('getLeaderboard', {
    signal,
    query: { ...view, limit: ROWS, ...(cursor === null ? {} : { cursor }) },
  });

/** How far the histories are; looked at often while they are being read. */
export const progressQuery = queryOptions({
  queryKey: ['leaderboard', 'progress'],
  queryFn: ({ signal }) => call<LeaderboardProgress>('getLeaderboardProgress', { signal }),
  refetchInterval: 3_000,
});

/** @param terms of whoever would copy; empty: a standard follower. */
export const explainQuery = (address: string, window: BoardWindow, terms: Terms = {}) =>
  queryOptions({
    queryKey: ['trader', address, 'explain', window, terms],
    queryFn: ({ signal }) =>
      call<LeaderboardExplanation>('explainTrader', {
        signal,
        params: { address },
        query: { window, ...terms },
      }),
    refetchInterval: 60_000,
  });

export const ranksQuery = (address: string, board: BoardName, window: BoardWindow) =>
  queryOptions({
    queryKey: ['trader', address, 'ranks', board, window],
    queryFn: ({ signal }) =>
      call<RankHistory>('getRankHistory', { signal, params: { address }, query: { board, window } }),
    refetchInterval: 60_000,
  });
