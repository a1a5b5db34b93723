/**
 * Follows what is committed, from the bytes of every batch: each trade of the venue is stored once, with its two sides
 * in one change each; or inside a recorded gap, or lost without a sign. The changes of a position make a chain, and
 * its end is what the book holds.
 */
import type { FeedGap } from '../../src/store/feed_gaps.ts';
import type { StreamBatch } from '../../src/store/stream_batch.ts';
import type { PositionBook } from '../../src/tracking/position_book.ts';
import { type LoggedChange, rowsOf } from './batch_rows.ts';

const STORED = 1;
const BOUGHT = 2;
const SOLD = 4;
const SILENT = 8;
const COINS = 1_024;

/** A trade as the venue made it; `coin` is our id. */
export interface MadeTrade {
  readonly coin: number;
  readonly tradeId: number;
  readonly time: number;
  readonly buyer: string;
  readonly seller: string;
}

export class TruthLog {
  /** What is known of a trade, by coin and trade id. */
  readonly #trades: Map<number, number>[] = [];
  #open: MadeTrade[] = [];
  #gaps: FeedGap[] = [];
  /** Size in lots by trader x COINS + coin, as the log says. */
  readonly #fold = new Map<number, number>();
  readonly counts = { stored: 0, changes: 0, inGaps: 0, silent: 0, late: 0 };

  made(trade: MadeTrade): void {
    this.#open.push(trade);
  }

  /** Nobody could notice that this trade was lost. */
  lost(coin: number, tradeId: number): void {
    this.#add(coin, tradeId, SILENT);
  }

  committed(batch: StreamBatch): void {
    const { trades, changes } = rowsOf(batch);
    for (let at = 0; at < trades.length; at++) {
      const coin = trades.coin[at] as number;
      const tradeId = trades.tradeId[at] as number;
      if (!this.#add(coin, tradeId, STORED)) throw new Error(`trade ${tradeId} is stored twice`);
    }
    this.counts.stored += trades.length;
    for (const change of changes) this.#change(change);
    this.#gaps.push(...batch.gaps);
  }

  #change(change: LoggedChange): void {
    const { traderId, coinId, sizeBefore, size, tradeIds, isAudit } = change;
    this.counts.changes++;
    const key = traderId * COINS + coinId;
    if (sizeBefore !== (this.#fold.get(key) ?? 0))
      throw new Error(`the log breaks off before ${JSON.stringify(change)}`);
    if (size === sizeBefore || (tradeIds.length === 0) !== isAudit)
      throw new Error(`not a change: ${JSON.stringify(change)}`);
    this.#fold.set(key, size);
    const side = size > sizeBefore ? BOUGHT : SOLD;
    for (const tradeId of tradeIds) {
      if (!this.#add(coinId, tradeId, side))
        throw new Error(`trade ${tradeId} is in two changes of one side: ${JSON.stringify(change)}`);
    }
  }

  /** False if that was known of the trade already. */
  #add(coin: number, tradeId: number, flag: number): boolean {
    let trades = this.#trades[coin];
    if (trades === undefined) {
      trades = new Map();
      this.#trades[coin] = trades;
    }
    const before = trades.get(tradeId) ?? 0;
    trades.set(tradeId, before | flag);
    return (before & flag) === 0;
  }

  /**
   * To be called when all that the venue has made was delivered and written.
   * @param verifiedAt when the position was last verified (exchange time), 0 if never.
   */
  settle(verifiedAt: (address: string, coin: number) => number): void {
    for (const trade of this.#open) {
      const { coin, tradeId, time } = trade;
      const known = this.#trades[coin]?.get(tradeId) ?? 0;
      if ((known & STORED) === 0) this.#mustBeExcused(trade, known);
      else if ((known & (BOUGHT | SOLD)) !== (BOUGHT | SOLD)) {
        // Came after a snapshot that holds it already.
        const bought = (known & BOUGHT) !== 0 || verifiedAt(trade.buyer, coin) >= time;
        const sold = (known & SOLD) !== 0 || verifiedAt(trade.seller, coin) >= time;
        if (!bought || !sold) throw new Error(`a side of ${JSON.stringify(trade)} is in no change`);
        this.counts.late++;
      }
    }
    this.#open = [];
    this.#gaps = this.#gaps.slice(-2_000);
  }

  #mustBeExcused(trade: MadeTrade, known: number): void {
    if ((known & SILENT) !== 0) this.counts.silent++;
    else if (
      this.#gaps.some(({ coin, from, to }) => coin === trade.coin && from <= trade.time && trade.time <= to)
    )
      this.counts.inGaps++;
    else throw new Error(`${JSON.stringify(trade)} is neither stored nor in a gap`);
  }

  /** Throws if the log does not end where the book is. To be called when everything is written. */
  mustEndAs(book: PositionBook): void {
    for (let slot = 0; slot < book.pairs.size; slot++) {
      const trader = book.pairs.traderOf(slot);
      const coin = book.pairs.coinOf(slot);
      const logged = this.#fold.get(trader * COINS + coin) ?? 0;
      if (logged !== book.state(slot).size)
        throw new Error(
          `the log of trader ${trader}, coin ${coin} ends at ${logged} lots: ${book.state(slot).size}`,
        );
    }
  }
}
