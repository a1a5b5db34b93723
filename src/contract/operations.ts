/**
 * Every REST operation as data: path, who may call it, what goes in and out. The server registers exactly these, the
 * OpenAPI document and docs/API.md are generated from them, and the web app takes its paths and types from here.
 */
import type { z } from 'zod';
import type { ApiErrorCode } from './errors.ts';
import { type AccessRole, sessionSchema, signInBodySchema, ticketSchema } from './session.ts';
import { statsSchema } from './stats.ts';
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
