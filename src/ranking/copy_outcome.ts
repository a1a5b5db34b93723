/** How a follower of any terms would have fared over a window, from a few sums over its days. Pure. */
import { impactGrowth } from '../domain/metrics/copy_costs.ts';
import type { CopyTotals } from '../domain/metrics/copy_totals.ts';
import type { TraderWindow } from '../domain/metrics/window.ts';
import { type CopyTerms, copySeries, DEFAULT_COPY_TERMS, decayFactor } from './copy_returns.ts';

export function copyTotals(window: TraderWindow): CopyTotals {
  const { totals } = window;
  const copy = copySeries(window, { ...DEFAULT_COPY_TERMS, takerBp: 0, builderBp: 0 });
  const impact = sum(copy.impact);
  return {
    days: copy.day.length,
    gains: sum(copy.gross.map((x) => Math.max(0, x))),
    losses: sum(copy.gross.map((x) => Math.max(0, -x))),
    turnover: sum(copy.turnover),
    slippage: sum(copy.cost),
    impact: Number.isNaN(impact) ? null : impact,
    holdMs: totals.entryNotional > 0 ? totals.costTime / totals.entryNotional : null,
  };
}

/** How a follower of any terms would have fared: sums over the window, fractions of capital. */
export interface CopyOutcome {
  /** What the leader earned before fees. */
  readonly gross: number;
  /** What the follower keeps: gross less the rest. */
  readonly net: number;
  readonly fees: number;
  /** With the impact where that is not told apart. */
  readonly spread: number;
  readonly impact: number | null;
  /** What the delay took of the gains. */
  readonly delay: number;
}

/** The same as summing `copySeries` of these terms. */
export function copyOutcome(totals: CopyTotals, terms: CopyTerms): CopyOutcome {
  const gross = totals.gains - totals.losses;
  const fees = totals.turnover * (terms.takerBp + terms.builderBp) * 1e-4;
  const spread = totals.slippage - (totals.impact ?? 0);
  const impact = totals.impact === null ? null : totals.impact * impactGrowth(terms.equityUsd);
  const delay = totals.gains * (1 - decayFactor(totals.holdMs, terms.latencyMs));
  return { gross, net: gross - fees - spread - (impact ?? 0) - delay, fees, spread, impact, delay };
}

/** Net copy return over the leader's gross return; NaN where the leader earned nothing that could be copied. */
export const copyRatio = (net: number, gross: number): number => (gross > 0 ? net / gross : Number.NaN);

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);
