/** Spans in which trades may be missing. */
import type { Queryable } from './database.ts';

export interface FeedGap {
  readonly coin: number;
  /** Exchange time, ms, both ends included. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/**
 * Records gaps; what was verified by a gap's end, that ms included, is stale from now on. Nothing here may grow with
 * the positions of a coin: their polls are noted as due, and requested afterwards.
 */
export async function insertFeedGaps(tx: Queryable, gaps: readonly FeedGap[], now: number): Promise<void> {
  if (gaps.length === 0) return;
  const columns = [gaps.map((gap) => gap.coin), gaps.map((gap) => gap.from), gaps.map((gap) => gap.to)];
  await tx.query(
    `INSERT INTO feed_gaps (coin_id, from_time, to_time, reason, recorded_at)
     SELECT *, $5::int8 FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::text[])`,
    [...columns, gaps.map((gap) => gap.reason), now],
  );
  const ends = newestEnds(gaps);
  await exactSince(tx, [...ends.keys()], [...ends.values()]);
  await tx.query(
    `UPDATE coin_feed f SET polls_due_to = greatest(f.polls_due_to, u.gap_end)
     FROM unnest($1::int4[], $2::int8[]) AS u (coin_id, gap_end) WHERE f.coin_id = u.coin_id`,
    [[...ends.keys()], [...ends.values()]],
  );
}

/** By coin: the last ms of its newest gap. */
export function newestEnds(gaps: readonly FeedGap[]): Map<number, number> {
  const ends = new Map<number, number>();
  for (const { coin, to } of gaps) ends.set(coin, Math.max(to, ends.get(coin) ?? 0));
  return ends;
}

/** Coins (by id) with a gap after which polls are still to be requested, and the last ms of it. */
export async function readGapPollsDue(db: Queryable): Promise<Map<number, number>> {
  const { rows } = await db.query<{ coin_id: number; polls_due_to: number }>(
    'SELECT coin_id, polls_due_to FROM coin_feed WHERE polls_due_to IS NOT NULL',
  );
  return new Map(rows.map((row) => [row.coin_id, row.polls_due_to]));
}

/** Notes coins that are followed for the first time: what was verified by then left them out. */
export async function setBegins(tx: Queryable, begins: ReadonlyMap<number, number>): Promise<void> {
  if (begins.size > 0) await exactSince(tx, [...begins.keys()], [...begins.values()]);
}

async function exactSince(tx: Queryable, coins: readonly number[], times: readonly number[]): Promise<void> {
  await tx.query(
    `INSERT INTO coin_feed (coin_id, exact_since, interrupted)
     SELECT coin_id, max(time) + 1, false FROM unnest($1::int4[], $2::int8[]) AS g (coin_id, time) GROUP BY coin_id
     ON CONFLICT (coin_id) DO UPDATE SET exact_since = greatest(coin_feed.exact_since, excluded.exact_since)`,
    [coins, times],
  );
}

/** Notes which coins (by id) are interrupted now and which are whole again. */
export async function setInterrupted(tx: Queryable, coins: ReadonlyMap<number, boolean>): Promise<void> {
  if (coins.size === 0) return;
  await tx.query(
    `INSERT INTO coin_feed (coin_id, interrupted) SELECT * FROM unnest($1::int4[], $2::boolean[])
     ON CONFLICT (coin_id) DO UPDATE SET interrupted = excluded.interrupted`,
    [[...coins.keys()], [...coins.values()]],
  );
}

/** Notes since when (exchange time, ms) the venue refuses coins (by id) while others are followed; null: no longer. */
export async function setRefused(tx: Queryable, coins: ReadonlyMap<number, number | null>): Promise<void> {
  if (coins.size === 0) return;
  await tx.query(
    `INSERT INTO coin_feed (coin_id, interrupted, refused_since)
     SELECT coin_id, true, since FROM unnest($1::int4[], $2::int8[]) AS u (coin_id, since)
     ON CONFLICT (coin_id) DO UPDATE SET refused_since = excluded.refused_since`,
    [[...coins.keys()], [...coins.values()]],
  );
}

/** Coins (by id) that the venue refused when the stream last wrote, and since when (exchange time, ms). */
export async function readRefused(db: Queryable): Promise<Map<number, number>> {
  const { rows } = await db.query<{ coin_id: number; refused_since: number }>(
    'SELECT coin_id, refused_since FROM coin_feed WHERE refused_since IS NOT NULL',
  );
  return new Map(rows.map((row) => [row.coin_id, row.refused_since]));
}

/** A stream that starts has heard nothing yet: every coin counts as interrupted until its feed is whole. */
export async function interruptAll(tx: Queryable): Promise<void> {
  await tx.query(
    `INSERT INTO coin_feed (coin_id, interrupted) SELECT coin_id, true FROM coins
     ON CONFLICT (coin_id) DO UPDATE SET interrupted = true`,
  );
}

/** Per coin that was ever followed: the last ms of its newest recorded gap (exchange time); 0 if there was none. */
export async function readGapEnds(db: Queryable): Promise<Map<number, number>> {
  const { rows } = await db.query<{ coin_id: number; gap_end: number }>(
    'SELECT coin_id, exact_since - 1 AS gap_end FROM coin_feed WHERE exact_since > 0',
  );
  return new Map(rows.map((row) => [row.coin_id, row.gap_end]));
}

/** Retention: forgets gaps recorded, and drift found, before the time (ms, our clock). @returns rows forgotten. */
export async function forgetLossesBefore(db: Queryable, beforeMs: number): Promise<number> {
  // Positions keep what a gap did to them: coin_feed holds each coin's newest gap.
  const gaps = await db.query('DELETE FROM feed_gaps WHERE recorded_at < $1', [beforeMs]);
  const drift = await db.query('DELETE FROM drift_records WHERE recorded_at < $1', [beforeMs]);
  return (gaps.rowCount ?? 0) + (drift.rowCount ?? 0);
}
