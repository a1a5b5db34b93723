/** Formulas of the venue that backtests and risk need: funding, margin tiers, liquidation price. Float64 USD. */

/** Rate an hour never leaves this. */
const FUNDING_CAP = 0.04;
const INTEREST_8H = 0.0001;
const CLAMP_8H = 0.0005;

/** Funding over eight hours from the average premium of the hour: F = P + clamp(0.01 % - P, +-0.05 %). */
export const fundingEightHours = (premium: number): number =>
  premium + Math.min(CLAMP_8H, Math.max(-CLAMP_8H, INTEREST_8H - premium));

/** The rate that is paid each hour: an eighth of that, capped at 4 %. Longs pay when it is positive. */
export const fundingHourly = (premium: number): number =>
  Math.min(FUNDING_CAP, Math.max(-FUNDING_CAP, fundingEightHours(premium) / 8));

/** A margin tier: from this notional on, this leverage at most. Ascending by `from`, the first from 0. */
export interface MarginTier {
  readonly from: number;
  readonly maxLeverage: number;
}

/** Maintenance margin of a position of `notional` USD: half the initial margin at the tier's maximum leverage. */
export function maintenanceMargin(notional: number, tiers: readonly MarginTier[]): number {
  let rate = 0;
  let deduction = 0;
  let margin = 0;
  for (const { from, maxLeverage } of tiers) {
    if (notional < from) break;
    const next = 1 / (2 * maxLeverage);
    deduction += from * (next - rate);
    rate = next;
    margin = notional * rate - deduction;
  }
  return margin;
}

/**
 * Mark price at which an isolated position is liquidated.
 * @param side 1 long, -1 short. @param margin USD set aside for it. @param size In coins, positive.
 */
export function liquidationPrice(
  price: number,
  side: 1 | -1,
  margin: number,
  size: number,
  maxLeverage: number,
): number {
  const rate = 1 / (2 * maxLeverage);
  const available = margin - price * size * rate;
  return price - (side * available) / size / (1 - side * rate);
}
