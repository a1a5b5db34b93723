/** Traders on the user's list: their changes are written at once and they are polled first. */
import { FIRST_DEX } from '../domain/coin.ts';
import { POLL_PRIORITY, requestPolls } from './audits.ts';
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

/**
 * Asks also for a poll before all others on each dex where the trader has positions, else on the first.
 * @param now ms. Adding again changes nothing.
 */
export async function addToWatchlist(tx: Queryable, traderId: number, now: number): Promise<void> {
  const { rowCount } = await tx.query(
    'INSERT INTO watchlist (trader_id, added_at) VALUES ($1, $2) ON CONFLICT (trader_id) DO NOTHING',
    [traderId, now],
  );
  if (rowCount === 1) {
    const dexs = await openDexs(tx, traderId);
    const poll = { traderId, priority: POLL_PRIORITY.watchedAnomaly, reason: 'watched' };
    await requestPolls(
      tx,
      (dexs.length > 0 ? dexs : [FIRST_DEX]).map((dex) => ({ ...poll, dex })),
      now,
    );
  }
  await publishNews(tx, TOPIC, { epoch: 0, offset: now });
}

async function openDexs(tx: Queryable, traderId: number): Promise<string[]> {
  const { rows } = await tx.query<{ dex: string }>(
    'SELECT DISTINCT dex FROM positions JOIN coins USING (coin_id) WHERE trader_id = $1 AND size <> 0 ORDER BY dex',
    [traderId],
  );
  return rows.map((row) => row.dex);
}

export async function removeFromWatchlist(db: Queryable, traderId: number, now: number): Promise<void> {
  await db.query('DELETE FROM watchlist WHERE trader_id = $1', [traderId]);
  await publishNews(db, TOPIC, { epoch: 0, offset: now });
}
