/** Why an order ends before it rests or trades: the status that it keeps and the text that its sender reads. */
import type { OrderStatus } from './records.ts';

/** By status; the venue appends the asset. Where a text names prices, these are of nobody's book. */
export const REJECT_TEXTS = {
  tickRejected: 'Price must be divisible by tick size.',
  minTradeNtlRejected: 'Order must have minimum value of $10.',
  perpMarginRejected: 'Insufficient margin to place order.',
  reduceOnlyRejected: 'Reduce only order would increase position.',
  badAloPxRejected: 'Post only order would have immediately matched, bbo was 100@101.',
  iocCancelRejected: 'Order could not immediately match against any resting orders.',
  badTriggerPxRejected: 'Invalid TP/SL price.',
  marketOrderNoLiquidityRejected: 'No liquidity available for market order.',
  positionIncreaseAtOpenInterestCapRejected:
    'Order would increase open interest while open interest is capped',
  positionFlipAtOpenInterestCapRejected: 'Order would increase open interest while open interest is capped',
  tooAggressiveAtOpenInterestCapRejected:
    'Order rejected due to price more aggressive than oracle while at open interest cap',
  openInterestIncreaseRejected: 'Order would increase open interest too quickly',
  insufficientSpotBalanceRejected: 'Order has insufficient spot balance to trade',
  oracleRejected: 'Order price too far from oracle',
  perpMaxPositionRejected: 'Order would cause position to exceed margin tier limit at current leverage',
  tooManyOpenOrdersRejected: 'Too many open orders',
} as const satisfies Partial<Record<OrderStatus, string>>;

export type RejectReason = keyof typeof REJECT_TEXTS;
export const REJECT_REASONS = Object.keys(REJECT_TEXTS) as RejectReason[];
