/** Traders on the user's list: their changes are written at once and they are polled first. */
import type { Queryable } from './database.ts';
import { publishNews } from './news.ts';

/** News topic of the list; readers read it whole. */
const TOPIC = 'watchlist';

export async function readWatchlist(db: Queryable): Promise<Set<number>> {
  const { rows } = await db.query<{ trader_id: number }>(
    'SELECT trader_id FROM watchlist',
    [],
    'read_watchlist',
  );
  return new Set(rows.map((row) => row.trader_id));
}

/** @param now ms. Adding again changes nothing. */
export async function addToWatchlist(db: Queryable, traderId: number, now: number): Promise<void> {
  await db.query(
    'INSERT INTO watchlist (trader_id, added_at) VALUES ($1, $2) ON CONFLICT (trader_id) DO NOTHING',
    [traderId, now],
  );
  await publishNews(db, TOPIC, { epoch: 0, offset: now });
}

export async function removeFromWatchlist(db: Queryable, traderId: number, now: number): Promise<void> {
  await db.query('DELETE FROM watchlist WHERE trader_id = $1', [traderId]);
  await publishNews(db, TOPIC, { epoch: 0, offset: now });
}
