/** Prices after a trader's changes of position, out of the public trades: how far the market ran the trader's way. */
import type { Queryable } from './database.ts';

/** A change of position. Statistics (float64), not money. */
export interface PricedChange {
  /** Exchange time, ms. */
  readonly time: number;
  /** Signed sizes in coins. */
  readonly sizeBefore: number;
  readonly sizeAfter: number;
  /** USD traded. */
  readonly notional: number;
  /** Price of the last trade by then (at most a second old), then by each offset and after the change; null: none. */
  readonly prices: readonly (number | null)[];
}

/** A price before the change may be this old. */
const BEFORE_MS = 1_000;

/**
 * The newest changes of a trader that trades made, and what its coins were traded at after each offset (ms, positive).
 * Each price is one descent of the trades' key; a span whose partition is gone costs nothing.
 */
export async function readPricedChanges(
  db: Queryable,
  query: {
    readonly traderId: number;
    /** ms: changes up to here. */
    readonly until: number;
    readonly offsets: readonly number[];
    readonly limit: number;
  },
): Promise<PricedChange[]> {
  const { rows } = await db.query<{
    time: number;
    before: number;
    after: number;
    notional: number;
    prices: (number | null)[];
  }>(
    `WITH changes AS MATERIALIZED (
       SELECT c.coin_id, c.exchange_time, c.size_before, c.size_after, c.notional_usd, c.log_offset
       FROM position_changes c
       WHERE c.epoch = (SELECT epoch FROM stream_state) AND c.trader_id = $1 AND c.cause = 'trades'
         AND c.exchange_time <= $2
       ORDER BY c.log_offset DESC LIMIT $3)
     SELECT c.exchange_time AS time, c.size_before::float8 AS before, c.size_after::float8 AS after,
       c.notional_usd::float8 AS notional, p.prices
     FROM changes c CROSS JOIN LATERAL (
       SELECT array_agg(last.price ORDER BY o.number) AS prices
       FROM unnest($4::int8[], $5::int8[]) WITH ORDINALITY AS o (above, upto, number)
       LEFT JOIN LATERAL (
         SELECT t.price::float8 AS price FROM trades t
         WHERE t.coin_id = c.coin_id AND t.time > c.exchange_time + o.above AND t.time <= c.exchange_time + o.upto
         ORDER BY t.time DESC, t.seq DESC LIMIT 1) last ON true) p
     ORDER BY c.log_offset DESC`,
    [
      query.traderId,
      query.until,
      query.limit,
      [-BEFORE_MS, ...query.offsets.map(() => 0)],
      [0, ...query.offsets],
    ],
    'read_priced_changes',
  );
  return rows.map((row) => ({
    time: row.time,
    sizeBefore: row.before,
    sizeAfter: row.after,
    notional: row.notional,
    prices: row.prices,
  }));
}
