/** What one follower gets out of copying: sized by the leader's past risk, with a stop. */

/** Target risk of the follower a day, its largest scaling, its stop, and the bounds of what is counted. */
const TARGET_DAILY = 0.01;
const MOST_SCALING = 5;
const STOP = -0.2;

export interface Followed {
  /** Net return over the whole time, stopped at -20 %, between -1 and 2. */
  readonly outcome: number;
  /** Deepest fall from a peak had there been no stop, as a positive fraction. */
  readonly fall: number;
}

/**
 * @param returns daily net copy returns of what followed.
 * @param deviation daily deviation of the copy before; nothing later may be used to size it.
 */
export function follow(returns: readonly number[], deviation: number): Followed {
  const scale = deviation > 0 ? Math.min(MOST_SCALING, TARGET_DAILY / deviation) : 1;
  let wealth = 1;
  let free = 1;
  let peak = 1;
  let fall = 0;
  let stopped = false;
  for (const r of returns) {
    const step = 1 + Math.max(-1, r * scale);
    free *= step;
    peak = Math.max(peak, free);
    fall = Math.max(fall, 1 - free / peak);
    if (!stopped) wealth *= step;
    if (wealth <= 1 + STOP) stopped = true;
  }
  return { outcome: Math.max(-1, Math.min(2, wealth - 1)), fall };
}

export function deviationOf(returns: readonly number[]): number {
  const n = returns.length;
  const mean = returns.reduce((sum, r) => sum + r, 0) / n;
  return Math.sqrt(returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / (n - 1));
}
