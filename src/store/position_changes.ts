/** The event log: rows as the stream role writes them and reads them back. */
import { CAUSES, type ChangeCause, type ChangeColumns, KNOWN } from '../domain/change_columns.ts';
import type { CoinTable } from '../domain/listed_coin.ts';
import { PERP_PRICE_DECIMALS, parseScaled } from '../domain/money.ts';
import type { PairIndex } from '../domain/pair_index.ts';
import { changeKind, type PositionKnown } from '../domain/position.ts';
import { type BinaryCopy, copyRows, type RowSource, rowSource } from './binary_copy.ts';
import type { Queryable, Transaction } from './database.ts';

/** Column order of encoded rows. */
const COLUMNS = `epoch, log_offset, trader_id, coin_id, kind, cause, size_before, size_after, price, notional_usd,
  realised_pnl_usd, cost_usd, episode, episode_pnl_usd, opened_at, known, trade_ids, exchange_time, received_at,
  committed_at`;
const COLUMN_COUNT = 20;
const USD_DECIMALS = 6;
/** Decimals of an average price beyond those of the coin's ticks. */
const AVERAGE_DECIMALS = 4;
const AVERAGE_UNIT = 10 ** AVERAGE_DECIMALS;
/** Trade ids of the change that is being encoded. */
const tradeIds: number[] = [];

export interface LogPlace {
  readonly epoch: number;
  /** Offset of the first row. */
  readonly offset: number;
  /** ms, just before the commit. */
  readonly committedAt: number;
}

/** Rows of `position_changes`. */
export const changeRows = (
  changes: ChangeColumns,
  pairs: PairIndex,
  coins: CoinTable,
  place: LogPlace,
): RowSource =>
  rowSource(COLUMN_COUNT, changes.length, (copy, at) => {
    const slot = changes.slot[at] as number;
    const coin = pairs.coinOf(slot);
    const sizeDecimals = coins.byId(coin)?.sizeDecimals ?? 0;
    copy.int8(place.epoch);
    copy.int8(place.offset + at);
    copy.int8(pairs.traderOf(slot));
    copy.int4(coin);
    copy.ascii(changeKind(changes.sizeBefore[at] as number, changes.sizeAfter[at] as number));
    encodeTraded(copy, changes, at, sizeDecimals);
    copy.scaled(changes.realised[at] as number, USD_DECIMALS);
    copy.scaled(changes.cost[at] as number, USD_DECIMALS);
    copy.int4(changes.episode[at] as number);
    copy.scaled(changes.episodePnl[at] as number, USD_DECIMALS);
    copy.int8(changes.openedAt[at] as number);
    copy.ascii(KNOWN[changes.known[at] as number] as PositionKnown);
    tradeIds.length = 0;
    changes.tradeIds(at, tradeIds);
    copy.int8Array(tradeIds, 0, tradeIds.length);
    copy.int8(changes.exchangeTime[at] as number);
    copy.int8(changes.receivedAt[at] as number);
    copy.int8(place.committedAt);
  });

/** cause, size_before, size_after, price, notional_usd */
function encodeTraded(copy: BinaryCopy, changes: ChangeColumns, at: number, sizeDecimals: number): void {
  const traded = changes.traded[at] as number;
  const notional = changes.notional[at] as number;
  copy.ascii(CAUSES[changes.cause[at] as number] as ChangeCause);
  copy.scaled(changes.sizeBefore[at] as number, sizeDecimals);
  copy.scaled(changes.sizeAfter[at] as number, sizeDecimals);
  if (traded === 0) {
    copy.null();
    copy.null();
    return;
  }
  const average = Math.round((notional / traded) * AVERAGE_UNIT);
  copy.scaled(average, PERP_PRICE_DECIMALS - sizeDecimals + AVERAGE_DECIMALS);
  copy.scaled(notional, USD_DECIMALS);
}

export const copyPositionChanges = (tx: Transaction, rows: RowSource): Promise<void> =>
  copyRows(tx, `position_changes (${COLUMNS})`, rows);

/** What a logged change leaves behind. Sizes in lots, money in micro-USD. */
export interface LoggedPosition {
  readonly offset: number;
  readonly traderId: number;
  readonly coinId: number;
  readonly size: number;
  readonly cost: number;
  readonly episode: number;
  readonly episodePnl: number;
  readonly openedAt: number;
  readonly changedAt: number;
  readonly known: PositionKnown;
}

interface ChangeRow {
  log_offset: number;
  trader_id: number;
  coin_id: number;
  size_after: string;
  cost_usd: string;
  episode: number;
  episode_pnl_usd: string;
  opened_at: number;
  exchange_time: number;
  known: PositionKnown;
}

const PAGE = 10_000;

/** Logged changes from an offset on, in order, page by page. */
export async function readLoggedPositions(
  db: Queryable,
  from: { readonly epoch: number; readonly offset: number },
  coins: CoinTable,
  each: (position: LoggedPosition) => void,
): Promise<void> {
  let next = from.offset;
  for (;;) {
    const { rows } = await db.query<ChangeRow>(
      `SELECT log_offset, trader_id, coin_id, size_after, cost_usd, episode, episode_pnl_usd, opened_at,
         exchange_time, known
       FROM position_changes WHERE epoch = $1 AND log_offset >= $2 ORDER BY log_offset LIMIT ${PAGE}`,
      [from.epoch, next],
    );
    for (const row of rows) {
      each({
        offset: row.log_offset,
        traderId: row.trader_id,
        coinId: row.coin_id,
        size: parseScaled(row.size_after, coins.byId(row.coin_id)?.sizeDecimals ?? 0),
        cost: parseScaled(row.cost_usd, USD_DECIMALS),
        episode: row.episode,
        episodePnl: parseScaled(row.episode_pnl_usd, USD_DECIMALS),
        openedAt: row.opened_at,
        changedAt: row.exchange_time,
        known: row.known,
      });
      next = row.log_offset + 1;
    }
    if (rows.length < PAGE) return;
  }
}
