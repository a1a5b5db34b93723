/** The rotation and the requests before it: what a run takes, and what becomes of it. */
import type { Database, Queryable } from './database.ts';
import { holdTrackingRun } from './tracking_runs.ts';

/** Who holds the claim. */
export interface TrackingLease {
  readonly runId: number;
  readonly leaseMs: number;
}

/** A trader whose turn it is. */
export interface ClaimedTurn {
  readonly traderId: number;
  readonly address: Buffer;
  /** ms by the database's clock: what is asked of the venue from now on answers requests that were made by then. */
  readonly claimedAt: number;
  /** Dexs on which it has ever had a position; empty when that is not written yet. */
  readonly dexs: readonly string[];
  readonly mode: string | null;
  /** Its mode is wanted and not known, or known for too long. */
  readonly wantsMode: boolean;
}

/** A request that was taken. */
export interface ClaimedRequest extends Omit<ClaimedTurn, 'dexs' | 'claimedAt'> {
  readonly dex: string;
  readonly priority: number;
  readonly reason: string;
  /** It has no positions on other dexs: this poll is its turn as well. */
  readonly onlyDex: boolean;
}

/** A mode is asked for again after this. */
const MODE_KEPT_MS = 24 * 3_600_000;
/** New traders that one claim adds to the rotation at most. */
const NEW_TURNS = 5_000;

interface ClaimedRow {
  trader_id: number;
  address: Buffer;
  mode: string | null;
  wants_mode: boolean;
  dexs: string[] | null;
}

const DEXS = `(SELECT array_agg(DISTINCT c.dex ORDER BY c.dex) FROM positions p JOIN coins c USING (coin_id)
  WHERE p.trader_id = t.trader_id) AS dexs`;
const MODE = `m.mode, (w.trader_id IS NOT NULL OR m.trader_id IS NOT NULL)
  AND (m.checked_at IS NULL OR m.checked_at < database_now_ms() - ${MODE_KEPT_MS}) AS wants_mode`;
const MODE_TABLES = `JOIN traders t USING (trader_id) LEFT JOIN watchlist w USING (trader_id)
  LEFT JOIN account_modes m USING (trader_id)`;

/**
 * The next traders of the rotation, longest without a turn first; those that other living runs hold are passed over,
 * and those that had their turn less than `minAgeMs` ago.
 * @throws StoreError `STORE_LEASE_LOST`.
 */
export async function claimTurns(
  database: Database,
  lease: TrackingLease,
  page: { readonly limit: number; readonly minAgeMs: number },
): Promise<ClaimedTurn[]> {
  return database.transaction(
    async (tx) => {
      await holdTrackingRun(tx, lease.runId, lease.leaseMs);
      // One claim at a time: two that look at once could each miss that the other's run has just begun.
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('tracking_turns', 3))`);
      await addNewTurns(tx);
      const { rows } = await tx.query<ClaimedRow & { claimed_at: number }>(
        `WITH page AS MATERIALIZED (
           SELECT trader_id, last_turn_at FROM tracking_turns o
           WHERE (last_turn_at IS NULL OR last_turn_at <= database_now_ms() - $3::int8)
             AND (run_id IS NULL OR NOT EXISTS (SELECT 1 FROM tracking_runs r
               WHERE r.run_id = o.run_id AND r.expires_at > database_now_ms()))
           ORDER BY last_turn_at NULLS FIRST, trader_id LIMIT $2 FOR UPDATE SKIP LOCKED),
         claimed AS (UPDATE tracking_turns o SET run_id = $1 FROM page WHERE o.trader_id = page.trader_id
           RETURNING o.trader_id, page.last_turn_at)
         SELECT t.trader_id, t.address, database_now_ms() AS claimed_at, ${MODE}, ${DEXS} FROM claimed ${MODE_TABLES}
         ORDER BY claimed.last_turn_at NULLS FIRST, t.trader_id`,
        [lease.runId, page.limit, page.minAgeMs],
        'claim_turns',
      );
      return rows.map((row) => ({ ...claimedOf(row), claimedAt: row.claimed_at, dexs: row.dexs ?? [] }));
    },
    { retries: 3 },
  );
}

const claimedOf = (row: ClaimedRow) => ({
  traderId: row.trader_id,
  address: row.address,
  mode: row.mode,
  wantsMode: row.wants_mode,
});

/** Traders get their place in the order of ids; the stream role gives those out in order. */
async function addNewTurns(tx: Queryable): Promise<void> {
  await tx.query(
    `INSERT INTO tracking_turns (trader_id) SELECT trader_id FROM traders
     WHERE trader_id > coalesce((SELECT max(trader_id) FROM tracking_turns), 0) ORDER BY trader_id LIMIT ${NEW_TURNS}
     ON CONFLICT DO NOTHING`,
    [],
    'add_turns',
  );
}

/** Takes the most urgent requests. @throws StoreError `STORE_LEASE_LOST`. */
export async function claimRequests(
  database: Database,
  lease: TrackingLease,
  limit: number,
): Promise<ClaimedRequest[]> {
  const { rows: any } = await database.query('SELECT 1 FROM poll_requests LIMIT 1', [], 'any_poll_request');
  if (any.length === 0) return [];
  return database.transaction(
    async (tx) => {
      await holdTrackingRun(tx, lease.runId, lease.leaseMs);
      const { rows } = await tx.query<ClaimedRow & { dex: string; priority: number; reason: string }>(
        `WITH due AS MATERIALIZED (
           SELECT trader_id, dex FROM poll_requests WHERE not_before <= database_now_ms()
           ORDER BY priority, requested_at LIMIT $2 FOR UPDATE SKIP LOCKED),
         taken AS (
           DELETE FROM poll_requests r USING due WHERE r.trader_id = due.trader_id AND r.dex = due.dex
           RETURNING r.trader_id, r.dex, r.priority, r.reason, r.requested_at),
         kept AS (
           INSERT INTO poll_claims (run_id, trader_id, dex, priority, reason, requested_at)
           SELECT $1, taken.* FROM taken
           ON CONFLICT (run_id, trader_id, dex) DO UPDATE SET priority = least(poll_claims.priority, excluded.priority),
             requested_at = greatest(poll_claims.requested_at, excluded.requested_at))
         SELECT t.trader_id, t.address, ${MODE}, ${DEXS}, taken.dex, taken.priority, taken.reason
         FROM taken ${MODE_TABLES} ORDER BY taken.priority, taken.requested_at`,
        [lease.runId, limit],
        'claim_requests',
      );
      return rows.map(({ dex, priority, reason, ...row }) => ({
        ...claimedOf(row),
        dex,
        priority,
        reason,
        onlyDex: (row.dexs ?? []).every((one) => one === dex),
      }));
    },
    { retries: 3 },
  );
}
