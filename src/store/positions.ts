/** Checkpoint of the position book. */
import type { CoinTable } from '../domain/listed_coin.ts';
import { formatScaled, parseScaled } from '../domain/money.ts';
import type { PositionKnown } from '../domain/position.ts';
import type { Queryable } from './database.ts';

/** One position. Size in lots of its coin, money in micro-USD, times in ms. */
export interface PositionRecord {
  readonly traderId: number;
  readonly coinId: number;
  readonly size: number;
  readonly cost: number;
  readonly episode: number;
  readonly episodePnl: number;
  readonly openedAt: number;
  readonly changedAt: number;
  readonly known: PositionKnown;
  /** Venue time of the last snapshot that vouched for it; 0 if none. */
  readonly verifiedAt: number;
  /** Last change applied. */
  readonly offset: number;
}

const UPSERT_ROWS = 1000;
const PAGE = 20_000;
const USD_DECIMALS = 6;

/** Writes positions; each (trader, coin) at most once per call. */
export async function upsertPositions(
  tx: Queryable,
  positions: readonly PositionRecord[],
  coins: CoinTable,
): Promise<void> {
  const usd = (amount: number) => formatScaled(amount, USD_DECIMALS);
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
        rows.map((one) => formatScaled(one.size, coins.byId(one.coinId)?.sizeDecimals ?? 0)),
        rows.map((one) => usd(one.cost)),
        rows.map((one) => one.episode),
        rows.map((one) => usd(one.episodePnl)),
        rows.map((one) => one.openedAt),
        rows.map((one) => one.changedAt),
        rows.map((one) => one.known),
        rows.map((one) => (one.verifiedAt === 0 ? null : one.verifiedAt)),
        rows.map((one) => one.offset),
      ],
      'upsert_positions',
    );
  }
}

interface PositionRow {
  trader_id: number;
  coin_id: number;
  size: string;
  cost_usd: string;
  episode: number;
  episode_pnl_usd: string;
  opened_at: number;
  changed_at: number;
  known: PositionKnown;
  verified_at: number | null;
  log_offset: number;
}

/** Every stored position, page by page. */
export async function loadPositions(
  db: Queryable,
  coins: CoinTable,
  each: (position: PositionRecord) => void,
): Promise<void> {
  let trader = 0;
  let coin = 0;
  for (;;) {
    const { rows } = await db.query<PositionRow>(
      `SELECT trader_id, coin_id, size, cost_usd, episode, episode_pnl_usd, opened_at, changed_at, known,
         verified_at, log_offset
       FROM positions WHERE (trader_id, coin_id) > ($1::int8, $2::int4) ORDER BY trader_id, coin_id LIMIT ${PAGE}`,
      [trader, coin],
    );
    for (const row of rows) {
      each({
        traderId: row.trader_id,
        coinId: row.coin_id,
        size: parseScaled(row.size, coins.byId(row.coin_id)?.sizeDecimals ?? 0),
        cost: parseScaled(row.cost_usd, USD_DECIMALS),
        episode: row.episode,
        episodePnl: parseScaled(row.episode_pnl_usd, USD_DECIMALS),
        openedAt: row.opened_at,
        changedAt: row.changed_at,
        known: row.known,
        verifiedAt: row.verified_at ?? 0,
        offset: row.log_offset,
      });
      trader = row.trader_id;
      coin = row.coin_id;
    }
    if (rows.length < PAGE) return;
  }
}
