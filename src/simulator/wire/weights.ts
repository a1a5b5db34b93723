/** REST weights: a price before the answer and a surcharge by the number of rows that it held. */

const LIGHT = new Set([
  'l2Book',
  'allMids',
  'clearinghouseState',
  'orderStatus',
  'spotClearinghouseState',
  'exchangeStatus',
]);

const PER_20_ROWS = new Set([
  'recentTrades',
  'historicalOrders',
  'userFills',
  'userFillsByTime',
  'fundingHistory',
  'userFunding',
  'userNonFundingLedgerUpdates',
  'twapHistory',
  'userTwapSliceFills',
  'userTwapSliceFillsByTime',
  'delegatorHistory',
  'delegatorRewards',
  'validatorStats',
]);

/** Weight of an /info request before it is answered. Undocumented and unknown types cost the common 20. */
export function infoWeight(type: string): number {
  if (LIGHT.has(type)) return 2;
  return type === 'userRole' ? 60 : 20;
}

/** Weight added after the answer: 1 per 20 rows, or per 60 candles, rounded down. */
export function infoSurcharge(type: string, answer: unknown): number {
  if (!Array.isArray(answer)) return 0;
  if (type === 'candleSnapshot') return Math.floor(answer.length / 60);
  return PER_20_ROWS.has(type) ? Math.floor(answer.length / 20) : 0;
}

/** Weight of an /exchange action with `count` batched items. */
export const actionWeight = (count: number): number => 1 + Math.floor(count / 40);
