/** What the System page shows of tracking: sweep, how positions are known, gaps and drift. */
import type { PositionKnown } from '../domain/position.ts';
import type { Queryable } from './database.ts';

export interface SweepView {
  readonly tracked: number;
  readonly never: number;
  readonly oldestAt: number | null;
  /** Traders whose age lies at or below each given bound and above the one before; the last counts the rest. */
  readonly bins: readonly number[];
  readonly waiting: number;
}

/** Ages of the last audit of all tracked traders. Reads whole indexes: for the occasional look. */
export async function readSweep(db: Queryable, now: number, bounds: readonly number[]): Promise<SweepView> {
  const { rows } = await db.query<{ bin: number; traders: number; oldest: number }>(
    `SELECT width_bucket($1::int8 - last_tracked_at - 1, $2::int8[]) AS bin,
       count(*) AS traders, min(last_tracked_at) AS oldest
     FROM traders WHERE last_tracked_at IS NOT NULL GROUP BY 1`,
    [now, bounds],
  );
  const bins = new Array<number>(bounds.length + 1).fill(0);
  let oldestAt: number | null = null;
  for (const row of rows) {
    bins[row.bin] = row.traders;
    if (oldestAt === null || row.oldest < oldestAt) oldestAt = row.oldest;
  }
  const { rows: counted } = await db.query<{ traders: number; asked: number }>(
    'SELECT (SELECT count(*) FROM traders) AS traders, (SELECT count(*) FROM poll_requests) AS asked',
  );
  const tracked = bins.reduce((sum, count) => sum + count, 0);
  const never = Math.max(0, (counted[0]?.traders ?? 0) - tracked);
  return { tracked, never, oldestAt, bins, waiting: counted[0]?.asked ?? 0 };
}

/** Open positions by how they are known, losses of the feed taken into account. */
export async function readKnownShares(db: Queryable): Promise<{ known: PositionKnown; positions: number }[]> {
  const { rows } = await db.query<{ known: PositionKnown; positions: number }>(
    'SELECT known::text, count(*) AS positions FROM current_positions WHERE size <> 0 GROUP BY 1 ORDER BY 1',
  );
  return rows;
}

export interface FeedGapView {
  readonly dex: string;
  readonly name: string;
  readonly from_time: number;
  readonly to_time: number;
  readonly reason: string;
  readonly recorded_at: number;
}

/** The newest gaps. */
export async function readFeedGaps(db: Queryable, limit: number): Promise<FeedGapView[]> {
  const { rows } = await db.query<FeedGapView>(
    `SELECT c.dex, c.name, g.from_time, g.to_time, g.reason, g.recorded_at
     FROM feed_gaps g JOIN coins c USING (coin_id) ORDER BY g.recorded_at DESC, g.gap_id DESC LIMIT $1`,
    [limit],
  );
  return rows;
}

export interface DriftView {
  readonly address: Buffer;
  readonly dex: string;
  readonly name: string;
  readonly book_size: string;
  readonly venue_size: string;
  readonly known: PositionKnown;
  readonly cause: string;
  readonly state_time: number;
  readonly recorded_at: number;
}

/** ms between the audits of the two sides of one trade: each has its turn within a day, or is never asked in time. */
const MIRROR_MS = 86_400_000;

/**
 * The newest differences that audits found. One that its own snapshot could not explain may be explained by another
 * trader's, found before or after: where somebody drifted by as much the other way in the same coin, both sides of one
 * trade are missing (`missed_trade`), or, where the other one was liquidated, this one was deleveraged for it.
 */
export async function readDrift(db: Queryable, limit: number): Promise<DriftView[]> {
  const { rows } = await db.query<DriftView>(
    `SELECT t.address, c.dex, c.name, trim_scale(d.book_size)::text AS book_size,
       trim_scale(d.venue_size)::text AS venue_size, d.known::text, coalesce(mirror.cause, d.cause) AS cause,
       d.state_time, d.recorded_at
     FROM (SELECT * FROM drift_records ORDER BY drift_id DESC LIMIT $1) d
     JOIN coins c USING (coin_id) JOIN traders t USING (trader_id)
     LEFT JOIN LATERAL (
       SELECT CASE other.cause WHEN 'liquidation' THEN 'deleveraging' ELSE 'missed_trade' END AS cause
       FROM drift_records other
       WHERE d.cause = 'unexplained' AND other.cause IN ('unexplained', 'liquidation')
         AND other.coin_id = d.coin_id AND other.trader_id <> d.trader_id
         AND other.state_time BETWEEN d.state_time - $2 AND d.state_time + $2
         AND other.venue_size - other.book_size = d.book_size - d.venue_size
       ORDER BY other.cause, other.drift_id LIMIT 1) mirror ON true
     ORDER BY d.drift_id DESC`,
    [limit, MIRROR_MS],
  );
  return rows;
}

/** Account snapshots and differences since a time (ms). */
export async function readAuditCounts(
  db: Queryable,
  since: number,
): Promise<{ audits: number; drift: number }> {
  const { rows } = await db.query<{ audits: number; drift: number }>(
    `SELECT (SELECT count(*) FROM account_snapshots WHERE state_time > $1) AS audits,
       (SELECT count(*) FROM drift_records WHERE recorded_at > $1) AS drift`,
    [since],
  );
  return rows[0] ?? { audits: 0, drift: 0 };
}
