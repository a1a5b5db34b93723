/**
 * What a follower would have earned each day: the leader's return before fees, less the follower's own costs and
 * what the delay takes. All statistics of the copy score are computed on this series, never on the leader's own.
 */

import { impactGrowth, STANDARD_EQUITY_USD } from '../domain/metrics/copy_costs.ts';
import { COPY_LATENCY_MS } from '../domain/metrics/history.ts';
import { regression } from '../domain/metrics/series.ts';
import type { TraderWindow, WindowSeries } from '../domain/metrics/window.ts';

/** How a follower trades. Rates in basis points of notional. */
export interface CopyTerms {
  /** The follower's taker fee: 4.5 at the base tier. */
  readonly takerBp: number;
  readonly builderBp: number;
  /** Time between the leader's fill and the follower's, ms. */
  readonly latencyMs: number;
  /** The follower's equity, USD: impact grows with its root. */
  readonly equityUsd: number;
}

export const DEFAULT_COPY_TERMS: CopyTerms = {
  takerBp: 4.5,
  builderBp: 0,
  latencyMs: COPY_LATENCY_MS,
  equityUsd: STANDARD_EQUITY_USD,
};

/** Share of its hold after which an edge has decayed to 1/e, until measured. */
const DECAY_SHARE_OF_HOLD = 0.15;

/**
 * Share of a gain that is left after the delay. Nothing of an instant hold; all of it while no position has closed
 * yet (null), because such a hold is longer than anything that was measured.
 */
export function decayFactor(holdMs: number | null, latencyMs: number): number {
  if (holdMs === null) return 1;
  return holdMs > 0 ? Math.exp(-latencyMs / (DECAY_SHARE_OF_HOLD * holdMs)) : 0;
}

export interface CopySeries {
  /** UTC day numbers, oldest first. */
  readonly day: readonly number[];
  /** Daily return of the follower after costs, fractions. */
  readonly net: readonly number[];
  /** The costs alone (fees, spread, impact), fractions; at least 0. */
  readonly cost: readonly number[];
  /** Traded over capital, and of the gains what the delay left; both for other terms of a follower. */
  readonly turnover: readonly number[];
  readonly gain: readonly number[];
  /** Of the costs the impact of a standard follower; NaN where it is not known. */
  readonly impact: readonly number[];
  /** What the leader earned before fees. */
  readonly gross: readonly number[];
}

/**
 * Copy-adjusted daily returns over the days whose fills are known. Gains are reduced by the delay; losses are
 * not, because a late copy does not lose less.
 */
export function copySeries(window: TraderWindow, terms: CopyTerms): CopySeries {
  const { series, totals } = window;
  const hold = totals.entryNotional > 0 ? totals.costTime / totals.entryNotional : null;
  const keep = decayFactor(hold, terms.latencyMs);
  const rate = (terms.takerBp + terms.builderBp) * 1e-4;
  const growth = impactGrowth(terms.equityUsd) - 1;
  const share = impactShare(window);
  const day: number[] = [];
  const net: number[] = [];
  const cost: number[] = [];
  const turnover: number[] = [];
  const gain: number[] = [];
  const impact: number[] = [];
  const leader: number[] = [];
  for (let i = 0; i < series.day.length; i++) {
    const at = series.day[i] ?? 0;
    if (at < window.knownFrom) continue;
    const gross = series.gross[i] ?? 0;
    const slippage = series.slippage[i] ?? 0;
    const part = impactOn(series, i, share);
    const grown = growth === 0 || Number.isNaN(part) ? 0 : part * growth;
    const spent = (series.turnover[i] ?? 0) * rate + slippage + grown;
    day.push(at);
    net.push((gross > 0 ? gross * keep : gross) - spent);
    cost.push(spent);
    turnover.push(series.turnover[i] ?? 0);
    gain.push(Math.max(0, gross) * keep);
    impact.push(part);
    leader.push(gross);
  }
  return { day, net, cost, turnover, gain, impact, gross: leader };
}

/** Impact of a standard follower on a day; of one on which it was not told apart, its usual share of the slippage. */
function impactOn({ impact, slippage }: WindowSeries, i: number, share: number): number {
  const known = impact[i] ?? Number.NaN;
  const whole = slippage[i] ?? 0;
  return Number.isNaN(known) && whole === 0 ? 0 : Number.isNaN(known) ? whole * share : known;
}

/** Share of impact in the slippage of the days that tell them apart; NaN where none does. */
function impactShare({ series }: TraderWindow): number {
  let part = 0;
  let whole = 0;
  for (let i = 0; i < series.day.length; i++) {
    const impact = series.impact[i] ?? Number.NaN;
    if (Number.isNaN(impact)) continue;
    part += impact;
    whole += series.slippage[i] ?? 0;
  }
  return whole > 0 ? part / whole : Number.NaN;
}

/** Daily market returns by UTC day number. */
export interface MarketSeries {
  readonly firstDay: number;
  readonly returns: ArrayLike<number>;
}

export const marketOn = (market: MarketSeries, days: readonly number[]): number[] =>
  days.map((day) => market.returns[day - market.firstDay] ?? Number.NaN);

const BETA_T = 2;

/** The part of the returns that the market does not explain; beta counts only when it is beyond doubt. */
export function marketNeutral(returns: readonly number[], market: readonly number[]): number[] {
  const fit = regression(returns, market);
  if (fit === null || (fit.t !== null && Math.abs(fit.t) < BETA_T)) return [...returns];
  return returns.map((r, i) => {
    const m = market[i];
    return m === undefined || !Number.isFinite(m) ? r : r - fit.slope * m;
  });
}
