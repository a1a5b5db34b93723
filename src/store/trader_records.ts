/** Traders' records (as deflated JSON; what is inside is the ranking's) and their daily series. */
import type { Queryable } from './database.ts';

export interface StoredRecord {
  readonly traderId: number;
  /** Grows with every change of any record. */
  readonly version: number;
  /** ms UTC. */
  readonly through: number;
  readonly format: number;
  readonly record: Buffer;
}

interface RecordRow {
  trader_id: number;
  version: number;
  through: number;
  format: number;
  record: Buffer;
}

const toRecord = ({ trader_id: traderId, ...row }: RecordRow): StoredRecord => ({ traderId, ...row });

/** A record as the venue told it. */
export async function readRecord(db: Queryable, traderId: number): Promise<StoredRecord | undefined> {
  const { rows } = await db.query<RecordRow>(
    'SELECT trader_id, version, through, format, record FROM trader_records WHERE trader_id = $1',
    [traderId],
    'read_record',
  );
  return rows[0] && toRecord(rows[0]);
}

/** Records by trader, in the order of ids, carried on by the feed where it has. */
export async function readRecords(db: Queryable, traderIds: readonly number[]): Promise<StoredRecord[]> {
  const { rows } = await db.query<RecordRow>(
    `SELECT trader_id, version, coalesce(extended_through, through) AS through, format,
       coalesce(extended, record) AS record FROM trader_records
     WHERE trader_id = ANY ($1::int8[]) ORDER BY trader_id`,
    [traderIds],
    'read_records',
  );
  return rows.map(toRecord);
}

/** Up to where changes of records have been read: a transaction's number, in decimal. */
export type RecordCursor = string;
export const FIRST_RECORD: RecordCursor = '0';

export interface RecordVersions {
  readonly versions: ReadonlyMap<number, number>;
  /** From here on the next read misses nothing. */
  readonly next: RecordCursor;
}

/**
 * Versions of the records that have changed since `from`, and of some that changed shortly before: whatever was not yet
 * committed then belongs to a transaction that was open, and none is older than the oldest of these.
 */
export async function readRecordVersions(db: Queryable, from: RecordCursor): Promise<RecordVersions> {
  // Before the records, in a statement of its own: what is open now may be committed when the records are read, and
  // is then read twice.
  const { rows: open } = await db.query<{ oldest: RecordCursor }>(
    'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS oldest',
    [],
    'oldest_transaction',
  );
  const { rows } = await db.query<{ trader_id: number; version: number }>(
    'SELECT trader_id, version FROM trader_records WHERE changed_in >= $1::xid8',
    [from],
  );
  return {
    versions: new Map(rows.map((row) => [row.trader_id, row.version])),
    next: open[0]?.oldest ?? from,
  };
}

export interface DailySeries {
  readonly days: readonly number[];
  readonly ownReturn: readonly number[];
  readonly copyReturn: readonly number[];
  /** Micro-USD. */
  readonly pnl: readonly number[];
  readonly equity: readonly number[];
}

/** Stores a record and its series. */
export async function writeRecord(
  tx: Queryable,
  record: Omit<StoredRecord, 'version'>,
  series: DailySeries,
): Promise<void> {
  await tx.query(
    `INSERT INTO trader_records (trader_id, through, format, record) VALUES ($1, $2, $3, $4)
     ON CONFLICT (trader_id) DO UPDATE SET version = nextval('trader_record_versions'), through = excluded.through,
       format = excluded.format, record = excluded.record, extended = NULL, extended_through = NULL,
       tried_through = 0`,
    [record.traderId, record.through, record.format, record.record],
    'write_record',
  );
  await tx.query(
    `INSERT INTO trader_daily_series (trader_id, days, own_return, copy_return, pnl, equity)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (trader_id) DO UPDATE SET days = excluded.days, own_return = excluded.own_return,
       copy_return = excluded.copy_return, pnl = excluded.pnl, equity = excluded.equity`,
    [record.traderId, series.days, series.ownReturn, series.copyReturn, series.pnl, series.equity],
    'write_daily_series',
  );
}
