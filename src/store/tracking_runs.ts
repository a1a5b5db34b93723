/**
 * Runs of the tracking task, as leases: what a run claims is its own while the run lives. Expiry is judged by the
 * database's clock inside the statement that would count, so a worker that was frozen or cut off cannot count late.
 */
import type { Database, Queryable } from './database.ts';
import { StoreError } from './errors.ts';

export interface NewTrackingRun {
  /** Instance and host, for people. */
  readonly worker: string;
  /** Name of the egress IP. */
  readonly egress: string;
  readonly leaseMs: number;
}

/** Begins a run, gives back what dead runs had taken, and finds traders that have no turn. Returns the run's id. */
export async function beginTrackingRun(database: Database, run: NewTrackingRun): Promise<number> {
  await addMissedTurns(database);
  return database.transaction(
    async (tx) => {
      await buryDeadRuns(tx);
      const { rows } = await tx.query<{ run_id: number }>(
        `INSERT INTO tracking_runs (worker, egress, started_at, expires_at)
         SELECT $1, $2, now_ms, now_ms + $3::int8 FROM database_now_ms() AS now_ms RETURNING run_id`,
        [run.worker, run.egress, run.leaseMs],
      );
      return rows[0]?.run_id ?? 0;
    },
    { retries: 3 },
  );
}

/** Traders whom one run adds to the rotation belatedly, at most. */
const MISSED_TURNS = 5_000;

/**
 * Claims add the traders behind the newest in the rotation. An id is given when a trade is read, but whoever trades
 * in a coin whose gap is being closed is stored later than others with higher ids: nobody would ever have looked at him.
 */
async function addMissedTurns(db: Queryable): Promise<void> {
  await db.query(
    `INSERT INTO tracking_turns (trader_id) SELECT t.trader_id FROM traders t
     WHERE t.trader_id < (SELECT max(trader_id) FROM tracking_turns)
       AND NOT EXISTS (SELECT FROM tracking_turns o WHERE o.trader_id = t.trader_id)
     ORDER BY t.trader_id LIMIT ${MISSED_TURNS} ON CONFLICT DO NOTHING`,
    [],
    'add_missed_turns',
  );
}

/** Requests of runs that have expired wait again. (Turns need nothing: a claim of a run that is gone is none.) */
async function buryDeadRuns(tx: Queryable): Promise<void> {
  await tx.query(
    `WITH expired AS MATERIALIZED (
       SELECT run_id FROM tracking_runs WHERE expires_at <= database_now_ms() FOR UPDATE SKIP LOCKED),
     dead AS (DELETE FROM tracking_runs r USING expired e WHERE r.run_id = e.run_id RETURNING r.run_id),
     freed AS (
       DELETE FROM poll_claims c USING dead WHERE c.run_id = dead.run_id
       RETURNING c.trader_id, c.dex, c.priority, c.reason, c.requested_at)
     ${PUT_BACK} SELECT trader_id, dex, min(priority), min(reason), min(requested_at), 0 FROM freed GROUP BY 1, 2
     ${UNLESS_ASKED_AGAIN}`,
  );
}

const PUT_BACK = 'INSERT INTO poll_requests (trader_id, dex, priority, reason, requested_at, not_before)';
const UNLESS_ASKED_AGAIN = `ON CONFLICT (trader_id, dex) DO UPDATE SET priority = excluded.priority,
  reason = excluded.reason, not_before = excluded.not_before WHERE excluded.priority < poll_requests.priority`;

/** A machine that freezes or is cut off inside a transaction must not hold its locks for longer. */
const IDLE_TRANSACTION_MS = 5_000;

/**
 * First statement of every transaction of a run: locks its row and lengthens its lease.
 * @throws StoreError `STORE_LEASE_LOST` when it has expired.
 */
export async function holdTrackingRun(tx: Queryable, runId: number, leaseMs: number): Promise<void> {
  const { rowCount } = await tx.query(
    `UPDATE tracking_runs SET expires_at = database_now_ms() + $2::int8
     WHERE run_id = $1 AND expires_at > database_now_ms()
     RETURNING set_config('idle_in_transaction_session_timeout', $3, true)`,
    [runId, leaseMs, String(IDLE_TRANSACTION_MS)],
    'hold_tracking_run',
  );
  if (rowCount === 0) {
    throw new StoreError('STORE_LEASE_LOST', `tracking run ${runId} has expired: what it claimed is free`);
  }
}

/** Ends a run: what it still had is free, requests wait again. Safe to repeat. */
export async function endTrackingRun(database: Database, runId: number): Promise<void> {
  await database.transaction(
    async (tx) => {
      const { rowCount } = await tx.query('DELETE FROM tracking_runs WHERE run_id = $1', [runId]);
      if (rowCount === 0) return;
      await tx.query(
        `WITH freed AS (DELETE FROM poll_claims WHERE run_id = $1
           RETURNING trader_id, dex, priority, reason, requested_at)
         ${PUT_BACK} SELECT trader_id, dex, priority, reason, requested_at, 0 FROM freed ${UNLESS_ASKED_AGAIN}`,
        [runId],
      );
    },
    { retries: 3 },
  );
}
