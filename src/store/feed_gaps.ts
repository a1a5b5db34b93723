/** Spans in which trades may be missing. */
import type { Queryable } from './database.ts';

export interface FeedGap {
  readonly coin: number;
  /** Exchange time, ms, both ends included. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** Records gaps; what was verified before a gap's end is stale from now on. */
export async function insertFeedGaps(tx: Queryable, gaps: readonly FeedGap[], now: number): Promise<void> {
  if (gaps.length === 0) return;
  const columns = [gaps.map((gap) => gap.coin), gaps.map((gap) => gap.from), gaps.map((gap) => gap.to)];
  await tx.query(
    `INSERT INTO feed_gaps (coin_id, from_time, to_time, reason, recorded_at)
     SELECT *, $5::int8 FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::text[])`,
    [...columns, gaps.map((gap) => gap.reason), now],
  );
  await tx.query(
    `INSERT INTO coin_feed (coin_id, exact_since)
     SELECT coin_id, max(to_time) FROM unnest($1::int4[], $2::int8[]) AS g (coin_id, to_time) GROUP BY coin_id
     ON CONFLICT (coin_id) DO UPDATE SET exact_since = greatest(coin_feed.exact_since, excluded.exact_since)`,
    [columns[0], columns[2]],
  );
}

/** Per coin: when its last recorded gap ended (exchange time, ms). */
export async function readExactSince(db: Queryable): Promise<Map<number, number>> {
  const { rows } = await db.query<{ coin_id: number; exact_since: number }>(
    'SELECT coin_id, exact_since FROM coin_feed',
  );
  return new Map(rows.map((row) => [row.coin_id, row.exact_since]));
}
