/** What a batch of the stream role writes, read from the very bytes that it sends to the database. */
import { CAUSES, KNOWN } from '../../src/domain/change_columns.ts';
import type { CoinTable } from '../../src/domain/listed_coin.ts';
import { type BigMicroUsd, PERP_PRICE_DECIMALS } from '../../src/domain/money.ts';
import type { PositionKnown } from '../../src/domain/position.ts';
import { TradeColumns } from '../../src/domain/trade_columns.ts';
import type { LoggedPosition } from '../../src/store/position_changes.ts';
import type { StreamBatch } from '../../src/store/stream_batch.ts';
import type { TraderRecord } from '../../src/store/traders.ts';
import { BinaryRows } from './binary_rows.ts';

const USD_DECIMALS = 6;

export interface LoggedChange extends LoggedPosition {
  readonly isAudit: boolean;
  readonly sizeBefore: number;
  readonly tradeIds: readonly number[];
}

/** Rows of one batch. */
export interface BatchRows {
  readonly newTraders: readonly { readonly trader: TraderRecord; readonly address: Uint8Array }[];
  /** The first has the sequence number `batch.before.nextSeq`, the others follow. */
  readonly trades: TradeColumns;
  readonly changes: readonly LoggedChange[];
}

const read = new WeakMap<StreamBatch, BatchRows>();

/** @throws Error if sequence numbers or offsets are not dense. */
export function rowsOf(batch: StreamBatch): BatchRows {
  let rows = read.get(batch);
  if (rows === undefined) {
    rows = { newTraders: newTradersOf(batch), trades: tradesOf(batch), changes: changesOf(batch) };
    read.set(batch, rows);
  }
  return rows;
}

function tradesOf(batch: StreamBatch): TradeColumns {
  const trades = new TradeColumns();
  const rows = new BinaryRows(messageOf(batch.trades));
  let seq = batch.before.nextSeq;
  while (rows.next()) {
    const coin = rows.int();
    const decimals = decimalsOf(batch.coins, coin);
    const time = rows.int();
    const tradeId = rows.int();
    if (rows.int() !== seq++) throw new Error('trades are not numbered without a gap');
    const price = rows.scaled(PERP_PRICE_DECIMALS - decimals);
    const size = rows.scaled(decimals);
    trades.push(coin, time, tradeId, price, size, rows.int(), rows.int(), rows.boolean(), rows.int());
  }
  if (seq !== batch.after.nextSeq) throw new Error('the trades do not end where the state says');
  return trades;
}

function changesOf(batch: StreamBatch): LoggedChange[] {
  const changes: LoggedChange[] = [];
  const rows = new BinaryRows(messageOf(batch.changes));
  let next = batch.before.nextOffset;
  while (rows.next()) {
    rows.skip(1);
    const offset = rows.int();
    if (offset !== next++) throw new Error('the log is not dense');
    changes.push(changeOf(rows, offset, batch.coins));
  }
  if (next !== batch.after.nextOffset) throw new Error('the log does not end where the state says');
  return changes;
}

function changeOf(rows: BinaryRows, offset: number, coins: CoinTable): LoggedChange {
  const traderId = rows.int();
  const coinId = rows.int();
  const decimals = decimalsOf(coins, coinId);
  rows.skip(1);
  const isAudit = rows.oneOf(CAUSES) === 1;
  const sizeBefore = rows.scaled(decimals);
  const size = rows.scaled(decimals);
  rows.skip(3);
  const cost = rows.scaled(USD_DECIMALS);
  const episode = rows.int();
  const episodePnl = rows.scaled(USD_DECIMALS);
  const openedAt = rows.int();
  const known = KNOWN[rows.oneOf(KNOWN)] as PositionKnown;
  const tradeIds = rows.ints();
  const changedAt = rows.int();
  rows.skip(2);
  return {
    offset,
    traderId,
    coinId,
    isAudit,
    sizeBefore,
    tradeIds,
    size,
    cost,
    episode,
    episodePnl,
    openedAt,
    changedAt,
    known,
  };
}

function newTradersOf(batch: StreamBatch): BatchRows['newTraders'] {
  const traders: BatchRows['newTraders'][number][] = [];
  const rows = new BinaryRows(messageOf(batch.newTraders));
  while (rows.next()) {
    const traderId = rows.int();
    const address = rows.bytes();
    const trader = {
      traderId,
      firstSeenAt: rows.int(),
      lastSeenAt: rows.int(),
      tradeCount: rows.int(),
      notional: rows.bigScaled(USD_DECIMALS) as BigMicroUsd,
      coinCount: rows.int(),
      throughSeq: rows.int(),
    };
    traders.push({ trader, address });
  }
  return traders;
}

const messageOf = (rows: StreamBatch['trades']): Buffer => Buffer.concat([...rows.pieces()]);

const decimalsOf = (coins: CoinTable, coin: number): number => {
  const listed = coins.byId(coin);
  if (listed === undefined) throw new Error(`no coin ${coin}`);
  return listed.sizeDecimals;
};
