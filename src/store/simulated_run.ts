/** The run of the simulated exchange that a database follows. Each start of the simulator is a world of its own. */
import type { Clock } from '../runtime/clock.ts';
import type { Database, Queryable } from './database.ts';
import { insertFeedGaps } from './feed_gaps.ts';
import type { Lease } from './leases.ts';
import { publishNews } from './news.ts';
import { beginStreamEpoch } from './stream_state.ts';
import { beginEpoch } from './world.ts';

/** Topic of the news that the epoch has changed. */
export const WORLD_TOPIC = 'world';

/** The run that was last followed; undefined if none was yet. */
export async function readSimulatedRun(db: Queryable): Promise<string | undefined> {
  const { rows } = await db.query<{ run: string | null }>('SELECT simulated_run AS run FROM world');
  return rows[0]?.run ?? undefined;
}

/**
 * Follows a run from now on. If another was followed before, what was known of its accounts is forgotten, the event
 * log begins a new epoch, and every watched coin gets a feed gap from when the feed was last whole.
 * @returns the new epoch, or undefined if this run was followed already or is the first.
 */
export async function followSimulatedRun(
  database: Database,
  lease: Lease,
  run: string,
  clock: Clock,
): Promise<number | undefined> {
  return database.transaction(async (tx) => {
    await lease.check(tx);
    const { rows } = await tx.query<{ run: string | null }>(
      'SELECT simulated_run AS run FROM world FOR UPDATE',
    );
    const before = rows[0]?.run ?? null;
    if (before === run) return undefined;
    await tx.query('UPDATE world SET simulated_run = $1', [run]);
    if (before === null) return undefined;
    await tx.query('SELECT forget_simulated_accounts()');
    await insertFeedGaps(tx, await gapsUntil(tx, clock.now()), clock.now());
    const { epoch } = await beginEpoch(tx, clock);
    // Here already: the stream would bring the old run's last changes into the positions of the new one.
    await beginStreamEpoch(tx, epoch);
    await publishNews(tx, WORLD_TOPIC, { epoch, offset: 0 });
    return epoch;
  });
}

/** From when the feed was last whole; before it ever was, from the last trade of each coin. */
async function gapsUntil(tx: Queryable, now: number) {
  const { rows } = await tx.query<{ coin: number; since: number }>(
    `SELECT coin, since FROM (
       SELECT c.coin_id AS coin,
         coalesce(f.refused_since, nullif(s.alive_until, 0), (SELECT max(t.time) FROM trades t WHERE t.coin_id = c.coin_id)) AS since
       FROM stream_state s, coins c LEFT JOIN coin_feed f USING (coin_id) WHERE c.watched_since IS NOT NULL AND c.retired_at IS NULL) w
     WHERE since IS NOT NULL`,
  );
  return rows.map(({ coin, since }) => ({
    coin,
    from: Math.min(since, now),
    to: now,
    reason: 'the simulated exchange began anew',
  }));
}
