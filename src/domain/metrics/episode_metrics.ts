/** Metrics that need the episodes themselves, not only sums of them: risk units, concentration, how orders are split. */
import { quantile } from './series.ts';
import { type Metric, metric } from './trader_metrics.ts';

/** A closed, unbroken episode. Money in any one unit. */
export interface ClosedEpisode {
  readonly coin: number;
  readonly entry: number;
  readonly exit: number;
  readonly net: number;
  readonly funding: number;
  /** Worst and best open PnL that was seen; at most 0 and at least 0. */
  readonly worst: number;
  readonly best: number;
  readonly orders: number;
  readonly fills: number;
  /** Ended by liquidation, auto-deleveraging or settlement. */
  readonly forced: boolean;
}

/** Sum of squared shares, 0 to 1: 1 is all in one. Null when the total is zero. */
function concentration(amounts: readonly number[]): number | null {
  const total = amounts.reduce((sum, x) => sum + Math.abs(x), 0);
  return total > 0 ? amounts.reduce((sum, x) => sum + (x / total) ** 2, 0) : null;
}

export function episodeMetrics(episodes: readonly ClosedEpisode[]) {
  const sum = (of: (one: ClosedEpisode) => number): number =>
    episodes.reduce((total, one) => total + of(one), 0);
  const n = episodes.length;
  const orders = sum((one) => one.orders);
  const net = sum((one) => one.net);
  const exits = sum((one) => one.exit);
  const byCoin = new Map<number, number>();
  for (const one of episodes) byCoin.set(one.coin, (byCoin.get(one.coin) ?? 0) + one.entry);
  const some = (value: number | null): Metric => metric(value, n, 'NO_EPISODES');
  const bp = (of: (one: ClosedEpisode) => number): Metric =>
    some(
      quantile(
        episodes.filter((one) => one.entry > 0).map((one) => (1e4 * of(one)) / one.entry),
        0.5,
      ),
    );
  return {
    /** Mean of net over the worst open loss of the same episode (at least half the median one): R multiples. */
    expectancyR: metric(riskExpectancy(episodes), n, n > 0 ? 'NO_DRAWDOWN' : 'NO_EPISODES'),
    pnlConcentration: some(concentration(episodes.map((one) => one.net))),
    coinConcentration: some(concentration([...byCoin.values()])),
    ordersPerPosition: some(n > 0 ? orders / n : null),
    fillsPerOrder: some(orders > 0 ? sum((one) => one.fills) / orders : null),
    /** Share of net PnL that came from funding (a follower gets it too). */
    fundingShare: metric(net > 0 ? sum((one) => one.funding) / net : null, n, 'NO_PROFIT'),
    /** Share of closed notional of positions that did not end by the trader's decision (a follower gets no such fill). */
    forcedShare: some(exits > 0 ? sum((one) => (one.forced ? one.exit : 0)) / exits : null),
    /** Median worst and best open PnL in basis points of entry notional. */
    adverseBp: bp((one) => one.worst),
    favourableBp: bp((one) => one.best),
  };
}

/** Null when half of the episodes were never under water: then there is no unit of risk. */
function riskExpectancy(episodes: readonly ClosedEpisode[]): number | null {
  const typical = quantile(
    episodes.map((one) => -one.worst),
    0.5,
  );
  if (typical === null || typical <= 0) return null;
  const least = 0.5 * typical;
  return episodes.reduce((sum, one) => sum + one.net / Math.max(-one.worst, least), 0) / episodes.length;
}
