/** What happened before the world began, as the answers need it; made when somebody asks. */
import type { Ticks } from '../../domain/money.ts';
import type { Candle } from './candles.ts';
import type { FillRecord, FundingRecord } from './records.ts';
import type { CandleInterval } from './types.ts';

/** Each list in execution order, oldest first, at most what the venue serves. */
export interface AccountHistory {
  fills(): readonly FillRecord[];
  twapFills(): readonly FillRecord[];
  funding(): readonly FundingRecord[];
}

export interface CandleHistory {
  /** ms. */
  readonly start: number;
  /** Price before the first trade. */
  readonly initial: Ticks;
  /** Price of the last trade. */
  readonly last: Ticks;
  /** Ascending, only spans with trades, at least the newest 5000 spans. */
  candles(interval: CandleInterval): readonly Candle[];
}

/** The past in front of the present; the present alone when there is none. */
export const joined = <T>(past: readonly T[] | undefined, present: readonly T[]): readonly T[] =>
  past === undefined || past.length === 0 ? present : [...past, ...present];
