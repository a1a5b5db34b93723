/** What it costs a follower to trade where the leader trades. Basis points of notional unless said otherwise. */

/** What is known of a coin's market. */
export interface CoinDepth {
  /** Half the distance between best bid and ask. */
  readonly halfSpreadBp: number;
  /** Standard deviation of a day's return, fraction. */
  readonly dailyDeviation: number;
  /** USD traded in a day. */
  readonly dailyVolumeUsd: number;
}

/**
 * Impact of a market order by the square-root law: it moves the price by a share of the day's deviation that grows
 * with the root of its share of the day's volume. The notional is that of all followers together.
 */
export const impactBp = (notionalUsd: number, dailyDeviation: number, dailyVolumeUsd: number): number =>
  dailyVolumeUsd > 0
    ? 1e4 * dailyDeviation * Math.sqrt(notionalUsd / dailyVolumeUsd)
    : Number.POSITIVE_INFINITY;

/** Equity of a standard follower, USD, whose orders costs are reckoned for: one as large as that. */
export const STANDARD_EQUITY_USD = 1_000;

/** How many times as large the impact of a follower is as that of a standard one, by the same law. */
export const impactGrowth = (equityUsd: number): number => Math.sqrt(equityUsd / STANDARD_EQUITY_USD);

/** Spread and impact of one order of a follower. */
export const slippageBp = (depth: CoinDepth, notionalUsd: number): number =>
  depth.halfSpreadBp + impactBp(notionalUsd, depth.dailyDeviation, depth.dailyVolumeUsd);

/** One round trip of a leader as a follower would have paid for it. */
export const roundTripBp = (
  terms: { readonly takerBp: number; readonly builderBp: number },
  slippage: number,
): number => 2 * (terms.takerBp + terms.builderBp + slippage);

/** Offsets of the alpha-decay curve, ms after a fill of the leader. */
export const DECAY_OFFSETS_MS = [1_000, 3_000, 10_000, 60_000] as const;

/** A fill as the curve needs it. Prices in any one unit. */
export interface DecayFill {
  readonly time: number;
  /** Of the position that it changed, whether it grew or shrank: 1 long, -1 short. */
  readonly direction: 1 | -1;
  readonly opens: boolean;
  readonly notional: number;
}

/** The price of the fill's coin at a time, or null where it is not recorded. */
export type PriceAt<Fill extends DecayFill> = (fill: Fill, time: number) => number | null;

export interface DecayPoint {
  readonly offsetMs: number;
  /**
   * Notional-weighted move of the price, in the position's direction, after opening fills minus after closing fills:
   * what a round trip so late has missed, basis points. Null without data.
   */
  readonly driftBp: number | null;
  /** Fills with a price then and after the offset. */
  readonly n: number;
}

/**
 * How far the price runs the leader's way after his fills: what a follower who is late by that much has missed. A
 * curve that jumps at once and stays is an edge that cannot be copied; one that keeps rising is one that can.
 */
export function alphaDecay<Fill extends DecayFill>(
  fills: readonly Fill[],
  price: PriceAt<Fill>,
): DecayPoint[] {
  return DECAY_OFFSETS_MS.map((offsetMs) => {
    const opening = { weight: 0, sum: 0 };
    const closing = { weight: 0, sum: 0 };
    let n = 0;
    for (const fill of fills) {
      const before = price(fill, fill.time);
      const after = price(fill, fill.time + offsetMs);
      if (before === null || after === null || before <= 0) continue;
      n++;
      const into = fill.opens ? opening : closing;
      into.weight += fill.notional;
      into.sum += fill.notional * fill.direction * (after / before - 1) * 1e4;
    }
    const mean = (of: { weight: number; sum: number }): number => (of.weight > 0 ? of.sum / of.weight : 0);
    return { offsetMs, driftBp: n > 0 ? mean(opening) - mean(closing) : null, n };
  });
}
