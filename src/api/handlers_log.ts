/** Operations on the event log and what is folded from it: positions, history, export, account value, watchlist. */
import { Readable } from 'node:stream';
import type { ChangeKind } from '../contract/positions.ts';
import { parseCoin } from '../domain/coin.ts';
import { DomainError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database } from '../store/database.ts';
import { type AccountValueView, readAccountValues } from '../store/read_account_value.ts';
import {
  type ChangeFilterIds,
  type LogSpan,
  readCoinIds,
  readLogBackward,
  readLogSlice,
  readLogSpan,
  readTraderId,
} from '../store/read_changes.ts';
import { readPositionsAt } from '../store/read_positions.ts';
import { addToWatchlist, removeFromWatchlist } from '../store/watchlist.ts';
import { listingMark, readCursor, writeCursor } from './cursor.ts';
import { ApiError } from './errors.ts';
import { exportPieces } from './export.ts';
import type { Call, Handlers } from './routes.ts';
import { changeRow, positionRow } from './views.ts';

/** Offsets that one request looks at, at most: a filter that matches little must not read the whole log at once. */
const MAX_SPAN = 50_000;
const MONTH_MS = 30 * 86_400_000;

export interface LogHandlerOptions {
  readonly db: Database;
  readonly clock: Clock;
}

/** @throws ApiError `NOT_FOUND` for an address that was never seen. */
async function traderIdOf(db: Database, address: string): Promise<number> {
  const id = await readTraderId(db, address.toLowerCase());
  if (id === undefined) throw new ApiError('NOT_FOUND', 'No trade of this address has been seen.');
  return id;
}

interface FilterQuery {
  readonly trader?: string | undefined;
  readonly coin?: string | undefined;
  readonly kinds?: readonly ChangeKind[] | undefined;
}

/** A filter in the store's ids; an unknown trader or coin matches nothing, which the empty list of coins says. */
async function idsOf(db: Database, query: FilterQuery): Promise<ChangeFilterIds> {
  const traderId =
    query.trader === undefined ? undefined : await readTraderId(db, query.trader.toLowerCase());
  const coinIds = query.coin === undefined ? undefined : await coinIdsOf(db, query.coin);
  const nobody = query.trader !== undefined && traderId === undefined;
  return { traderId, coinIds: nobody ? [] : coinIds, kinds: query.kinds };
}

async function coinIdsOf(db: Database, symbol: string): Promise<number[]> {
  try {
    const { dex, name } = parseCoin(symbol);
    return await readCoinIds(db, dex, name);
  } catch (error) {
    if (error instanceof DomainError) throw new ApiError('REQUEST_INVALID', `query coin: ${error.message}`);
    throw error;
  }
}

/** Where to begin. @throws ApiError `LOG_PLACE_GONE` if the log does not continue behind the given place. */
function startOf(after: string | undefined, span: LogSpan, otherwise: number): number {
  if (after === undefined) return otherwise;
  const [epoch, offset] = after.split(':').map(Number) as [number, number];
  if (epoch !== span.epoch || offset > span.head || offset < span.first - 1) {
    throw new ApiError(
      'LOG_PLACE_GONE',
      `The log now reaches from ${span.epoch}:${span.first} to ${span.epoch}:${span.head}.`,
    );
  }
  return offset;
}

async function listEvents(db: Database, { query }: Call<'listEvents'>) {
  const span = await readLogSpan(db);
  if (span === undefined) return { items: [], next: null, more: false };
  const after = startOf(query.after, span, Math.max(span.first - 1, span.head - query.limit));
  const through = Math.min(span.head, after + MAX_SPAN);
  const ids = await idsOf(db, query);
  const views = await readLogSlice(db, { ...ids, epoch: span.epoch, after, through, limit: query.limit });
  // Asked again afterwards: what retention dropped before the read is not in it.
  startOf(`${span.epoch}:${after}`, (await readLogSpan(db)) ?? span, after);
  const reached = views.length === query.limit ? (views.at(-1)?.offset ?? through) : through;
  return { items: views.map(changeRow), next: `${span.epoch}:${reached}`, more: reached < span.head };
}

async function listTraderEvents(db: Database, { params, query }: Call<'listTraderEvents'>) {
  const traderId = await traderIdOf(db, params.address);
  const span = await readLogSpan(db);
  if (span === undefined) return { items: [], nextCursor: null };
  const mark = listingMark(['events', traderId, span.epoch, query.coin ?? '', query.kinds ?? []]);
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, mark);
  const coinIds = query.coin === undefined ? undefined : await coinIdsOf(db, query.coin);
  const views = await readLogBackward(db, {
    traderId,
    coinIds,
    kinds: query.kinds,
    epoch: span.epoch,
    before: cursor?.id ?? span.head + 1,
    from: 0,
    limit: query.limit + 1,
  });
  const items = views.slice(0, query.limit);
  const last = items.at(-1);
  const more = views.length > query.limit && last !== undefined;
  return {
    items: items.map(changeRow),
    nextCursor: more ? writeCursor(mark, { value: '', id: last.offset }) : null,
  };
}

async function exportEvents(db: Database, { query, reply }: Call<'exportEvents'>): Promise<Readable> {
  const span = (await readLogSpan(db)) ?? { epoch: 0, first: 1, head: 0 };
  const after = startOf(query.after, span, span.first - 1);
  const filter = await idsOf(db, query);
  const range = { filter, epoch: span.epoch, after, through: span.head, limit: query.limit };
  const type = query.format === 'csv' ? 'text/csv' : 'application/x-ndjson';
  reply.header('content-type', `${type}; charset=utf-8`);
  reply.header(
    'content-disposition',
    `attachment; filename="position-changes-${span.epoch}-${after}.${query.format}"`,
  );
  reply.header('x-log-head', `${span.epoch}:${span.head}`);
  return Readable.from(exportPieces(db, range, query.format));
}

async function getAccountValue({ db, clock }: LogHandlerOptions, { params, query }: Call<'getAccountValue'>) {
  const traderId = await traderIdOf(db, params.address);
  const to = query.to ?? clock.now();
  const from = query.from ?? Math.max(0, to - MONTH_MS);
  if (from >= to) throw new ApiError('REQUEST_INVALID', 'query from: must be before to');
  const stepMs = Math.max(1, Math.ceil((to - from) / query.points));
  const byDex = new Map<string, AccountValueView[]>();
  const { unified, views: all } = await readAccountValues(db, { traderId, from, to, stepMs });
  for (const view of all) {
    const list = byDex.get(view.dex);
    if (list) list.push(view);
    else byDex.set(view.dex, [view]);
  }
  return {
    from,
    to,
    series: [...byDex].map(([dex, views]) => ({
      dex,
      covers: unified ? ('account' as const) : ('dex' as const),
      points: views.map(({ dex: _dex, ...point }) => point),
    })),
  };
}

type LogOperations =
  | 'getTraderPositions'
  | 'listTraderEvents'
  | 'getAccountValue'
  | 'addToWatchlist'
  | 'removeFromWatchlist'
  | 'listEvents'
  | 'exportEvents';

export function createLogHandlers(options: LogHandlerOptions): Pick<Handlers, LogOperations> {
  const { db, clock } = options;
  return {
    getTraderPositions: async ({ params }) => {
      const { span, positions } = await readPositionsAt(db, await traderIdOf(db, params.address));
      return {
        at: span === undefined ? null : `${span.epoch}:${span.head}`,
        items: positions.map(positionRow),
      };
    },
    listTraderEvents: (call) => listTraderEvents(db, call),
    getAccountValue: (call) => getAccountValue(options, call),
    addToWatchlist: async ({ params }) => {
      const traderId = await traderIdOf(db, params.address);
      await db.transaction((tx) => addToWatchlist(tx, traderId, clock.now()));
      return undefined;
    },
    removeFromWatchlist: async ({ params }) => {
      const traderId = await traderIdOf(db, params.address);
      await db.transaction((tx) => removeFromWatchlist(tx, traderId, clock.now()));
      return undefined;
    },
    listEvents: (call) => listEvents(db, call),
    exportEvents: (call) => exportEvents(db, call),
  };
}
