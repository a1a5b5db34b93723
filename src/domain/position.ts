/** Words for positions and their changes, and the one rule of what a change is called. */

/**
 * How a position is known. exact: seeded by a snapshot and chained since; estimated: never seeded; stale: a detected
 * gap of the feed may have touched it; quarantined: drift was found and two audits have not agreed since.
 */
export type PositionKnown = 'exact' | 'estimated' | 'stale' | 'quarantined';

export type PositionChangeKind = 'opened' | 'increased' | 'reduced' | 'closed' | 'flipped';

/** @param before and `after`: signed sizes of one position, not equal. */
export function changeKind(before: number, after: number): PositionChangeKind {
  if (before === 0) return 'opened';
  if (after === 0) return 'closed';
  if (before > 0 !== after > 0) return 'flipped';
  return Math.abs(after) > Math.abs(before) ? 'increased' : 'reduced';
}

/** Size in lots and cost basis in micro-USD of a position by average entry. */
export interface AveragePosition {
  readonly size: number;
  readonly cost: number;
}

/**
 * What leaves the cost basis when `closing` of `held` lots are closed: the average, cut to the micro-dollar. All of
 * it when all is closed, so that nothing is ever lost or made by rounding.
 */
export const leavingCost = (cost: number, closing: number, held: number): number =>
  closing === held ? cost : Math.round(cost * (closing / held));

/** The position after a fill of signed lots at a price in ticks. */
export function afterFill(position: AveragePosition, lots: number, price: number): AveragePosition {
  const { size, cost } = position;
  const after = size + lots;
  if (size === 0 || size > 0 === lots > 0) return { size: after, cost: cost + Math.abs(lots) * price };
  const held = Math.abs(size);
  const closing = Math.min(Math.abs(lots), held);
  const rest = Math.abs(lots) - closing;
  return { size: after, cost: rest > 0 ? rest * price : cost - leavingCost(cost, closing, held) };
}
