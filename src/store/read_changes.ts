/** The event log as the API reads it: forward by offset, backward for one trader. */
import type { ChangeCause } from '../domain/change_columns.ts';
import type { PositionKnown } from '../domain/position.ts';
import type { Queryable } from './database.ts';

export type ChangeKindName = 'opened' | 'increased' | 'reduced' | 'closed' | 'flipped';

export interface ChangeView {
  readonly epoch: number;
  readonly offset: number;
  readonly trader: string;
  readonly dex: string;
  readonly coinName: string;
  readonly kind: ChangeKindName;
  readonly cause: ChangeCause;
  readonly sizeBefore: string;
  readonly sizeAfter: string;
  readonly price: string | null;
  readonly notionalUsd: string | null;
  readonly realisedPnlUsd: string;
  readonly known: PositionKnown;
  readonly tradeIds: readonly number[];
  readonly exchangeTime: number;
  readonly receivedAt: number;
  readonly committedAt: number;
}

export interface ChangeFilterIds {
  readonly traderId?: number | undefined;
  readonly coinIds?: readonly number[] | undefined;
  readonly kinds?: readonly ChangeKindName[] | undefined;
}

interface ChangeRow {
  epoch: number;
  log_offset: number;
  address: Buffer;
  dex: string;
  name: string;
  kind: ChangeKindName;
  cause: ChangeCause;
  size_before: string;
  size_after: string;
  price: string | null;
  notional_usd: string | null;
  realised_pnl_usd: string;
  known: PositionKnown;
  trade_ids: number[];
  exchange_time: number;
  received_at: number;
  committed_at: number;
}

const COLUMNS = `c.epoch, c.log_offset, t.address, k.dex, k.name, c.kind::text, c.cause::text,
  trim_scale(c.size_before)::text AS size_before, trim_scale(c.size_after)::text AS size_after,
  trim_scale(c.price)::text AS price, trim_scale(c.notional_usd)::text AS notional_usd,
  trim_scale(c.realised_pnl_usd)::text AS realised_pnl_usd, c.known::text, c.trade_ids,
  c.exchange_time, c.received_at, c.committed_at`;

const JOINS = 'JOIN traders t ON t.trader_id = c.trader_id JOIN coins k ON k.coin_id = c.coin_id';

const toView = (row: ChangeRow): ChangeView => ({
  epoch: row.epoch,
  offset: row.log_offset,
  trader: `0x${row.address.toString('hex')}`,
  dex: row.dex,
  coinName: row.name,
  kind: row.kind,
  cause: row.cause,
  sizeBefore: row.size_before,
  sizeAfter: row.size_after,
  price: row.price,
  notionalUsd: row.notional_usd,
  realisedPnlUsd: row.realised_pnl_usd,
  known: row.known,
  tradeIds: row.trade_ids,
  exchangeTime: row.exchange_time,
  receivedAt: row.received_at,
  committedAt: row.committed_at,
});

/** Conditions of a filter over `c`; each value becomes a parameter. */
function conditions(filter: ChangeFilterIds, param: (value: unknown, cast: string) => string): string[] {
  const list: string[] = [];
  if (filter.traderId !== undefined) list.push(`c.trader_id = ${param(filter.traderId, 'int8')}`);
  if (filter.coinIds !== undefined) list.push(`c.coin_id = ANY (${param(filter.coinIds, 'int4[]')})`);
  if (filter.kinds !== undefined)
    list.push(`c.kind = ANY (${param(filter.kinds, 'position_change_kind[]')})`);
  return list;
}

export interface LogSlice extends ChangeFilterIds {
  readonly epoch: number;
  /** Offsets above this… */
  readonly after: number;
  /** …and up to this, which bounds the work whatever the filter. */
  readonly through: number;
  readonly limit: number;
}

/** Matching changes of a span of the log, oldest first. */
export async function readLogSlice(db: Queryable, slice: LogSlice): Promise<ChangeView[]> {
  const params: unknown[] = [slice.epoch, slice.after, slice.through, slice.limit];
  const where = conditions(slice, (value, cast) => `$${params.push(value)}::${cast}`);
  const { rows } = await db.query<ChangeRow>(
    `SELECT ${COLUMNS} FROM (
       SELECT * FROM position_changes c
       WHERE ${['epoch = $1 AND log_offset > $2 AND log_offset <= $3', ...where].join(' AND ')}
       ORDER BY log_offset LIMIT $4) c ${JOINS} ORDER BY c.log_offset`,
    params,
    // Without a filter it is what every follower of the log asks, many times a second: planned once.
    where.length === 0 ? 'read_log_slice' : undefined,
  );
  return rows.map(toView);
}

/** Matching changes of an epoch before an offset, newest first, from no further back than `from`. */
export async function readLogBackward(
  db: Queryable,
  slice: ChangeFilterIds & {
    readonly epoch: number;
    readonly before: number;
    readonly from: number;
    readonly limit: number;
  },
): Promise<ChangeView[]> {
  const params: unknown[] = [slice.epoch, slice.before, slice.from, slice.limit];
  const where = conditions(slice, (value, cast) => `$${params.push(value)}::${cast}`);
  const { rows } = await db.query<ChangeRow>(
    `SELECT ${COLUMNS} FROM (
       SELECT * FROM position_changes c
       WHERE ${['epoch = $1 AND log_offset < $2 AND log_offset >= $3', ...where].join(' AND ')}
       ORDER BY log_offset DESC LIMIT $4) c ${JOINS} ORDER BY c.log_offset DESC`,
    params,
  );
  return rows.map(toView);
}

export interface LogSpan {
  readonly epoch: number;
  /** Oldest offset that is still kept; `head` + 1 if none is. */
  readonly first: number;
  /** Newest offset; 0 before the first. */
  readonly head: number;
}

/** What of the log there is now; undefined before the stream role's first start. */
export async function readLogSpan(db: Queryable): Promise<LogSpan | undefined> {
  const { rows } = await db.query<{ epoch: number; head: number; first: number | null }>(
    `SELECT s.epoch, s.next_offset - 1 AS head,
       (SELECT c.log_offset FROM position_changes c WHERE c.epoch = s.epoch ORDER BY c.log_offset LIMIT 1) AS first
     FROM stream_state s`,
    [],
    'read_log_span',
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const head = Math.max(0, row.head);
  return { epoch: row.epoch, head, first: row.first ?? head + 1 };
}

/** Ids of a coin by its dex and name: the live one and those that it had before. */
export async function readCoinIds(db: Queryable, dex: string, name: string): Promise<number[]> {
  const { rows } = await db.query<{ coin_id: number }>(
    'SELECT coin_id FROM coins WHERE dex = $1 AND name = $2',
    [dex, name],
    'read_coin_ids',
  );
  return rows.map((row) => row.coin_id);
}

/** The id of a trader, or undefined if it was never seen. */
export async function readTraderId(db: Queryable, address: string): Promise<number | undefined> {
  const { rows } = await db.query<{ trader_id: number }>(
    'SELECT trader_id FROM traders WHERE address = $1',
    [Buffer.from(address.slice(2), 'hex')],
    'read_trader_id',
  );
  return rows[0]?.trader_id;
}
