/** Fills from the venue's public archive, by address and hour. */
import { deflateSync, inflateSync } from 'node:zlib';
import type { Database, Queryable } from './database.ts';

const ROWS_PER_STATEMENT = 500;
const HOUR_MS = 3_600_000;

/** Hours within [from, to] (ms UTC) that are imported, oldest first. */
export async function readImportedHours(db: Queryable, from: number, to: number): Promise<number[]> {
  const { rows } = await db.query<{ hour: number }>(
    'SELECT hour FROM archived_hours WHERE hour BETWEEN $1 AND $2 ORDER BY hour',
    [from, to],
    'read_imported_hours',
  );
  return rows.map((row) => row.hour);
}

/** Stores an hour whole, in place of what was there. @param fills by address (0x, lower case) */
export async function storeArchivedHour(
  database: Database,
  hour: number,
  fills: ReadonlyMap<string, readonly unknown[]>,
  now: number,
): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('DELETE FROM archived_fills WHERE hour = $1', [hour]);
    const all = [...fills];
    for (let at = 0; at < all.length; at += ROWS_PER_STATEMENT) {
      const batch = all.slice(at, at + ROWS_PER_STATEMENT);
      await tx.query(
        `INSERT INTO archived_fills (address, hour, fills)
         SELECT decode(substr(address, 3), 'hex'), $1, fills FROM unnest($2::text[], $3::bytea[]) AS u (address, fills)`,
        [
          hour,
          batch.map(([address]) => address),
          batch.map(([, rows]) => deflateSync(JSON.stringify(rows), { level: 1 })),
        ],
        'store_archived_fills',
      );
    }
    const count = all.reduce((sum, [, rows]) => sum + rows.length, 0);
    await tx.query(
      `INSERT INTO archived_hours VALUES ($1, $2, $3)
       ON CONFLICT (hour) DO UPDATE SET imported_at = excluded.imported_at, fills = excluded.fills`,
      [hour, now, count],
    );
  });
}

/** Fills of an address in the hours that begin within [from, to], in the archive's order. */
export async function readArchivedFills(
  db: Queryable,
  address: string,
  from: number,
  to: number,
): Promise<unknown[]> {
  const { rows } = await db.query<{ fills: Buffer }>(
    `SELECT fills FROM archived_fills WHERE address = decode(substr($1, 3), 'hex') AND hour BETWEEN $2 AND $3
     ORDER BY hour`,
    [address, from, to],
    'read_archived_fills',
  );
  return rows.flatMap((row) => JSON.parse(inflateSync(row.fills).toString('utf8')) as unknown[]);
}

/**
 * Where imported hours without a gap up to the hour of `until` begin (ms UTC); undefined when that hour is not
 * imported.
 */
export async function readCoveredFrom(db: Queryable, until: number): Promise<number | undefined> {
  const last = Math.floor(until / HOUR_MS) * HOUR_MS;
  const { rows } = await db.query<{ from: number | null }>(
    `SELECT min(hour) AS from FROM (
       SELECT hour, hour - row_number() OVER (ORDER BY hour) * ${HOUR_MS} AS run FROM archived_hours WHERE hour <= $1) h
     WHERE run = (SELECT $1 - count(*) * ${HOUR_MS} FROM archived_hours WHERE hour <= $1)
       AND EXISTS (SELECT FROM archived_hours WHERE hour = $1)`,
    [last],
    'read_covered_from',
  );
  return rows[0]?.from ?? undefined;
}

/** Addresses of every known trader, 0x and lower case. */
export async function readKnownAddresses(db: Queryable): Promise<Set<string>> {
  const { rows } = await db.query<{ address: string }>(
    `SELECT '0x' || encode(address, 'hex') AS address FROM traders`,
  );
  return new Set(rows.map((row) => row.address));
}

/**
 * Lets records begin anew that the venue could not tell in full, where the archive has fills of the trader.
 * @returns how many
 */
export async function rereadTruncated(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE trader_history h SET rebuild = true, next_at = 0 FROM traders t
     WHERE t.trader_id = h.trader_id AND h.why_truncated = 'VENUE_KEEPS_10000_FILLS'
       AND EXISTS (SELECT FROM archived_fills a WHERE a.address = t.address AND a.hour < h.complete_since)`,
  );
  return rowCount;
}
