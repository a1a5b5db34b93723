import type { TradeColumns } from '../../domain/trade_columns.ts';
import type { Gap } from './continuity.ts';

/** What a feed tells, in the order in which it happened. */
export interface TradeFeedHooks {
  /** New trades, to be taken before returning: the columns are used again. */
  trades(rows: TradeColumns): void;
  /** Trades may be missing; told before the trades that came after the span. */
  gap(gap: Gap): void;
  /** The coin is followed for the first time: all its trades after this exchange time (ms) will be told. */
  begins(coin: number, time: number): void;
  /** From now on nothing is known of these coins … */
  interrupted(coins: readonly number[], reason: string): void;
  /** … until here: everything is there, but for gaps told before. */
  restored(coin: number): void;
}
