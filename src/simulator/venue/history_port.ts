/** What happened before the world began, as the answers need it; made when somebody asks. */
import type { FillRecord, FundingRecord, OrderUpdateRecord, TwapRecord } from './records.ts';

/** Each list in execution order, oldest first, at most what the venue serves. */
export interface AccountHistory {
  fills(): readonly FillRecord[];
  twapFills(): readonly FillRecord[];
  funding(): readonly FundingRecord[];
  /** As they ended, of the fills that are served. */
  orders(): readonly OrderUpdateRecord[];
  twaps(): readonly TwapRecord[];
}

/** The past in front of the present; the present alone when there is none. */
export const joined = <T>(past: readonly T[] | undefined, present: readonly T[]): readonly T[] =>
  past === undefined || past.length === 0 ? present : [...past, ...present];
