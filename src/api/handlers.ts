/** What each operation does. */
import type { System } from '../contract/system.ts';
import type { Cache } from '../jobs/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import type { AccessGrant } from '../store/api_access.ts';
import { readCoins } from '../store/coins.ts';
import type { Database, Queryable } from '../store/database.ts';
import { readTraderCoins } from '../store/read_trader_coins.ts';
import { readTrader, readTraderPage } from '../store/read_traders.ts';
import { readTradesAfter } from '../store/read_trades.ts';
import type { AccessControl } from './access.ts';
import type { Boards } from './boards.ts';
import { sessionCookie } from './cookie.ts';
import { listingMark, readCursor, writeCursor } from './cursor.ts';
import { ApiError } from './errors.ts';
import { createLeaderboardHandlers } from './handlers_leaderboard.ts';
import { createLogHandlers } from './handlers_log.ts';
import type { Call, Handlers } from './routes.ts';
import type { StatsCollector } from './stats.ts';
import { tradeRow, traderRow } from './views.ts';

export interface HandlerOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly access: AccessControl;
  readonly stats: StatsCollector;
  readonly boards: Boards;
  readonly cache: Cache;
  readonly system: () => Promise<System>;
  readonly cookieName: () => string;
  /** The server is reached through TLS, so the cookie must be too. */
  readonly secureCookie: boolean;
  /** A session has ended: its update streams are to be closed. */
  readonly onSignOut: (grant: AccessGrant) => void;
}

/** The caller of an operation that is not public. */
function callerOf(call: { readonly grant: AccessGrant | null }): AccessGrant {
  if (call.grant === null) throw new ApiError('AUTH_REQUIRED');
  return call.grant;
}

const sessionOf = (grant: AccessGrant) => ({ role: grant.role, via: grant.via, expiresAt: grant.expiresAt });

function statsNow(stats: StatsCollector) {
  const { current } = stats;
  if (current === undefined) throw new ApiError('UNAVAILABLE');
  return current;
}

/** A place's value must be what its column holds: it goes into the query as a parameter of that type. */
const ORDER_VALUES = {
  lastSeen: /^\d{1,15}$/,
  firstSeen: /^\d{1,15}$/,
  trades: /^\d{1,15}$/,
  notional: /^\d{1,30}(\.\d{1,20})?$/,
  address: /^[0-9a-f]{40}$/,
} as const;

async function listTraders(db: Queryable, stats: StatsCollector, { query }: Call<'listTraders'>) {
  const prefix = query.search?.toLowerCase().replace(/^0x/, '');
  const watched = query.watched === undefined ? undefined : query.watched === 'true';
  const mark = listingMark([query.sort, query.order, prefix ?? '', watched ?? null]);
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor, mark);
  if (after && !ORDER_VALUES[query.sort].test(after.value)) throw new ApiError('CURSOR_INVALID');
  const rows = await readTraderPage(db, {
    orderBy: query.sort,
    descending: query.order === 'desc',
    // One more than asked tells whether there is a next page.
    limit: query.limit + 1,
    after: after && { value: after.value, traderId: after.id },
    addressPrefix: prefix,
    watched,
  });
  const items = rows.slice(0, query.limit);
  const last = items.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return {
    items: items.map(traderRow),
    nextCursor: more ? writeCursor(mark, { value: last.orderValue, id: last.traderId }) : null,
    total: stats.current?.traders.total ?? 0,
  };
}

async function signIn(options: HandlerOptions, { body, reply }: Call<'signIn'>) {
  const signed = await options.access.signIn(body.code);
  if (signed === null) throw new ApiError('AUTH_LINK_INVALID');
  const { secret, grant } = signed;
  const seconds = grant.expiresAt === null ? 0 : Math.floor((grant.expiresAt - options.clock.now()) / 1000);
  reply.header('set-cookie', sessionCookie(options.cookieName(), secret, seconds, options.secureCookie));
  return sessionOf(grant);
}

export function createHandlers(options: HandlerOptions): Handlers {
  const { db, access, stats } = options;
  return {
    ...createLogHandlers(options),
    ...createLeaderboardHandlers(options),
    getSystem: () => options.system(),
    signIn: (call) => signIn(options, call),
    getSession: async (call) => sessionOf(callerOf(call)),
    signOut: async (call) => {
      const grant = callerOf(call);
      await access.signOut(grant);
      options.onSignOut(grant);
      call.reply.header('set-cookie', sessionCookie(options.cookieName(), '', 0, options.secureCookie));
      return undefined;
    },
    createTicket: async (call) => access.createTicket(callerOf(call)),
    getStats: async () => statsNow(stats),
    listTraders: (call) => listTraders(db, stats, call),
    getTrader: async ({ params }) => {
      const view = await readTrader(db, params.address.toLowerCase());
      if (view === undefined) throw new ApiError('NOT_FOUND', 'No trade of this address has been seen.');
      return { ...traderRow(view), coins: await readTraderCoins(db, view.traderId) };
    },
    listCoins: async () => ({
      items: (await readCoins(db)).map(({ symbol, sizeDecimals, maxLeverage, delisted }) => ({
        coin: symbol,
        sizeDecimals,
        maxLeverage,
        delisted,
      })),
    }),
    listRecentTrades: async ({ query }) => {
      const from = Math.max(0, statsNow(stats).trades.total - query.limit);
      const trades = await readTradesAfter(db, from, query.limit);
      return { items: trades.reverse().map(tradeRow) };
    },
  };
}
