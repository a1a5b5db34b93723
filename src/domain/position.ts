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
