import type { Lots, MicroUsd, Ticks } from '../money.ts';

/**
 * Why a fill happened, from the owner's side. A liquidation mark on a fill names the liquidated account, so the
 * counterparty of a liquidation has an ordinary 'order' fill.
 */
export type FillCause = 'order' | 'liquidation' | 'adl' | 'settlement';

/** One execution of one trader's order in one perpetual, in exact integers. */
export interface Fill {
  /** ms UTC. */
  readonly time: number;
  readonly coin: number;
  readonly tradeId: number;
  readonly orderId: number;
  /** Signed: positive bought, negative sold. Never zero. */
  readonly size: Lots;
  readonly price: Ticks;
  /** Signed position just before this fill, as the venue states it. */
  readonly startPosition: Lots;
  /** All fees of the fill, builder fee included; negative is a rebate. */
  readonly fee: MicroUsd;
  /** The venue's own PnL of the closed part, gross of fees; null where the source does not carry it. */
  readonly closedPnl: MicroUsd | null;
  /** True when the order rested in the book. */
  readonly maker: boolean;
  readonly twapId: number | null;
  readonly cause: FillCause;
}
