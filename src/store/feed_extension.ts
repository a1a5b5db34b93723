/** What the feed knows of traders whose past has been read: trades in the event log, account values of the rotation. */
import type { Queryable } from './database.ts';
import type { DailySeries } from './trader_records.ts';

/** A record that an account value has come in for, and that value. Decimals as text, USD and coin units. */
export interface Extensible {
  readonly traderId: number;
  /** The venue's own word reaches up to here, ms UTC. */
  readonly through: number;
  readonly format: number;
  readonly record: Buffer;
  readonly stateTime: number;
  readonly accountValueUsd: string;
  /** Collateral without unrealised PnL's positions; null: not told. */
  readonly rawUsd: string | null;
  readonly mode: string | null;
  readonly coinIds: readonly number[];
  readonly sizes: readonly string[];
  readonly unrealisedUsd: readonly string[];
  readonly entryPrices: readonly string[];
  /** It is on the first dex alone. */
  readonly whole: boolean;
}

interface ExtensibleRow {
  trader_id: number;
  through: number;
  format: number;
  record: Buffer;
  state_time: number;
  account_value: string;
  raw: string | null;
  mode: string | null;
  coin_ids: number[];
  sizes: string[];
  unrealised: string[];
  entries: string[];
  whole: boolean;
}

export interface ExtensibleQuery {
  /** The feed is whole up to here, ms UTC. */
  readonly wholeUntil: number;
  /** Those who did not trade are brought forward when their record is older than this. */
  readonly restedBefore: number;
  readonly limit: number;
}

/** Records with an account value newer than they are: those who have traded since, and from time to time the others. */
export async function readExtensible(db: Queryable, query: ExtensibleQuery): Promise<Extensible[]> {
  const { rows } = await db.query<ExtensibleRow>(
    `SELECT r.trader_id, r.through, r.format, r.record, s.state_time, s.account_value_usd::text AS account_value,
       s.raw_usd::text AS raw, s.account_mode AS mode, s.coin_ids, s.sizes::text[] AS sizes,
       s.unrealised_usd::text[] AS unrealised, s.entry_prices::text[] AS entries,
       NOT EXISTS (SELECT FROM trader_dexs d WHERE d.trader_id = r.trader_id AND d.dex <> '')
         AS whole
     FROM trader_records r JOIN traders t USING (trader_id) JOIN trader_history h USING (trader_id)
     JOIN LATERAL (SELECT * FROM account_snapshots a WHERE a.trader_id = r.trader_id AND a.dex = ''
         AND a.unread IS NULL AND a.state_time > greatest(r.tried_through, r.through) AND a.state_time <= $1
       ORDER BY state_time DESC LIMIT 1) s ON true
     WHERE h.feed_failed IS NULL
       AND (t.last_seen_at > coalesce(r.extended_through, r.through)
         OR coalesce(r.extended_through, r.through) < $2)
     ORDER BY coalesce(r.extended_through, r.through) LIMIT $3`,
    [query.wholeUntil, query.restedBefore, query.limit],
    'read_extensible',
  );
  return rows.map((row) => ({
    traderId: row.trader_id,
    through: row.through,
    format: row.format,
    record: row.record,
    stateTime: row.state_time,
    accountValueUsd: row.account_value,
    rawUsd: row.raw,
    mode: row.mode,
    coinIds: row.coin_ids,
    sizes: row.sizes,
    unrealisedUsd: row.unrealised,
    entryPrices: row.entries,
    whole: row.whole,
  }));
}

/** A trade of a trader as the event log and the public trades tell it together. */
export interface SeenTrade {
  readonly coinId: number;
  readonly time: number;
  readonly tradeId: number;
  readonly bought: boolean;
  readonly maker: boolean;
  readonly price: string;
  readonly size: string;
}

/**
 * Trades of a trader after `from` and up to `to` (ms UTC) in the order of the log.
 * @returns null when the log has a change without its trade: an audit corrected it, or retention has passed.
 */
export async function readSeenTrades(
  db: Queryable,
  span: { readonly traderId: number; readonly from: number; readonly to: number },
): Promise<SeenTrade[] | null> {
  const { rows } = await db.query<{
    coin_id: number;
    time: number;
    trade_id: number | null;
    bought: boolean | null;
    taker_is_buyer: boolean;
    price: string;
    size: string;
  }>(
    `SELECT c.coin_id, c.exchange_time AS time, t.trade_id, t.buyer_id = $1 AS bought, t.taker_is_buyer,
       t.price::text, t.size::text
     FROM position_changes c LEFT JOIN LATERAL unnest(c.trade_ids) WITH ORDINALITY AS u (id, n) ON true
     LEFT JOIN trades t ON t.coin_id = c.coin_id AND t.time = c.exchange_time AND t.trade_id = u.id
     WHERE c.trader_id = $1 AND c.exchange_time > $2 AND c.exchange_time <= $3
     ORDER BY c.epoch, c.log_offset, u.n`,
    [span.traderId, span.from, span.to],
    'read_seen_trades',
  );
  const seen: SeenTrade[] = [];
  for (const { coin_id, time, trade_id, bought, taker_is_buyer, price, size } of rows) {
    if (trade_id === null || bought === null) return null;
    seen.push({
      coinId: coin_id,
      time,
      tradeId: trade_id,
      bought,
      maker: bought !== taker_is_buyer,
      price,
      size,
    });
  }
  return seen;
}

/** Whether trades of any of the coins may be missing in a span. */
export async function hasFeedGap(
  db: Queryable,
  span: { readonly coinIds: readonly number[]; readonly from: number; readonly to: number },
): Promise<boolean> {
  const { rows } = await db.query<{ gap: boolean }>(
    `SELECT EXISTS (SELECT FROM feed_gaps WHERE coin_id = ANY ($1::int4[]) AND to_time >= $2 AND from_time <= $3)
       OR EXISTS (SELECT FROM coin_feed WHERE coin_id = ANY ($1::int4[]) AND refused_since <= $3) AS gap`,
    [span.coinIds, span.from, span.to],
    'has_feed_gap',
  );
  return rows[0]?.gap ?? false;
}

export interface Extension {
  readonly traderId: number;
  /** The venue's own word it was made from: a newer one makes it void. */
  readonly base: number;
  readonly through: number;
  readonly record: Buffer;
  readonly series: DailySeries;
}

/** Stores an extended record, unless the venue was asked meanwhile. @returns whether it was stored */
export async function storeExtension(tx: Queryable, extension: Extension): Promise<boolean> {
  const { traderId, base, through, record, series } = extension;
  const { rowCount } = await tx.query(
    `UPDATE trader_records SET version = nextval('trader_record_versions'), extended = $3, extended_through = $4,
       tried_through = $4 WHERE trader_id = $1 AND through = $2`,
    [traderId, base, record, through],
    'store_extension',
  );
  if (rowCount === 0) return false;
  await tx.query(
    `UPDATE trader_daily_series SET days = $2, own_return = $3, copy_return = $4, pnl = $5, equity = $6
     WHERE trader_id = $1`,
    [traderId, series.days, series.ownReturn, series.copyReturn, series.pnl, series.equity],
    'update_daily_series',
  );
  return true;
}

/** The feed does not suffice: the venue is asked again, no sooner than `nextAt`. */
export async function askVenueAgain(
  tx: Queryable,
  trader: { readonly traderId: number; readonly why: string; readonly nextAt: number },
): Promise<void> {
  await tx.query(
    `UPDATE trader_history SET feed_failed = $2, next_at = greatest($3, read_at + 600000) WHERE trader_id = $1`,
    [trader.traderId, trader.why, trader.nextAt],
    'ask_venue_again',
  );
}

/** Until when the feed is known to be whole, exchange time in ms; 0 before the first start. */
export async function readWholeUntil(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ alive_until: number }>('SELECT alive_until FROM stream_state');
  return rows[0]?.alive_until ?? 0;
}
