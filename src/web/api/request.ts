/** REST calls, typed by the contract. Only types cross over: schemas stay on the server, out of the bundle. */
import type { ApiErrorCode, ErrorBody } from '../../contract/errors.ts';
import type { OPERATIONS, OperationId } from '../../contract/operations.ts';
import { browserFetch } from '../browser.ts';

type Operations = typeof OPERATIONS;
type RouteOf<Id extends OperationId> = readonly [Operations[Id]['method'], Operations[Id]['path']];

/** Method and path of what the app calls; a difference to the contract does not compile. */
const ROUTES = {
  signIn: ['POST', '/api/v1/session'],
  getSession: ['GET', '/api/v1/session'],
  signOut: ['DELETE', '/api/v1/session'],
  getStats: ['GET', '/api/v1/stats'],
  listTraders: ['GET', '/api/v1/traders'],
  getTrader: ['GET', '/api/v1/traders/{address}'],
  listRecentTrades: ['GET', '/api/v1/trades/recent'],
  getTraderPositions: ['GET', '/api/v1/traders/{address}/positions'],
  listTraderEvents: ['GET', '/api/v1/traders/{address}/events'],
  getAccountValue: ['GET', '/api/v1/traders/{address}/account-value'],
  listCoins: ['GET', '/api/v1/coins'],
  getLeaderboard: ['GET', '/api/v1/leaderboard'],
  getLeaderboardProgress: ['GET', '/api/v1/leaderboard/progress'],
  explainTrader: ['GET', '/api/v1/leaderboard/{address}/explain'],
  getRankHistory: ['GET', '/api/v1/leaderboard/{address}/ranks'],
  getSystem: ['GET', '/api/v1/system'],
  addToWatchlist: ['PUT', '/api/v1/watchlist/{address}'],
  removeFromWatchlist: ['DELETE', '/api/v1/watchlist/{address}'],
} as const satisfies { readonly [Id in OperationId]?: RouteOf<Id> };

export type CallId = keyof typeof ROUTES;

export interface CallOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** What went wrong, in the server's words; `code` is NETWORK when no answer came at all. */
export class RequestError extends Error {
  readonly code: ApiErrorCode | 'NETWORK' | 'BAD_ANSWER';
  /** 0 when no answer came. */
  readonly status: number;
  readonly requestId: string | null;
  constructor(code: RequestError['code'], status: number, message: string, requestId: string | null) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
    this.status = status;
    this.requestId = requestId;
  }
}

export const isSignedOut = (error: unknown): boolean => error instanceof RequestError && error.status === 401;

function pathOf(id: CallId, options: CallOptions): string {
  const path = ROUTES[id][1].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = options.params?.[name];
    if (value === undefined) throw new TypeError(`${id} needs the parameter ${name}`);
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  return query.size === 0 ? path : `${path}?${query}`;
}

async function failure(response: Response): Promise<RequestError> {
  const requestId = response.headers.get('x-request-id');
  try {
    const { error } = (await response.json()) as ErrorBody;
    return new RequestError(error.code, response.status, error.message, error.requestId);
  } catch {
    const text = `The server answered ${response.status} without an explanation.`;
    return new RequestError('BAD_ANSWER', response.status, text, requestId);
  }
}

/**
 * One call. @throws RequestError on any answer but 2xx, and when no answer comes (code NETWORK).
 * @throws DOMException AbortError when `signal` fires: the query library expects exactly that.
 */
export async function call<Answer>(id: CallId, options: CallOptions = {}): Promise<Answer> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await browserFetch(pathOf(id, options), {
      method: ROUTES[id][0],
      headers,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new RequestError('NETWORK', 0, 'The server does not answer. Is it running?', null);
  }
  if (!response.ok) throw await failure(response);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}
