/** Checkpoint of the position book. */
import type { Queryable } from './database.ts';

/** How a position is known; see the glossary of the database in migration 0013. */
export type PositionKnown = 'exact' | 'estimated' | 'stale' | 'quarantined';

export interface PositionRecord {
  readonly traderId: number;
  readonly coinId: number;
  /** Decimal texts: signed size in coin units, USD. */
  readonly size: string;
  readonly costUsd: string;
  readonly episode: number;
  readonly episodePnlUsd: string;
  readonly openedAt: number;
  readonly changedAt: number;
  readonly known: PositionKnown;
  readonly verifiedAt: number | null;
  readonly offset: number;
}

const UPSERT_ROWS = 1000;

/** Writes positions; each (trader, coin) at most once per call. */
export async function upsertPositions(tx: Queryable, positions: readonly PositionRecord[]): Promise<void> {
  for (let at = 0; at < positions.length; at += UPSERT_ROWS) {
    const rows = positions.slice(at, at + UPSERT_ROWS);
    await tx.query(
      `INSERT INTO positions (trader_id, coin_id, size, cost_usd, episode, episode_pnl_usd, opened_at, changed_at,
         known, verified_at, log_offset)
       SELECT * FROM unnest($1::int8[], $2::int4[], $3::numeric[], $4::numeric[], $5::int4[], $6::numeric[],
         $7::int8[], $8::int8[], $9::position_known[], $10::int8[], $11::int8[])
       ON CONFLICT (trader_id, coin_id) DO UPDATE SET size = excluded.size, cost_usd = excluded.cost_usd,
         episode = excluded.episode, episode_pnl_usd = excluded.episode_pnl_usd, opened_at = excluded.opened_at,
         changed_at = excluded.changed_at, known = excluded.known, verified_at = excluded.verified_at,
         log_offset = excluded.log_offset`,
      [
        rows.map((one) => one.traderId),
        rows.map((one) => one.coinId),
        rows.map((one) => one.size),
        rows.map((one) => one.costUsd),
        rows.map((one) => one.episode),
        rows.map((one) => one.episodePnlUsd),
        rows.map((one) => one.openedAt),
        rows.map((one) => one.changedAt),
        rows.map((one) => one.known),
        rows.map((one) => one.verifiedAt),
        rows.map((one) => one.offset),
      ],
      'upsert_positions',
    );
  }
}
