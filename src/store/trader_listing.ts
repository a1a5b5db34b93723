/** The order of the list of traders by activity, which a storm leaves behind their totals for a while. */
import { formatUsd } from '../domain/money.ts';
import type { Queryable } from './database.ts';
import type { TraderRecord } from './traders.ts';

const UPSERT_ROWS = 1000;

/** Gives traders (each at most once per call) the place in the list that their totals say. */
export async function listTraders(tx: Queryable, traders: readonly TraderRecord[]): Promise<void> {
  for (let at = 0; at < traders.length; at += UPSERT_ROWS) {
    const rows = traders.slice(at, at + UPSERT_ROWS);
    await tx.query(
      `INSERT INTO trader_listing (trader_id, last_seen_at, trade_count, notional_usd)
       SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::numeric[])
       ON CONFLICT (trader_id) DO UPDATE SET last_seen_at = excluded.last_seen_at,
         trade_count = excluded.trade_count, notional_usd = excluded.notional_usd`,
      [
        rows.map((one) => one.traderId),
        rows.map((one) => one.lastSeenAt),
        rows.map((one) => one.tradeCount),
        rows.map((one) => formatUsd(one.notional)),
      ],
      'list_traders',
    );
  }
}
