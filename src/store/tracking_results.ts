/** What a run brings back: snapshots for the stream role to judge, turns taken, requests answered. One transaction. */
import type { Database, Queryable } from './database.ts';
import { publishNews } from './news.ts';
import { dropPartitionsBefore, ensureDayPartitions, utcDay } from './partitions.ts';
import { holdTrackingRun } from './tracking_runs.ts';
import type { TrackingLease } from './tracking_turns.ts';

/** An open position of a snapshot. Decimals as text: signed size in coin units, the rest in USD. */
export interface TrackedPosition {
  readonly coinId: number;
  readonly size: string;
  readonly entryPrice: string;
  readonly leverage: number;
  readonly isolated: boolean;
  readonly unrealisedUsd: string;
  readonly liquidationPrice: string | null;
}

/** A position that could not be taken in, and why. */
export interface UnreadPosition {
  readonly symbol: string;
  readonly size: string;
  readonly entryPrice: string | null;
  readonly why: 'unknown_coin' | 'too_precise' | 'too_large' | 'other_dex' | 'twice';
}

/** State of one account on one dex. Decimal USD texts; times in ms. */
export interface TrackedSnapshot {
  readonly traderId: number;
  readonly dex: string;
  /** The venue's time of the state. */
  readonly stateTime: number;
  readonly requestedAt: number;
  readonly receivedAt: number;
  readonly accountValueUsd: string;
  readonly notionalUsd: string;
  readonly marginUsedUsd: string;
  readonly withdrawableUsd: string;
  readonly rawUsd: string;
  readonly mode: string | null;
  readonly purpose: string;
  readonly positions: readonly TrackedPosition[];
  readonly unread: readonly UnreadPosition[];
  /** False when a position of a coin that we follow is unread: the book must not be corrected by it. */
  readonly complete: boolean;
}

export interface TurnResult {
  readonly traderId: number;
  /** Null: it brought something. */
  readonly error: string | null;
  /** Dexs of which it brought the state, asked for after `claimedAt` (ms by the database's clock). */
  readonly answered?: { readonly dexs: readonly string[]; readonly claimedAt: number };
}

export interface RequestResult {
  readonly traderId: number;
  readonly dex: string;
  /** Null: answered. Else it is put back and not tried before `retryAfterMs`. */
  readonly retryAfterMs: number | null;
  /** Its answer was the trader's turn as well. */
  readonly isTurn: boolean;
}

export interface TrackingResults {
  readonly snapshots: readonly TrackedSnapshot[];
  /** Ids for them, from `reserveSnapshotIds`: the same batch written twice is stored once. */
  readonly ids: readonly number[];
  readonly modes: readonly { readonly traderId: number; readonly mode: string }[];
  readonly turns: readonly TurnResult[];
  readonly requests: readonly RequestResult[];
}

export async function reserveSnapshotIds(db: Queryable, count: number): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>(
    `SELECT nextval('account_snapshot_ids') AS id FROM generate_series(1, $1::int4)`,
    [count],
    'reserve_snapshot_ids',
  );
  return rows.map((row) => row.id);
}

/**
 * Stores a batch if the run still lives, all or nothing. Safe to repeat after an unknown outcome.
 * @throws StoreError `STORE_LEASE_LOST`: nothing of it counts.
 */
export async function storeTrackingResults(
  database: Database,
  lease: TrackingLease,
  results: TrackingResults,
): Promise<void> {
  await ensureDayPartitions(
    database,
    'account_snapshots',
    results.snapshots.map((one) => utcDay(one.stateTime)),
  );
  await database.transaction(
    async (tx) => {
      await holdTrackingRun(tx, lease.runId, lease.leaseMs);
      await insertSnapshots(tx, results);
      await writeModes(tx, results.modes);
      await endTurns(tx, lease.runId, results.turns);
      await removeAnswered(tx, results.turns);
      await endRequests(tx, lease.runId, results.requests);
      const newest = results.ids.at(-1);
      if (newest !== undefined) await publishNews(tx, 'snapshots', { epoch: 0, offset: newest });
    },
    { retries: 3 },
  );
}

async function insertSnapshots(tx: Queryable, { snapshots, ids }: TrackingResults): Promise<void> {
  if (snapshots.length === 0) return;
  const arrayOf = (pick: (one: TrackedPosition) => string | number | null) =>
    snapshots.map((one) => `{${one.positions.map((position) => pick(position) ?? 'NULL').join(',')}}`);
  await tx.query(
    `WITH given AS (
       SELECT * FROM unnest($1::int8[], $2::int8[], $3::text[], $4::int8[], $5::int8[], $6::int8[], $7::numeric[],
         $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[], $12::text[], $13::text[], $14::jsonb[],
         $15::boolean[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[])
         AS u (id, trader_id, dex, state_time, requested_at, received_at, account_value, notional, margin_used,
           withdrawable, raw_usd, mode, purpose, unread, complete, coin_ids, sizes, entry_prices, leverages, isolated,
           unrealised, liquidation_prices)),
     stored AS (
       INSERT INTO account_snapshots (snapshot_id, trader_id, dex, state_time, requested_at, received_at,
         account_value_usd, notional_usd, margin_used_usd, withdrawable_usd, raw_usd, account_mode, purpose, unread,
         coin_ids, sizes, entry_prices, leverages, isolated, unrealised_usd, liquidation_prices)
       SELECT id, trader_id, dex, state_time, requested_at, received_at, account_value, notional, margin_used,
         withdrawable, raw_usd, mode, purpose, unread, coin_ids::int4[], sizes::numeric[], entry_prices::numeric[],
         leverages::int4[], isolated::boolean[], unrealised::numeric[], liquidation_prices::numeric[]
       FROM given ON CONFLICT DO NOTHING RETURNING snapshot_id, state_time)
     INSERT INTO snapshot_inbox (snapshot_id, state_time)
     SELECT snapshot_id, stored.state_time FROM stored JOIN given ON id = snapshot_id WHERE complete`,
    [
      ids,
      snapshots.map((one) => one.traderId),
      snapshots.map((one) => one.dex),
      snapshots.map((one) => one.stateTime),
      snapshots.map((one) => one.requestedAt),
      snapshots.map((one) => one.receivedAt),
      snapshots.map((one) => one.accountValueUsd),
      snapshots.map((one) => one.notionalUsd),
      snapshots.map((one) => one.marginUsedUsd),
      snapshots.map((one) => one.withdrawableUsd),
      snapshots.map((one) => one.rawUsd),
      snapshots.map((one) => one.mode),
      snapshots.map((one) => one.purpose),
      snapshots.map((one) => (one.unread.length === 0 ? null : JSON.stringify(one.unread))),
      snapshots.map((one) => one.complete),
      arrayOf((one) => one.coinId),
      arrayOf((one) => one.size),
      arrayOf((one) => one.entryPrice),
      arrayOf((one) => one.leverage),
      arrayOf((one) => (one.isolated ? 't' : 'f')),
      arrayOf((one) => one.unrealisedUsd),
      arrayOf((one) => one.liquidationPrice),
    ],
    'insert_tracked_snapshots',
  );
}

async function writeModes(tx: Queryable, modes: TrackingResults['modes']): Promise<void> {
  if (modes.length === 0) return;
  await tx.query(
    `INSERT INTO account_modes (trader_id, mode, checked_at)
     SELECT DISTINCT ON (trader_id) trader_id, mode, database_now_ms()
     FROM unnest($1::int8[], $2::text[]) AS u (trader_id, mode)
     ON CONFLICT (trader_id) DO UPDATE SET mode = excluded.mode, checked_at = excluded.checked_at`,
    [modes.map((one) => one.traderId), modes.map((one) => one.mode)],
  );
}

async function endTurns(tx: Queryable, runId: number, turns: readonly TurnResult[]): Promise<void> {
  if (turns.length === 0) return;
  await tx.query(
    `UPDATE tracking_turns o SET last_turn_at = database_now_ms(), run_id = NULL, last_error = u.error,
       failures = CASE WHEN u.error IS NULL THEN 0 ELSE o.failures + 1 END
     FROM unnest($2::int8[], $3::text[]) AS u (trader_id, error)
     WHERE o.trader_id = u.trader_id AND o.run_id = $1`,
    [runId, turns.map((one) => one.traderId), turns.map((one) => one.error)],
    'end_turns',
  );
}

/** Requests that a turn has answered: all that had been made when it was claimed. */
async function removeAnswered(tx: Queryable, turns: readonly TurnResult[]): Promise<void> {
  const rows = turns.flatMap(({ traderId, answered }) =>
    (answered?.dexs ?? []).map((dex) => ({ traderId, dex, claimedAt: answered?.claimedAt ?? 0 })),
  );
  if (rows.length === 0) return;
  await tx.query(
    `DELETE FROM poll_requests r USING (
       SELECT trader_id, dex FROM poll_requests JOIN unnest($1::int8[], $2::text[], $3::int8[])
         AS u (trader_id, dex, claimed_at) USING (trader_id, dex)
       WHERE asked_at <= claimed_at FOR UPDATE OF poll_requests SKIP LOCKED) a
     WHERE r.trader_id = a.trader_id AND r.dex = a.dex`,
    [rows.map((one) => one.traderId), rows.map((one) => one.dex), rows.map((one) => one.claimedAt)],
    'remove_answered',
  );
}

async function endRequests(tx: Queryable, runId: number, requests: readonly RequestResult[]): Promise<void> {
  if (requests.length === 0) return;
  await tx.query(
    `WITH ended AS (
       DELETE FROM poll_claims c USING unnest($2::int8[], $3::text[], $4::int8[]) AS u (trader_id, dex, retry_after)
       WHERE c.run_id = $1 AND c.trader_id = u.trader_id AND c.dex = u.dex
       RETURNING c.trader_id, c.dex, c.priority, c.reason, c.requested_at, u.retry_after)
     INSERT INTO poll_requests (trader_id, dex, priority, reason, requested_at, not_before)
     SELECT trader_id, dex, min(priority), min(reason), min(requested_at), database_now_ms() + max(retry_after)
     FROM ended WHERE retry_after IS NOT NULL GROUP BY 1, 2
     ON CONFLICT (trader_id, dex) DO UPDATE SET priority = least(poll_requests.priority, excluded.priority),
       not_before = greatest(poll_requests.not_before, excluded.not_before)`,
    [
      runId,
      requests.map((one) => one.traderId),
      requests.map((one) => one.dex),
      requests.map((one) => one.retryAfterMs),
    ],
    'end_requests',
  );
  const turns = requests.filter((one) => one.isTurn && one.retryAfterMs === null).map((one) => one.traderId);
  if (turns.length === 0) return;
  await tx.query(
    `UPDATE tracking_turns SET last_turn_at = database_now_ms(), failures = 0, last_error = NULL
     WHERE trader_id = ANY ($1::int8[])`,
    [[...new Set(turns)].sort((a, b) => a - b)],
    'touch_turns',
  );
}

/** Retention: drops the days that lie wholly before; what was never judged of them never will be. */
export async function dropSnapshotsBefore(database: Database, beforeMs: number): Promise<string[]> {
  const dropped = await dropPartitionsBefore(database, 'account_snapshots', beforeMs);
  await database.query('DELETE FROM snapshot_inbox WHERE state_time < $1', [utcDay(beforeMs) * 86_400_000]);
  return dropped;
}
