/** Public trades, as the stream role writes them and reads them back at its start. */
import type { CoinTable } from '../domain/listed_coin.ts';
import { PERP_PRICE_DECIMALS, parseLots, parseTicks } from '../domain/money.ts';
import type { TradeColumns } from '../domain/trade_columns.ts';
import { copyRows, type RowSource, rowSource } from './binary_copy.ts';
import type { Database, Queryable, Transaction } from './database.ts';
import { dropPartitionsBefore, utcDay } from './partitions.ts';

/** Rows of `trades`, the first with sequence number `seq`. */
export const tradeRows = (rows: TradeColumns, coins: CoinTable, seq: number): RowSource =>
  rowSource(10, rows.length, (copy, at) => {
    const coin = rows.coin[at] as number;
    const sizeDecimals = coins.byId(coin)?.sizeDecimals ?? 0;
    copy.int4(coin);
    copy.int8(rows.time[at] as number);
    copy.int8(rows.tradeId[at] as number);
    copy.int8(seq + at);
    copy.scaled(rows.price[at] as number, PERP_PRICE_DECIMALS - sizeDecimals);
    copy.scaled(rows.size[at] as number, sizeDecimals);
    copy.int8(rows.buyer[at] as number);
    copy.int8(rows.seller[at] as number);
    copy.boolean(rows.takerIsBuyer[at] === 1);
    copy.int8(rows.receivedAt[at] as number);
  });

export const copyTrades = (tx: Transaction, rows: RowSource): Promise<void> =>
  copyRows(
    tx,
    'trades (coin_id, time, trade_id, seq, price, size, buyer_id, seller_id, taker_is_buyer, received_at)',
    rows,
  );

interface TradeRow {
  coin_id: number;
  time: number;
  trade_id: number;
  seq: number;
  price: string;
  size: string;
  buyer_id: number;
  seller_id: number;
  taker_is_buyer: boolean;
  received_at: number;
}

const PAGE = 10_000;

/** Stored trades from a sequence number on, in order, page by page; `each` gets the seq of the first row. */
export async function readTradesFrom(
  db: Queryable,
  fromSeq: number,
  coins: CoinTable,
  each: (rows: TradeColumns, firstSeq: number) => void,
  columns: TradeColumns,
): Promise<void> {
  let next = fromSeq;
  for (;;) {
    const { rows } = await db.query<TradeRow>(
      `SELECT coin_id, time, trade_id, seq, price, size, buyer_id, seller_id, taker_is_buyer, received_at
       FROM trades WHERE seq >= $1 AND seq < $1 + ${PAGE} ORDER BY seq`,
      [next],
    );
    if (rows.length === 0) return;
    columns.clear();
    for (const row of rows) pushRow(columns, row, coins);
    each(columns, next);
    next += PAGE;
  }
}

function pushRow(columns: TradeColumns, row: TradeRow, coins: CoinTable): void {
  const sizeDecimals = coins.byId(row.coin_id)?.sizeDecimals ?? 0;
  columns.push(
    row.coin_id,
    row.time,
    row.trade_id,
    parseTicks(row.price, sizeDecimals),
    parseLots(row.size, sizeDecimals),
    row.buyer_id,
    row.seller_id,
    row.taker_is_buyer,
    row.received_at,
  );
}

export interface TradeKey {
  readonly time: number;
  readonly tradeId: number;
}

/** The newest stored trades of a coin, oldest first, and whether there are older ones. */
export async function readNewestTradeKeys(
  db: Queryable,
  coinId: number,
  limit: number,
): Promise<{ readonly keys: TradeKey[]; readonly all: boolean }> {
  const { rows } = await db.query<{ time: number; trade_id: number }>(
    'SELECT time, trade_id FROM trades WHERE coin_id = $1 ORDER BY time DESC, trade_id LIMIT $2',
    [coinId, limit],
    'newest_trade_keys',
  );
  const keys = rows.reverse().map((row) => ({ time: row.time, tradeId: row.trade_id }));
  return { keys, all: keys.length < limit };
}

/**
 * Retention: drops the days of trades that lie wholly before `beforeMs` (exchange time), and notes first that they may
 * be gone: the venue repeats the newest trades of a coin however old they are, and a start must not take them for new.
 * @returns names of the dropped partitions.
 * @throws StoreError `STORE_TIMEOUT` (retryable) when readers hold the table for more than 5 s.
 */
export async function dropTradesBefore(database: Database, beforeMs: number): Promise<string[]> {
  await database.query('UPDATE stream_state SET trades_since = greatest(trades_since, $1)', [
    utcDay(beforeMs) * 86_400_000,
  ]);
  return dropPartitionsBefore(database, 'trades', beforeMs);
}

/** Exchange time (ms) before which trades may have been dropped; 0 if none were. */
export async function readTradesSince(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ since: number }>('SELECT trades_since AS since FROM stream_state');
  return rows[0]?.since ?? 0;
}

/** Exchange time (ms) of the newest stored trade of any coin; 0 if there is none. */
export async function readNewestTradeTime(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ time: number }>(
    `SELECT coalesce(max(t.time), 0) AS time FROM trades t, stream_state s
     WHERE t.seq >= s.next_seq - ${PAGE} AND t.seq < s.next_seq`,
  );
  return rows[0]?.time ?? 0;
}
