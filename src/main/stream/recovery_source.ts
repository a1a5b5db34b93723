/** Where the stream role reads at its start what it knew when it last wrote. */
import type { CoinTable, ListedCoin } from '../../domain/listed_coin.ts';
import { TradeColumns } from '../../domain/trade_columns.ts';
import { readTraderDexs, type TraderDexRecord } from '../../store/audits.ts';
import { readCoins } from '../../store/coins.ts';
import type { Database } from '../../store/database.ts';
import { interruptAll, readGapEnds, readGapPollsDue, readRefused } from '../../store/feed_gaps.ts';
import type { Lease } from '../../store/leases.ts';
import { type LoggedPosition, readLoggedPositions } from '../../store/position_changes.ts';
import { loadPositions, type PositionRecord } from '../../store/positions.ts';
import { openStreamState, type StreamState } from '../../store/stream_state.ts';
import { loadTraders, type TraderRecord } from '../../store/traders.ts';
import {
  readNewestTradeKeys,
  readNewestTradeTime,
  readTradesFrom,
  readTradesSince,
  type TradeKey,
} from '../../store/trades.ts';

export interface RecoverySource {
  /** The stored state, made on first use; from now on every coin counts as interrupted. */
  begin(epoch: number, now: number): Promise<StreamState>;
  /** Coins under their current ids and, first, their former ones. */
  coins(): Promise<readonly ListedCoin[]>;
  /** `isListed`: its place in the list of traders is that of its totals. */
  traders(each: (trader: TraderRecord, address: Uint8Array, isListed: boolean) => void): Promise<void>;
  /** Trades from a sequence number on, in order; `each` gets the seq of the first row. */
  trades(
    fromSeq: number,
    coins: CoinTable,
    each: (rows: TradeColumns, firstSeq: number) => void,
  ): Promise<void>;
  /** The newest trades of a coin, oldest first, and whether these are all. */
  newestTrades(
    coinId: number,
    limit: number,
  ): Promise<{ readonly keys: readonly TradeKey[]; readonly all: boolean }>;
  /** Exchange time (ms) before which trades may have been dropped; 0 if none were. */
  tradesSince(): Promise<number>;
  /** Exchange time (ms) of the newest trade of any coin; 0 if there is none. */
  newestTradeTime(): Promise<number>;
  traderDexs(): Promise<readonly TraderDexRecord[]>;
  /** By coin: the last ms of its newest recorded gap (exchange time). */
  gapEnds(): Promise<ReadonlyMap<number, number>>;
  /** Coins with a gap after which polls are still to be requested, and the last ms of it (exchange time). */
  gapPollsDue(): Promise<ReadonlyMap<number, number>>;
  /** Coins that the venue refused, and since when (exchange time, ms). */
  refused(): Promise<ReadonlyMap<number, number>>;
  positions(coins: CoinTable, each: (position: PositionRecord) => void): Promise<void>;
  /** Logged changes from an offset on, in order. */
  changes(
    from: { readonly epoch: number; readonly offset: number },
    coins: CoinTable,
    each: (change: LoggedPosition) => void,
  ): Promise<void>;
}

/** The tables; to be used only while holding the stream's lease. */
export function databaseSource(database: Database, lease: Lease): RecoverySource {
  return {
    begin: (epoch, now) =>
      database.transaction(async (tx) => {
        await lease.check(tx);
        await interruptAll(tx);
        return openStreamState(tx, epoch, now);
      }),
    coins: () => readCoins(database, true),
    traders: (each) => loadTraders(database, each),
    trades: (fromSeq, coins, each) => readTradesFrom(database, fromSeq, coins, each, new TradeColumns()),
    newestTrades: (coinId, limit) => readNewestTradeKeys(database, coinId, limit),
    tradesSince: () => readTradesSince(database),
    newestTradeTime: () => readNewestTradeTime(database),
    traderDexs: () => readTraderDexs(database),
    gapEnds: () => readGapEnds(database),
    gapPollsDue: () => readGapPollsDue(database),
    refused: () => readRefused(database),
    positions: (coins, each) => loadPositions(database, coins, each),
    changes: (from, coins, each) => readLoggedPositions(database, from, coins, each),
  };
}
