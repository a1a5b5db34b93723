/**
 * Every REST operation as data: path, who may call it, what goes in and out. The server registers exactly these, the
 * OpenAPI document and docs/API.md are generated from them, and the web app takes its paths and types from here.
 */
import { z } from 'zod';
import { accountValueQuerySchema, accountValueSchema } from './account_value.ts';
import { coinListSchema } from './coins.ts';
import type { ApiErrorCode } from './errors.ts';
import {
  eventExportQuerySchema,
  eventListQuerySchema,
  eventListSchema,
  traderEventsQuerySchema,
  traderEventsSchema,
  traderPositionsSchema,
} from './events.ts';
import {
  explainQuerySchema,
  explainSchema,
  leaderboardQuerySchema,
  leaderboardSchema,
  progressSchema,
  rankHistoryQuerySchema,
  rankHistorySchema,
} from './leaderboard.ts';
import { type AccessRole, sessionSchema, signInBodySchema, ticketSchema } from './session.ts';
import { statsSchema } from './stats.ts';
import { systemSchema } from './system.ts';
import {
  traderDetailSchema,
  traderListQuerySchema,
  traderListSchema,
  traderParamsSchema,
} from './traders.ts';
import { recentTradesQuerySchema, recentTradesSchema } from './trades.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Operation {
  readonly method: Method;
  /** With {parameters}, as in OpenAPI. */
  readonly path: string;
  /** Least role; `public` needs none. */
  readonly access: AccessRole | 'public';
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Absent: 204 without a body. */
  readonly response?: z.ZodType;
  /** Of the answer; application/json where absent. */
  readonly mediaType?: string;
  /** Errors beyond those that every operation may answer with. */
  readonly errors?: readonly ApiErrorCode[];
}

export const OPERATIONS = {
  signIn: {
    method: 'POST',
    path: '/api/v1/session',
    access: 'public',
    summary: 'Sign in with the code of a single-use link; sets the session cookie.',
    body: signInBodySchema,
    response: sessionSchema,
    errors: ['AUTH_LINK_INVALID'],
  },
  getSession: {
    method: 'GET',
    path: '/api/v1/session',
    access: 'viewer',
    summary: 'Who am I.',
    response: sessionSchema,
  },
  signOut: {
    method: 'DELETE',
    path: '/api/v1/session',
    access: 'viewer',
    summary: 'End this session; its WebSocket connections are closed.',
  },
  createTicket: {
    method: 'POST',
    path: '/api/v1/ws-ticket',
    access: 'viewer',
    summary: 'A single-use ticket, valid 30 seconds, to open the WebSocket.',
    response: ticketSchema,
  },
  getStats: {
    method: 'GET',
    path: '/api/v1/stats',
    access: 'viewer',
    summary: 'State of the whole system.',
    response: statsSchema,
  },
  listTraders: {
    method: 'GET',
    path: '/api/v1/traders',
    access: 'viewer',
    summary: 'Known traders, page by page.',
    query: traderListQuerySchema,
    response: traderListSchema,
    errors: ['CURSOR_INVALID'],
  },
  getTrader: {
    method: 'GET',
    path: '/api/v1/traders/{address}',
    access: 'viewer',
    summary: 'One trader.',
    params: traderParamsSchema,
    response: traderDetailSchema,
    errors: ['NOT_FOUND'],
  },
  getTraderPositions: {
    method: 'GET',
    path: '/api/v1/traders/{address}/positions',
    access: 'viewer',
    summary: 'Open positions of a trader, and the place in the event log that they include.',
    params: traderParamsSchema,
    response: traderPositionsSchema,
    errors: ['NOT_FOUND'],
  },
  listTraderEvents: {
    method: 'GET',
    path: '/api/v1/traders/{address}/events',
    access: 'viewer',
    summary: 'Position changes of a trader, newest first.',
    params: traderParamsSchema,
    query: traderEventsQuerySchema,
    response: traderEventsSchema,
    errors: ['NOT_FOUND', 'CURSOR_INVALID'],
  },
  getAccountValue: {
    method: 'GET',
    path: '/api/v1/traders/{address}/account-value',
    access: 'viewer',
    summary: 'Account value over time, from the audits: a series for each dex, or one for a unified account.',
    params: traderParamsSchema,
    query: accountValueQuerySchema,
    response: accountValueSchema,
    errors: ['NOT_FOUND'],
  },
  addToWatchlist: {
    method: 'PUT',
    path: '/api/v1/watchlist/{address}',
    access: 'operator',
    summary: 'Watch a trader: its changes are written at once and it is audited first. Safe to repeat.',
    params: traderParamsSchema,
    errors: ['NOT_FOUND'],
  },
  removeFromWatchlist: {
    method: 'DELETE',
    path: '/api/v1/watchlist/{address}',
    access: 'operator',
    summary: 'Stop watching a trader. Safe to repeat.',
    params: traderParamsSchema,
    errors: ['NOT_FOUND'],
  },
  listEvents: {
    method: 'GET',
    path: '/api/v1/events',
    access: 'viewer',
    summary: 'The event log after a place, in its order. Without a place: the newest changes.',
    query: eventListQuerySchema,
    response: eventListSchema,
    errors: ['LOG_PLACE_GONE'],
  },
  exportEvents: {
    method: 'GET',
    path: '/api/v1/events/export',
    access: 'viewer',
    summary:
      'The event log as a file. Each row carries epoch and offset: ask again after the last row for what follows. ' +
      'Without a place: from the oldest change that is kept.',
    query: eventExportQuerySchema,
    response: z.string(),
    mediaType: 'text/csv; charset=utf-8',
    errors: ['LOG_PLACE_GONE'],
  },
  getSystem: {
    method: 'GET',
    path: '/api/v1/system',
    access: 'viewer',
    summary: 'Sweep ages, weight, tasks, queues, feed gaps and drift, for operators.',
    response: systemSchema,
  },
  listCoins: {
    method: 'GET',
    path: '/api/v1/coins',
    access: 'viewer',
    summary: 'The perpetuals of the venue, delisted ones included.',
    response: coinListSchema,
  },
  getLeaderboard: {
    method: 'GET',
    path: '/api/v1/leaderboard',
    access: 'viewer',
    summary:
      'Ranked traders, page by page, by any metric. Carries an ETag: ask again with If-None-Match; a new ' +
      'computation changes it.',
    query: leaderboardQuerySchema,
    response: leaderboardSchema,
    errors: ['CURSOR_INVALID'],
  },
  getLeaderboardProgress: {
    method: 'GET',
    path: '/api/v1/leaderboard/progress',
    access: 'viewer',
    summary: 'How far the histories that the boards stand on have been read, and how long the rest takes.',
    response: progressSchema,
  },
  explainTrader: {
    method: 'GET',
    path: '/api/v1/leaderboard/{address}/explain',
    access: 'viewer',
    summary: 'Why a trader stands where it stands: gates, reasons, evidence, every metric, daily series.',
    params: traderParamsSchema,
    query: explainQuerySchema,
    response: explainSchema,
    errors: ['NOT_FOUND'],
  },
  getRankHistory: {
    method: 'GET',
    path: '/api/v1/leaderboard/{address}/ranks',
    access: 'viewer',
    summary: 'Where a trader stood, oldest first: a point for each change.',
    params: traderParamsSchema,
    query: rankHistoryQuerySchema,
    response: rankHistorySchema,
    errors: ['NOT_FOUND'],
  },
  listRecentTrades: {
    method: 'GET',
    path: '/api/v1/trades/recent',
    access: 'viewer',
    summary: 'The newest trades.',
    query: recentTradesQuerySchema,
    response: recentTradesSchema,
  },
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof OPERATIONS;
