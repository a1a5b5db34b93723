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
}

export interface WantedTraders {
  /** Only traders that traded after this, ms UTC. */
  readonly seenAfter: number;
  /** At most this many new ones. */
  readonly limit: number;
}

/**
 * Puts the most active traders that are not wanted yet on the list. Their place is by notional traded, and by account
 * value where an audit has seen one: below 250 USD nobody can be eligible, so those go last.
 * @returns how many were added.
 */
export async function wantHistories(db: Queryable, { seenAfter, limit }: WantedTraders): Promise<number> {
  const { rowCount } = await db.query(
    `INSERT INTO trader_history (trader_id, priority)
     SELECT t.trader_id, ln(1 + t.notional_usd::float8) + ln(1 + t.trade_count)
         + CASE WHEN s.equity IS NULL THEN 0 WHEN s.equity < 250 THEN -20 ELSE ln(s.equity) END
     FROM (SELECT trader_id, notional_usd, trade_count FROM traders
           WHERE last_seen_at > $1 AND NOT EXISTS (SELECT FROM trader_history h WHERE h.trader_id = traders.trader_id)
           ORDER BY notional_usd DESC LIMIT $2) t
     LEFT JOIN LATERAL (SELECT account_value_usd::float8 AS equity FROM account_snapshots a
       WHERE a.trader_id = t.trader_id AND a.dex = '' ORDER BY state_time DESC LIMIT 1) s ON true
     ON CONFLICT DO NOTHING`,
    [seenAfter, limit],
  );
  return rowCount;
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
         AND (h.fills_through IS NULL OR t.last_seen_at > h.fills_through)
       ORDER BY (h.fills_through IS NULL) DESC, h.priority DESC, h.trader_id LIMIT $2
       FOR UPDATE OF h SKIP LOCKED)
     UPDATE trader_history h SET claimed_until = database_now_ms() + $3
     FROM due JOIN traders t USING (trader_id) WHERE h.trader_id = due.trader_id
     RETURNING h.trader_id, t.address, h.fills_through, h.state, h.complete_since, h.why_truncated,
       h.reconciled, h.failures`,
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
  }));
}

/** Gives claims back that were not worked on. */
export async function releaseHistories(db: Queryable, traderIds: readonly number[]): Promise<void> {
  if (traderIds.length === 0) return;
  await db.query('UPDATE trader_history SET claimed_until = 0 WHERE trader_id = ANY ($1::int8[])', [
    traderIds,
  ]);
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
       reconciled = $10, read_at = $11, next_at = $12, claimed_until = 0, failures = 0, last_error = NULL
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
