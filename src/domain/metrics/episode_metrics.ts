/** Metrics that need the episodes themselves, not only sums of them: risk units, concentration, how orders are split. */
import { type Episode, episodeNet } from '../episodes/episode.ts';
import { quantile } from './series.ts';

/** Sum of squared shares, 0 to 1: 1 is all in one. Null when the total is zero. */
export function concentration(amounts: readonly number[]): number | null {
  const total = amounts.reduce((sum, x) => sum + Math.abs(x), 0);
  return total > 0 ? amounts.reduce((sum, x) => sum + (x / total) ** 2, 0) : null;
}

export interface EpisodeMetrics {
  readonly episodes: number;
  /** Mean of net over the worst open loss of the same episode (at least half the median one): R multiples. */
  readonly expectancyR: number | null;
  /** Concentration of net PnL over episodes, and of entry notional over coins. */
  readonly pnlConcentration: number | null;
  readonly coinConcentration: number | null;
  readonly ordersPerEpisode: number | null;
  readonly fillsPerOrder: number | null;
  /** Share of net PnL that came from funding (a follower gets it too). */
  readonly fundingShare: number | null;
  /** Share of closed notional that ended by liquidation, auto-deleveraging or settlement (a follower gets none). */
  readonly forcedShare: number | null;
  /** Median worst and best open PnL in basis points of entry notional. */
  readonly adverseBp: number | null;
  readonly favourableBp: number | null;
}

/** Metrics over closed, unbroken episodes; the others are left out. */
export function episodeMetrics(all: readonly Episode[]): EpisodeMetrics {
  const episodes = all.filter((one) => one.closeTime !== null && one.fault === null);
  const sum = (of: (one: Episode) => number): number => episodes.reduce((total, one) => total + of(one), 0);
  const n = episodes.length;
  const orders = sum((one) => one.orders);
  const net = sum(episodeNet);
  const exits = sum((one) => one.exitNotional);
  const forced = sum((one) => (one.liquidated || one.adl || one.settled ? one.exitNotional : 0));
  const byCoin = new Map<number, number>();
  for (const one of episodes) byCoin.set(one.coin, (byCoin.get(one.coin) ?? 0) + one.entryNotional);
  const bp = (of: (one: Episode) => number): number | null =>
    quantile(
      episodes.filter((one) => one.entryNotional > 0).map((one) => (1e4 * of(one)) / one.entryNotional),
      0.5,
    );
  return {
    episodes: n,
    expectancyR: riskExpectancy(episodes),
    pnlConcentration: concentration(episodes.map(episodeNet)),
    coinConcentration: concentration([...byCoin.values()]),
    ordersPerEpisode: n > 0 ? orders / n : null,
    fillsPerOrder: orders > 0 ? sum((one) => one.fills) / orders : null,
    fundingShare: net > 0 ? sum((one) => one.funding) / net : null,
    forcedShare: exits > 0 ? forced / exits : null,
    adverseBp: bp((one) => one.worst),
    favourableBp: bp((one) => one.best),
  };
}

/** Null when no episode was ever under water: then there is no unit of risk. */
function riskExpectancy(episodes: readonly Episode[]): number | null {
  const typical = quantile(
    episodes.map((one) => -one.worst),
    0.5,
  );
  if (typical === null || typical <= 0) return null;
  const least = 0.5 * typical;
  return (
    episodes.reduce((sum, one) => sum + episodeNet(one) / Math.max(-one.worst, least), 0) / episodes.length
  );
}
