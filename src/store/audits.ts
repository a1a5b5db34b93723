/** What the stream role makes of snapshots: verdicts, drift, who must be polled again. */
import type { CoinTable } from '../domain/listed_coin.ts';
import { formatScaled } from '../domain/money.ts';
import type { PositionKnown } from '../domain/position.ts';
import type { Database, Queryable } from './database.ts';

export interface TraderDexRecord {
  readonly traderId: number;
  readonly dex: string;
  readonly seededAt: number;
  readonly agreements: number;
  readonly quarantined: boolean;
}

export interface DriftRecord {
  readonly snapshotId: number;
  readonly traderId: number;
  readonly coinId: number;
  /** Lots at the snapshot's time. */
  readonly bookSize: number;
  readonly venueSize: number;
  readonly known: PositionKnown;
  readonly cause: string;
  readonly stateTime: number;
}

/**
 * Lower numbers are polled first: what happened to a watched trader, then traders that just traded and are not seeded.
 * What happened to others comes after these: it may be any number of them at once, after one gap all holders of a coin,
 * while their turn in the rotation, which keeps its share, answers it as well.
 */
export const POLL_PRIORITY = {
  watchedAnomaly: 0,
  unseeded: 1,
  ambiguous: 2,
  quarantined: 3,
  stale: 4,
  /** The feed was away: polled again when there is nothing else to do. */
  interrupted: 5,
} as const;

export interface PollRequest {
  readonly traderId: number;
  readonly dex: string;
  readonly priority: number;
  readonly reason: string;
  /** Not before so long from now, ms. Default: at once. */
  readonly delayMs?: number;
}

export interface AuditRecords {
  /** Snapshots that are done with. */
  readonly judged: readonly number[];
  readonly traderDexs: readonly TraderDexRecord[];
  readonly drifts: readonly DriftRecord[];
  readonly polls: readonly PollRequest[];
}

export async function writeAudits(
  tx: Queryable,
  audits: AuditRecords,
  coins: CoinTable,
  now: number,
): Promise<void> {
  if (audits.judged.length > 0) {
    await tx.query('DELETE FROM snapshot_inbox WHERE snapshot_id = ANY ($1::int8[])', [audits.judged]);
  }
  await writeTraderDexs(tx, audits.traderDexs);
  await writeDrifts(tx, audits.drifts, coins, now);
  await requestPolls(tx, audits.polls, now);
}

async function writeTraderDexs(tx: Queryable, rows: readonly TraderDexRecord[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO trader_dexs (trader_id, dex, seeded_at, agreements, quarantined)
     SELECT * FROM unnest($1::int8[], $2::text[], $3::int8[], $4::int4[], $5::boolean[])
     ON CONFLICT (trader_id, dex) DO UPDATE SET seeded_at = excluded.seeded_at, agreements = excluded.agreements,
       quarantined = excluded.quarantined`,
    [
      rows.map((one) => one.traderId),
      rows.map((one) => one.dex),
      rows.map((one) => one.seededAt),
      rows.map((one) => one.agreements),
      rows.map((one) => one.quarantined),
    ],
  );
  await tx.query(
    `UPDATE traders t SET last_tracked_at = greatest(t.last_tracked_at, u.at)
     FROM (SELECT id, max(at) AS at FROM unnest($1::int8[], $2::int8[]) AS v (id, at) GROUP BY id) u
     WHERE t.trader_id = u.id`,
    [rows.map((one) => one.traderId), rows.map((one) => one.seededAt)],
  );
}

async function writeDrifts(
  tx: Queryable,
  drifts: readonly DriftRecord[],
  coins: CoinTable,
  now: number,
): Promise<void> {
  if (drifts.length === 0) return;
  const size = (drift: DriftRecord, lots: number) =>
    formatScaled(lots, coins.byId(drift.coinId)?.sizeDecimals ?? 0);
  await tx.query(
    `INSERT INTO drift_records (snapshot_id, trader_id, coin_id, book_size, venue_size, known, cause, state_time,
       recorded_at)
     SELECT *, $9::int8 FROM unnest($1::int8[], $2::int8[], $3::int4[], $4::numeric[], $5::numeric[],
       $6::position_known[], $7::text[], $8::int8[])`,
    [
      drifts.map((one) => one.snapshotId),
      drifts.map((one) => one.traderId),
      drifts.map((one) => one.coinId),
      drifts.map((one) => size(one, one.bookSize)),
      drifts.map((one) => size(one, one.venueSize)),
      drifts.map((one) => one.known),
      drifts.map((one) => one.cause),
      drifts.map((one) => one.stateTime),
      now,
    ],
  );
}

/** A request that is there already keeps its age, takes the higher priority and counts as asked now. */
export async function requestPolls(tx: Queryable, polls: readonly PollRequest[], now: number): Promise<void> {
  if (polls.length === 0) return;
  const byKey = new Map<string, PollRequest>();
  for (const poll of polls) {
    const key = `${poll.traderId} ${poll.dex}`;
    const known = byKey.get(key);
    if (known === undefined || poll.priority < known.priority) byKey.set(key, poll);
  }
  // In one order, so that transactions which ask for the same traders wait for each other in turn.
  const rows = [...byKey.values()].sort((a, b) => a.traderId - b.traderId || (a.dex < b.dex ? -1 : 1));
  await tx.query(
    `INSERT INTO poll_requests (trader_id, dex, priority, reason, requested_at, not_before)
     SELECT trader_id, dex, priority, reason, $6::int8, CASE WHEN delay > 0 THEN database_now_ms() + delay ELSE 0 END
     FROM unnest($1::int8[], $2::text[], $3::int2[], $4::text[], $5::int8[])
       AS u (trader_id, dex, priority, reason, delay)
     ON CONFLICT (trader_id, dex) DO UPDATE SET asked_at = excluded.asked_at,
       priority = least(excluded.priority, poll_requests.priority),
       reason = CASE WHEN excluded.priority < poll_requests.priority THEN excluded.reason
         ELSE poll_requests.reason END,
       not_before = CASE WHEN excluded.priority < poll_requests.priority THEN excluded.not_before
         ELSE poll_requests.not_before END`,
    [
      rows.map((one) => one.traderId),
      rows.map((one) => one.dex),
      rows.map((one) => one.priority),
      rows.map((one) => one.reason),
      rows.map((one) => one.delayMs ?? 0),
      now,
    ],
  );
}

/** Requests polls after gaps; `done`: coins that need no more of them, up to gaps that end by then (exchange time, ms). */
export async function requestGapPolls(
  database: Database,
  page: { readonly polls: readonly PollRequest[]; readonly done: ReadonlyMap<number, number> },
  now: number,
): Promise<void> {
  await database.transaction(async (tx) => {
    await requestPolls(tx, page.polls, now);
    if (page.done.size === 0) return;
    await tx.query(
      `UPDATE coin_feed f SET polls_due_to = NULL FROM unnest($1::int4[], $2::int8[]) AS u (coin_id, gap_end)
       WHERE f.coin_id = u.coin_id AND f.polls_due_to <= u.gap_end`,
      [[...page.done.keys()], [...page.done.values()]],
    );
  });
}

export async function readTraderDexs(db: Queryable): Promise<TraderDexRecord[]> {
  const { rows } = await db.query<{
    trader_id: number;
    dex: string;
    seeded_at: number;
    agreements: number;
    quarantined: boolean;
  }>('SELECT trader_id, dex, seeded_at, agreements, quarantined FROM trader_dexs');
  return rows.map((row) => ({
    traderId: row.trader_id,
    dex: row.dex,
    seededAt: row.seeded_at,
    agreements: row.agreements,
    quarantined: row.quarantined,
  }));
}
