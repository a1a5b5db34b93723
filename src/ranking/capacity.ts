/** Whether a trader's markets are deep enough for those who follow. */

/** Followers may be at most this share of the volume traded in the minute of a fill. */
export const MOST_OF_MINUTE = 0.05;

/** One fill as the question needs it: its notional, and the volume of its coin in that minute. */
export interface FillDepth {
  readonly notionalUsd: number;
  /** Everybody's volume in that minute, USD; NaN when not recorded. */
  readonly minuteVolumeUsd: number;
}

/**
 * Share of the fills whose copies, `followerRatio` times as large in total, would be more than 5 % of the volume of
 * that minute. NaN when no volume is known.
 */
export function capacityShare(fills: readonly FillDepth[], followerRatio: number): number {
  let known = 0;
  let tooLarge = 0;
  for (const { notionalUsd, minuteVolumeUsd } of fills) {
    if (!Number.isFinite(minuteVolumeUsd)) continue;
    known++;
    if (notionalUsd * followerRatio > MOST_OF_MINUTE * minuteVolumeUsd) tooLarge++;
  }
  return known > 0 ? tooLarge / known : Number.NaN;
}

/**
 * The same for a follower of so many USD, where only the ratio of each fill was kept: its notional over the leader's
 * equity and over the volume of that minute, 1/USD.
 */
export function loadShare(loads: readonly number[], equityUsd: number): number {
  if (loads.length === 0) return Number.NaN;
  return loads.filter((load) => load * equityUsd > MOST_OF_MINUTE).length / loads.length;
}
