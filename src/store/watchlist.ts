/** Traders on the user's list: their changes are written at once and they are polled first. */
import type { Queryable } from './database.ts';

export async function readWatchlist(db: Queryable): Promise<Set<number>> {
  const { rows } = await db.query<{ trader_id: number }>(
    'SELECT trader_id FROM watchlist',
    [],
    'read_watchlist',
  );
  return new Set(rows.map((row) => row.trader_id));
}
