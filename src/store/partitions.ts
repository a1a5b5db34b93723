/**
 * Partitions on demand. A table that grows by day is PARTITION BY RANGE (<time in ms>) and registered in its
 * migration with `SELECT register_day_partitions('table')`; the event log is PARTITION BY RANGE (epoch, offset) and
 * registered with `SELECT register_offset_partitions('table', 5000000)`.
 */
import type { Database } from './database.ts';

const DAY_MS = 86_400_000;

/** UTC exchange day of a time: whole days since 1970-01-01. */
export const utcDay = (timeMs: number): number => Math.floor(timeMs / DAY_MS);

/** Partitions already known to exist, by database and "table day" or "table epoch low". */
const known = new WeakMap<Database, Set<string>>();

function knownOf(database: Database): Set<string> {
  let set = known.get(database);
  if (set === undefined) {
    set = new Set();
    known.set(database, set);
  }
  return set;
}

/**
 * Makes the partitions that rows of these days need, each once; cheap when they exist. Runs on its own
 * connection, so it holds also when the caller's transaction rolls back: call it before the transaction.
 * `days` are those of `utcDay`.
 */
export async function ensureDayPartitions(
  database: Database,
  table: string,
  days: Iterable<number>,
): Promise<void> {
  const present = knownOf(database);
  for (const day of new Set(days)) {
    const key = `${table} ${day}`;
    if (present.has(key)) continue;
    await database.query('SELECT create_day_partition($1, $2)', [table, day]);
    present.add(key);
  }
}

/**
 * Makes the partitions of the event log that rows up to `throughOffset` need. The span is the table's own
 * (register_offset_partitions).
 */
export async function ensureOffsetPartitions(
  database: Database,
  table: string,
  range: { readonly epoch: number; readonly fromOffset: number; readonly throughOffset: number },
): Promise<void> {
  const span = await spanOf(database, table);
  const present = knownOf(database);
  for (let low = Math.floor(range.fromOffset / span) * span; low <= range.throughOffset; low += span) {
    const key = `${table} ${range.epoch} ${low}`;
    if (present.has(key)) continue;
    await database.query('SELECT create_offset_partition($1, $2, $3)', [table, range.epoch, low]);
    present.add(key);
  }
}

const spans = new WeakMap<Database, Map<string, number>>();

async function spanOf(database: Database, table: string): Promise<number> {
  let map = spans.get(database);
  if (map === undefined) {
    map = new Map();
    spans.set(database, map);
  }
  const cached = map.get(table);
  if (cached !== undefined) return cached;
  const { rows } = await database.query<{ span: number }>(
    `SELECT span FROM partitioned_tables WHERE table_name = $1 AND kind = 'offset'`,
    [table],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`table ${table} has no offset partitions`);
  map.set(table, row.span);
  return row.span;
}

/**
 * Retention: drops the partitions that lie wholly before the day of `beforeMs`; returns their names.
 * @throws StoreError `STORE_TIMEOUT` (retryable) when readers hold the table for more than 5 s.
 */
export async function dropPartitionsBefore(
  database: Database,
  table: string,
  beforeMs: number,
): Promise<string[]> {
  const day = utcDay(beforeMs);
  const { rows } = await database.query<{ name: string }>(
    'SELECT name FROM drop_day_partitions_before($1, $2) AS name',
    [table, day],
  );
  forget(database, table, (dayOrEpoch) => dayOrEpoch < day);
  return rows.map((row) => row.name);
}

/** Drops the log's partitions of older epochs and those of this epoch that end at or before `offset`. */
export async function dropOffsetPartitionsBefore(
  database: Database,
  table: string,
  cursor: { readonly epoch: number; readonly offset: number },
): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    'SELECT name FROM drop_offset_partitions_before($1, $2, $3) AS name',
    [table, cursor.epoch, cursor.offset],
  );
  if (rows.length > 0) forget(database, table, () => true);
  return rows.map((row) => row.name);
}

function forget(database: Database, table: string, gone: (dayOrEpoch: number) => boolean): void {
  const present = knownOf(database);
  for (const key of present) {
    if (key.startsWith(`${table} `) && gone(Number(key.split(' ')[1]))) present.delete(key);
  }
}
