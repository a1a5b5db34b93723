/** What a window of copy-adjusted returns is made of: sums over its days, fractions of capital. */
export interface CopyTotals {
  readonly days: number;
  /** What the leader earned before fees on days that he won and lost on the days that he lost; both at least 0. */
  readonly gains: number;
  readonly losses: number;
  /** Traded over capital. */
  readonly turnover: number;
  /** Spread and impact of a standard follower, and the impact alone; null: not known. */
  readonly slippage: number;
  readonly impact: number | null;
  /** Notional-weighted hold, ms; null while no position has closed. */
  readonly holdMs: number | null;
}
