/** One trader's positions at one place of the log. */
import type { PositionKnown } from '../domain/position.ts';
import type { Database, Queryable } from './database.ts';
import { type LogSpan, readLogSpan } from './read_changes.ts';

export interface PositionView {
  readonly dex: string;
  readonly coinName: string;
  /** Signed, coin units. */
  readonly size: string;
  /** Average entry price; null where the cost is not known. */
  readonly entryPrice: string | null;
  /** Realised in this episode, USD. */
  readonly episodePnlUsd: string;
  readonly known: PositionKnown;
  readonly openedAt: number;
  readonly changedAt: number;
  readonly verifiedAt: number | null;
}

interface PositionRow {
  dex: string;
  name: string;
  size: string;
  entry_price: string | null;
  episode_pnl_usd: string;
  known: PositionKnown;
  opened_at: number;
  changed_at: number;
  verified_at: number | null;
}

/**
 * The checkpoint may lag behind the log: a coin's newest change after its row replaces it. What a loss of the feed
 * has made doubtful is told by the coin's row of `coin_feed`.
 */
async function readOpenPositions(db: Queryable, traderId: number): Promise<PositionView[]> {
  const { rows } = await db.query<PositionRow>(
    `WITH fresh AS (
       SELECT DISTINCT ON (c.coin_id) c.coin_id, c.size_after AS size, c.cost_usd, c.episode_pnl_usd, c.opened_at,
         c.exchange_time AS changed_at,
         CASE WHEN c.known = 'exact'
           AND (coalesce(f.interrupted, true) OR greatest(c.exchange_time, p.verified_at) < f.exact_since)
           THEN 'stale' ELSE c.known END AS known,
         p.verified_at
       FROM stream_state s
       JOIN position_changes c ON c.epoch = s.epoch AND c.log_offset >= s.positions_through
       LEFT JOIN positions p ON p.trader_id = c.trader_id AND p.coin_id = c.coin_id
       LEFT JOIN coin_feed f ON f.coin_id = c.coin_id
       WHERE c.trader_id = $1 AND (p.log_offset IS NULL OR c.log_offset > p.log_offset)
       ORDER BY c.coin_id, c.log_offset DESC),
     merged AS (
       SELECT * FROM fresh
       UNION ALL
       SELECT p.coin_id, p.size, p.cost_usd, p.episode_pnl_usd, p.opened_at, p.changed_at, p.known, p.verified_at
       FROM current_positions p
       WHERE p.trader_id = $1 AND NOT EXISTS (SELECT FROM fresh WHERE fresh.coin_id = p.coin_id))
     SELECT k.dex, k.name, trim_scale(m.size)::text AS size,
       trim_scale(round(m.cost_usd / abs(m.size), 8))::text AS entry_price,
       trim_scale(m.episode_pnl_usd)::text AS episode_pnl_usd, m.known::text, m.opened_at, m.changed_at, m.verified_at
     FROM merged m JOIN coins k USING (coin_id) WHERE m.size <> 0 ORDER BY m.cost_usd DESC`,
    [traderId],
  );
  return rows.map((row) => ({
    dex: row.dex,
    coinName: row.name,
    size: row.size,
    entryPrice: row.entry_price,
    episodePnlUsd: row.episode_pnl_usd,
    known: row.known,
    openedAt: row.opened_at,
    changedAt: row.changed_at,
    verifiedAt: row.verified_at,
  }));
}

/** Positions and the log as of one moment: the positions include every change up to the span's head, none beyond. */
export function readPositionsAt(
  db: Database,
  traderId: number,
): Promise<{ span: LogSpan | undefined; positions: PositionView[] }> {
  return db.transaction(
    async (tx) => ({ span: await readLogSpan(tx), positions: await readOpenPositions(tx, traderId) }),
    { isolation: 'repeatable read' },
  );
}
