/** Pages of a past that is being read, so that a read which is cut off goes on where it was. */
import { deflateSync, inflateSync } from 'node:zlib';
import type { Queryable } from './database.ts';

export interface KeptPages {
  /** The venue's rows in the order of the pages. */
  readonly rows: unknown[];
  /** Where the next page begins, as it was kept. */
  readonly cursor: unknown;
}

export interface PageKey {
  readonly traderId: number;
  /** Where the read begins, ms UTC. */
  readonly from: number;
  readonly stream: string;
}

/** Beginnings of the reads of a trader that were cut off. */
export async function readCutBeginnings(db: Queryable, traderId: number): Promise<number[]> {
  const { rows } = await db.query<{ from_time: number }>(
    'SELECT DISTINCT from_time FROM history_pages WHERE trader_id = $1 ORDER BY from_time DESC',
    [traderId],
    'read_cut_beginnings',
  );
  return rows.map((row) => row.from_time);
}

export async function readPages(db: Queryable, key: PageKey): Promise<KeptPages | undefined> {
  const { rows } = await db.query<{ rows: Buffer; cursor: unknown }>(
    `SELECT rows, cursor FROM history_pages WHERE trader_id = $1 AND from_time = $2 AND stream = $3 ORDER BY page`,
    [key.traderId, key.from, key.stream],
    'read_history_pages',
  );
  if (rows.length === 0) return undefined;
  return {
    rows: rows.flatMap((row) => JSON.parse(inflateSync(row.rows).toString('utf8')) as unknown[]),
    cursor: rows.at(-1)?.cursor,
  };
}

export async function keepPage(
  db: Queryable,
  key: PageKey,
  page: { readonly rows: readonly unknown[]; readonly cursor: unknown; readonly readAt: number },
): Promise<void> {
  await db.query(
    `INSERT INTO history_pages (trader_id, from_time, stream, page, cursor, rows, read_at)
     SELECT $1, $2, $3, count(*), $4::jsonb, $5, $6 FROM history_pages
     WHERE trader_id = $1 AND from_time = $2 AND stream = $3`,
    [
      key.traderId,
      key.from,
      key.stream,
      JSON.stringify(page.cursor),
      deflateSync(JSON.stringify(page.rows), { level: 1 }),
      page.readAt,
    ],
    'keep_history_page',
  );
}

/** The record is stored: its pages are not needed any more. */
export async function dropPages(tx: Queryable, traderId: number): Promise<void> {
  await tx.query('DELETE FROM history_pages WHERE trader_id = $1', [traderId], 'drop_history_pages');
}
