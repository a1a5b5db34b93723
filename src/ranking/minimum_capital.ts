/** Smallest equity with which a follower can hold what a leader holds, after lot sizes and the least order. */

/** Orders below this notional are refused by the venue. */
export const LEAST_ORDER_USD = 10;
const REPRODUCED = 0.95;
const MOST_USD = 1e9;

/** A position of the leader as it was held: notional over the leader's equity, and the value of one lot. */
export interface HeldPosition {
  readonly ratio: number;
  readonly lotUsd: number;
}

/** Share of the leader's notional that an equity reproduces, rounding each position down to lots. */
export function reproducedShare(positions: readonly HeldPosition[], equityUsd: number): number {
  let wanted = 0;
  let held = 0;
  for (const { ratio, lotUsd } of positions) {
    const target = Math.abs(ratio) * equityUsd;
    const rounded = Math.floor(target / lotUsd + 1e-9) * lotUsd;
    wanted += target;
    if (rounded >= LEAST_ORDER_USD) held += rounded;
  }
  return wanted > 0 ? held / wanted : 0;
}

/**
 * Least equity from which at least 95 % is reproduced, to the dollar, rounded up.
 * The share is not monotone (lots step), so the answer is the point beyond which it never falls below again:
 * above it every position is at least 20 lots and one least order, and between there it is searched downwards.
 * @returns null when the leader holds nothing.
 */
export function minimumCapital(positions: readonly HeldPosition[]): number | null {
  const real = positions.filter(({ ratio, lotUsd }) => ratio !== 0 && lotUsd > 0);
  if (real.length === 0) return null;
  const safe = Math.max(
    ...real.map(({ ratio, lotUsd }) => Math.max(LEAST_ORDER_USD + lotUsd, 20 * lotUsd) / Math.abs(ratio)),
  );
  let equity = Math.min(MOST_USD, Math.ceil(safe));
  // In steps of 1 % the share can only be missed for less than a lot, which the final check makes up for.
  for (;;) {
    const lower = Math.floor(equity * 0.99);
    if (lower < 1 || lower === equity || reproducedShare(real, lower) < REPRODUCED) return equity;
    equity = lower;
  }
}
