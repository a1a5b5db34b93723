/** The leaderboard as the API shows it: what a page adds to the published board, one trader's standing, progress. */
import type { Queryable } from './database.ts';

export interface BoardDetail {
  readonly traderId: number;
  readonly address: string;
  /** As stored: gates, reasonsFor, against. */
  readonly explanation: unknown;
  /** Daily returns of a follower over the window, oldest first. */
  readonly copyReturns: readonly number[];
  /** As stored: every metric by its name; null unless it was asked for. */
  readonly metrics: unknown;
}

/** Details of some traders in a window (days; 0 is the whole record), with all metrics where they are wanted. */
export async function readBoardDetails(
  db: Queryable,
  windowDays: number,
  { traderIds, metrics }: { readonly traderIds: readonly number[]; readonly metrics: boolean },
): Promise<Map<number, BoardDetail>> {
  const { rows } = await db.query<{
    trader_id: number;
    address: Buffer;
    explanation: unknown;
    copy_returns: number[] | null;
    metrics: unknown;
  }>(
    `SELECT m.trader_id, t.address, m.explanation, CASE WHEN $3 THEN m.metrics END AS metrics,
       CASE WHEN $1 = 0 THEN s.copy_return
         ELSE s.copy_return[greatest(1, cardinality(s.copy_return) - $1 + 1):] END AS copy_returns
     FROM leaderboard_metrics m JOIN traders t USING (trader_id) LEFT JOIN trader_daily_series s USING (trader_id)
     WHERE m.window_days = $1 AND m.trader_id = ANY ($2::int8[])`,
    [windowDays, traderIds, metrics],
    'read_board_details',
  );
  const details = rows.map((row) => ({
    traderId: row.trader_id,
    address: `0x${row.address.toString('hex')}`,
    explanation: row.explanation,
    copyReturns: row.copy_returns ?? [],
    metrics: row.metrics,
  }));
  return new Map(details.map((detail) => [detail.traderId, detail]));
}

/** What a trader's own record says in a window. */
export interface TraderMetrics {
  /** As stored: gates, reasonsFor, against, checks, decay. */
  readonly explanation: unknown;
  /** As stored: every metric by its name. */
  readonly metrics: unknown;
  /** ms UTC. */
  readonly computedAt: number;
}

/** Undefined when no record of the trader was computed. */
export async function readTraderMetrics(
  db: Queryable,
  traderId: number,
  windowDays: number,
): Promise<TraderMetrics | undefined> {
  const { rows } = await db.query<TraderMetrics>(
    `SELECT explanation, metrics, computed_at AS "computedAt" FROM leaderboard_metrics
     WHERE window_days = $1 AND trader_id = $2`,
    [windowDays, traderId],
    'read_trader_metrics',
  );
  return rows[0];
}

export interface HistoryView {
  readonly state: 'complete' | 'truncated' | null;
  readonly completeSince: number | null;
  readonly through: number | null;
  readonly fills: number;
  readonly reconciled: boolean | null;
}

export async function readHistoryView(db: Queryable, traderId: number): Promise<HistoryView | undefined> {
  const { rows } = await db.query<{
    state: 'complete' | 'truncated' | null;
    complete_since: number | null;
    fills_through: number | null;
    fill_count: number;
    reconciled: boolean | null;
  }>(
    `SELECT state, complete_since, fills_through, fill_count, reconciled FROM trader_history WHERE trader_id = $1`,
    [traderId],
    'read_history_view',
  );
  const row = rows[0];
  return (
    row && {
      state: row.state,
      completeSince: row.complete_since,
      through: row.fills_through,
      fills: row.fill_count,
      reconciled: row.reconciled,
    }
  );
}

export interface SeriesView {
  readonly day: readonly number[];
  readonly ownReturn: readonly number[];
  readonly copyReturn: readonly number[];
  /** Micro-USD. */
  readonly pnl: readonly number[];
  readonly equity: readonly number[];
}

export async function readDailySeries(db: Queryable, traderId: number): Promise<SeriesView | undefined> {
  const { rows } = await db.query<{
    days: number[];
    own_return: number[];
    copy_return: number[];
    pnl: number[];
    equity: number[];
  }>(
    'SELECT days, own_return, copy_return, pnl, equity FROM trader_daily_series WHERE trader_id = $1',
    [traderId],
    'read_daily_series',
  );
  const row = rows[0];
  return (
    row && {
      day: row.days,
      ownReturn: row.own_return,
      copyReturn: row.copy_return,
      pnl: row.pnl,
      equity: row.equity,
    }
  );
}

export interface ProgressView {
  readonly traders: number;
  /** With an account snapshot that the position book took over. */
  readonly seeded: number;
  readonly wanted: number;
  readonly backfilled: number;
  readonly judged: number;
  readonly evidenced: number;
  /** Read for the first time or again after `readAfter`. */
  readonly readLately: number;
  /** ms UTC of the oldest of these; null: none. */
  readonly firstReadAt: number | null;
}

const PROGRESS_WINDOW = 90;

/** How far the histories have come. */
export async function readProgress(
  db: Queryable,
  times: { readonly activeAfter: number; readonly readAfter: number },
): Promise<ProgressView> {
  const { rows } = await db.query<ProgressView>(
    `SELECT (SELECT count(*) FROM traders) AS traders,
       (SELECT count(*) FROM trader_dexs WHERE dex = '') AS seeded,
       (SELECT count(*) FROM traders WHERE last_seen_at > $1) AS wanted,
       (SELECT count(*) FROM trader_history WHERE fills_through IS NOT NULL) AS backfilled,
       board.judged, board.evidenced, lately.n AS "readLately", lately.first AS "firstReadAt"
     FROM (SELECT coalesce(sum(traders), 0)::int8 AS judged, coalesce(sum(copy_ranked), 0)::int8 AS evidenced
           FROM leaderboard_snapshots WHERE window_days = ${PROGRESS_WINDOW}) board,
       (SELECT count(*) AS n, min(read_at) AS first FROM trader_history WHERE read_at > $2) lately`,
    [times.activeAfter, times.readAfter],
    'read_progress',
  );
  const [row] = rows;
  if (row === undefined) throw new Error('a query of counts always has one row');
  return row;
}
