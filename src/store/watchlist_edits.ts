/** The user's hand on the list of watched traders. Readers of the list are told by news of topic `watchlist`. */
import type { Database, Queryable } from './database.ts';
import { publishNews } from './news.ts';

/** @param now ms UTC. Safe to repeat. */
export function addToWatchlist(database: Database, traderId: number, now: number): Promise<void> {
  return edit(database, now, (tx) =>
    tx.query('INSERT INTO watchlist (trader_id, added_at) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      traderId,
      now,
    ]),
  );
}

/** Safe to repeat. */
export function removeFromWatchlist(database: Database, traderId: number, now: number): Promise<void> {
  return edit(database, now, (tx) => tx.query('DELETE FROM watchlist WHERE trader_id = $1', [traderId]));
}

async function edit(
  database: Database,
  now: number,
  write: (tx: Queryable) => Promise<{ readonly rowCount: number }>,
): Promise<void> {
  await database.transaction(async (tx) => {
    const { rowCount } = await write(tx);
    // The list has no log: the time stands for the offset.
    if (rowCount > 0) await publishNews(tx, 'watchlist', { epoch: 0, offset: now });
  });
}
