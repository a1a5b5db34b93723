/** Whose past is to be read next, and how far each has been read. Claims go by the database's clock. */
import type { Queryable } from './database.ts';

export interface HistoryClaim {
  readonly traderId: number;
  /** 0x and 40 hex digits, lower case. */
  readonly address: string;
  /** All streams are read up to and including this, ms UTC; null: never read. */
  readonly through: number | null;
  readonly state: 'complete' | 'truncated' | null;
  readonly completeSince: number | null;
  readonly whyTruncated: string | null;
  readonly reconciled: boolean | null;
  readonly failures: number;
  /** ms of the oldest fill to be had when the read was put off for it; null: never. */
  readonly reachesFrom: number | null;
}

interface ClaimRow {
  trader_id: number;
  address: Buffer;
  fills_through: number | null;
  state: 'complete' | 'truncated' | null;
  complete_since: number | null;
  why_truncated: string | null;
  reconciled: boolean | null;
  failures: number;
  reaches_from: number | null;
}

export interface WantedTraders {
  /** ms UTC. */
  readonly now: number;
  /** Only traders that traded after this, ms UTC. */
  readonly seenAfter: number;
  /** At most this many new ones. */
  readonly limit: number;
}

/** Whose fills to be had begin later than this ago has not the thirty active days that make evidence. */
const EVIDENCE_MS = 28 * 86_400_000;
/** What that takes from the worth of a past. */
const TOO_SHORT_COSTS = 40;
/** Fills an hour from which the venue's 10,000 do not reach back thirty days. */
const TOO_MANY_AN_HOUR = 14;
/** Fills an hour of a trader of `traders t`, less what chance may make of so few; $1 is now. */
const FILLS_AN_HOUR = `(greatest(0, t.trade_count - 1 - sqrt(t.trade_count))
  / greatest(1.0 / 12, ($1 - t.first_seen_at) / 3600000.0))`;
/** Whether a trader surely trades too often: with that many fills it is no burst of one order. */
const TOO_FAST = `(t.trade_count >= 20 AND ${FILLS_AN_HOUR} > ${TOO_MANY_AN_HOUR})`;
/**
 * How much a past is worth: by equity (audited, or as the venue's own leaderboard said) and by the size of a trade, less
 * for whoever trades often. Below 250 USD nobody can be eligible, and whoever trades too fast has no month of fills left
 * to read (and takes longest): those go last, as does whose first page showed it. Whom the user watches goes first.
 */
const WORTH = `(ln(1 + greatest(0, coalesce(e.equity, hint.account_value, 5000)))
  + 0.5 * ln(1 + t.notional_usd::float8 / greatest(1, t.trade_count))
  - 1.5 * ln(1 + ${FILLS_AN_HOUR})
  + CASE WHEN hint.month_return > 0 THEN 1 ELSE 0 END
  - CASE WHEN e.equity < 250 THEN 20 WHEN e.equity < 1000 THEN 5 ELSE 0 END
  - CASE WHEN ${TOO_FAST} THEN 30 ELSE 0 END
  - CASE WHEN told.reaches_from > $1 - ${EVIDENCE_MS} THEN ${TOO_SHORT_COSTS} ELSE 0 END
  + CASE WHEN w.trader_id IS NULL THEN 0 ELSE 100 END)`;
const WORTH_JOINS = `LEFT JOIN history_hints hint ON hint.address = t.address
  LEFT JOIN watchlist w ON w.trader_id = t.trader_id
  LEFT JOIN trader_history told ON told.trader_id = t.trader_id
  LEFT JOIN LATERAL (SELECT account_value_usd::float8 AS equity FROM account_snapshots a
    WHERE a.trader_id = t.trader_id AND a.dex = '' ORDER BY state_time DESC LIMIT 1) e ON true`;

/**
 * Puts the traders most worth it that are not wanted yet on the list.
 * @returns how many were added.
 */
export async function wantHistories(
  db: Queryable,
  { now, seenAfter, limit }: WantedTraders,
): Promise<number> {
  const { rowCount } = await db.query(
    `INSERT INTO trader_history (trader_id, priority)
     SELECT trader_id, worth FROM (
       SELECT t.trader_id, ${WORTH} AS worth FROM (
         (SELECT t.* FROM traders t WHERE last_seen_at > $2
            AND NOT EXISTS (SELECT FROM trader_history h WHERE h.trader_id = t.trader_id)
          ORDER BY ${TOO_FAST}, notional_usd DESC LIMIT $3 * 4)
         UNION
         (SELECT t.* FROM traders t JOIN history_hints hint USING (address) WHERE last_seen_at > $2
            AND NOT EXISTS (SELECT FROM trader_history h WHERE h.trader_id = t.trader_id)
          ORDER BY hint.account_value DESC LIMIT $3)
         UNION
         SELECT t.* FROM traders t JOIN watchlist USING (trader_id)
         WHERE NOT EXISTS (SELECT FROM trader_history h WHERE h.trader_id = t.trader_id)) t
       ${WORTH_JOINS}) candidate
     ORDER BY worth DESC LIMIT $3
     ON CONFLICT DO NOTHING`,
    [now, seenAfter, limit],
    'want_histories',
  );
  return rowCount;
}

/** Looks again at how much the unread pasts are worth: audits come in, and who trades too fast shows. */
export async function reviewWanted(db: Queryable, now: number): Promise<void> {
  await db.query(
    `UPDATE trader_history h SET priority = fresh.worth
     FROM (SELECT t.trader_id, ${WORTH} AS worth FROM trader_history u JOIN traders t USING (trader_id) ${WORTH_JOINS}
           WHERE u.fills_through IS NULL) fresh
     WHERE h.trader_id = fresh.trader_id AND h.fills_through IS NULL AND abs(h.priority - fresh.worth) > 0.01`,
    [now],
    'review_wanted_histories',
  );
}

/**
 * Takes the next traders whose past is due: never read ones and those that traded since, by priority. Nobody else
 * gets them until the claim runs out.
 */
export async function claimHistories(
  db: Queryable,
  now: number,
  limit: number,
  claimMs: number,
): Promise<HistoryClaim[]> {
  const { rows } = await db.query<ClaimRow>(
    `WITH due AS (
       SELECT h.trader_id FROM trader_history h JOIN traders t USING (trader_id)
       WHERE h.next_at <= $1 AND h.claimed_until <= database_now_ms()
         AND (h.fills_through IS NULL OR h.rebuild OR h.feed_failed IS NOT NULL OR t.last_seen_at > h.fills_through)
       ORDER BY (h.fills_through IS NULL) DESC, h.priority DESC, h.trader_id LIMIT $2
       FOR UPDATE OF h SKIP LOCKED)
     UPDATE trader_history h SET claimed_until = database_now_ms() + $3
     FROM due JOIN traders t USING (trader_id) WHERE h.trader_id = due.trader_id
     RETURNING h.trader_id, t.address, CASE WHEN h.rebuild THEN NULL ELSE h.fills_through END AS fills_through, h.state, h.complete_since, h.why_truncated,
       h.reconciled, h.failures, h.reaches_from`,
    [now, limit, claimMs],
  );
  return rows.map((row) => ({
    traderId: row.trader_id,
    address: `0x${row.address.toString('hex')}`,
    through: row.fills_through,
    state: row.state,
    completeSince: row.complete_since,
    whyTruncated: row.why_truncated,
    reconciled: row.reconciled,
    failures: row.failures,
    reachesFrom: row.reaches_from,
  }));
}

/** Whether any past waits to be read. */
export async function historiesDue(db: Queryable, now: number): Promise<boolean> {
  const { rows } = await db.query<{ due: boolean }>(
    `SELECT EXISTS (SELECT FROM trader_history h JOIN traders t USING (trader_id)
       WHERE h.next_at <= $1 AND (h.fills_through IS NULL OR h.rebuild OR h.feed_failed IS NOT NULL
           OR t.last_seen_at > h.fills_through)) AS due`,
    [now],
    'histories_due',
  );
  return rows[0]?.due ?? false;
}

/** Gives claims back that were not worked on. */
export async function releaseHistories(db: Queryable, traderIds: readonly number[]): Promise<void> {
  if (traderIds.length === 0) return;
  await db.query('UPDATE trader_history SET claimed_until = 0 WHERE trader_id = ANY ($1::int8[])', [
    traderIds,
  ]);
}

/** Gives a claim back until nobody better waits: the fills to be had begin at `reachesFrom` (ms), too late to judge. */
export async function putOffHistory(db: Queryable, traderId: number, reachesFrom: number): Promise<void> {
  await db.query(
    `UPDATE trader_history SET reaches_from = $2, priority = priority - ${TOO_SHORT_COSTS}, claimed_until = 0
     WHERE trader_id = $1`,
    [traderId, reachesFrom],
    'put_off_history',
  );
}

export interface HistoryRead {
  readonly traderId: number;
  readonly through: number;
  readonly state: 'complete' | 'truncated';
  readonly completeSince: number | null;
  readonly whyTruncated: string | null;
  /** Rows read this time. */
  readonly fills: number;
  readonly fundings: number;
  readonly flows: number;
  /** Spans [from, to] in ms whose fills are out of reach. */
  readonly holes: readonly (readonly [number, number])[];
  readonly reconciled: boolean | null;
  readonly readAt: number;
  readonly nextAt: number;
}

/** What a read brought; in the transaction that stores the record. `extended`: it goes on from the one before. */
export async function endHistoryRead(tx: Queryable, read: HistoryRead, extended: boolean): Promise<void> {
  await tx.query(
    `UPDATE trader_history SET fills_through = $2, funding_through = $2, ledger_through = $2, portfolio_at = $2,
       state = $3, complete_since = $4, why_truncated = $5,
       fill_count = $6 + CASE WHEN $13 THEN fill_count ELSE 0 END,
       funding_count = $7 + CASE WHEN $13 THEN funding_count ELSE 0 END,
       ledger_count = $8 + CASE WHEN $13 THEN ledger_count ELSE 0 END,
       holes = CASE WHEN $13 THEN holes ELSE '[]' END || $9::jsonb,
       reconciled = $10, read_at = $11, next_at = $12, claimed_until = 0, failures = 0, last_error = NULL,
       feed_failed = NULL, rebuild = false
     WHERE trader_id = $1`,
    [
      read.traderId,
      read.through,
      read.state,
      read.completeSince,
      read.whyTruncated,
      read.fills,
      read.fundings,
      read.flows,
      JSON.stringify(read.holes),
      read.reconciled,
      read.readAt,
      read.nextAt,
      extended,
    ],
    'end_history_read',
  );
}

/** A read that brought nothing: tried again later. `code` says why. */
export async function failHistoryRead(
  db: Queryable,
  traderId: number,
  code: string,
  nextAt: number,
): Promise<void> {
  await db.query(
    `UPDATE trader_history SET failures = failures + 1, last_error = $2, next_at = $3, claimed_until = 0
     WHERE trader_id = $1`,
    [traderId, code, nextAt],
  );
}

/** Whether the account value of each trader is explained; null: could not be checked. */
export async function readReconciled(
  db: Queryable,
  traderIds: readonly number[],
): Promise<Map<number, boolean | null>> {
  const { rows } = await db.query<{ trader_id: number; reconciled: boolean | null }>(
    'SELECT trader_id, reconciled FROM trader_history WHERE trader_id = ANY ($1::int8[])',
    [traderIds],
    'read_reconciled',
  );
  return new Map(rows.map((row) => [row.trader_id, row.reconciled]));
}
