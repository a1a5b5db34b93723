/** What is published of one trader in one window, computed once for each change of its record. Pure. */

import { dayOf } from '../domain/metrics/day.ts';
import type { TraderHistory } from '../domain/metrics/history.ts';
import {
  exposureMetrics,
  markedWinRate,
  seriesMetrics,
  tradeMetrics,
} from '../domain/metrics/trader_metrics.ts';
import { type TraderWindow, type WindowDays, windowOf } from '../domain/metrics/window.ts';
import type { LeaderboardRow } from '../store/leaderboard.ts';
import { copyTotals } from './copy_outcome.ts';
import { type CopyTerms, copySeries } from './copy_returns.ts';
import {
  type FeatureContext,
  type Features,
  featuresOf,
  recordStart,
  type Surroundings,
} from './features.ts';
import { gateChecks } from './gate_checks.ts';
import { gatesOf } from './gates.ts';
import { explain } from './reasons.ts';

/** A window as a number of days; 0 is the whole record. */
export const windowNumber = (window: WindowDays): number => window ?? 0;

/** What only a look at the record can tell. */
export interface Computed {
  readonly features: Features;
  readonly explanation: unknown;
  readonly metrics: unknown;
}

/**
 * @param reconciled whether fills, funding and transfers explain the account value; null: could not be checked.
 */
export function compute(
  history: TraderHistory,
  window: WindowDays,
  context: FeatureContext,
  reconciled: boolean | null,
  around: Surroundings,
): Computed {
  const features = featuresOf(history, window, context, around);
  if (reconciled !== true) features.reconciled = reconciled === null ? Number.NaN : 0;
  const to = dayOf(context.now) - 1;
  const view = windowOf(history, window === null ? Number.NEGATIVE_INFINITY : to - window + 1, to);
  return {
    features,
    explanation: {
      ...explain(features),
      checks: gateChecks(features),
      decay: decayCurve(view, context.terms),
      totals: copyTotals(window === null ? windowOf(history, recordStart(history), to) : view),
    },
    metrics: {
      ...tradeMetrics(view),
      markedWinRate: markedWinRate(history, view),
      ...seriesMetrics(view),
      ...exposureMetrics(view),
      minCapital: capital(features.minCapitalUsd),
      maxCapital: capital(features.maxCapitalUsd),
    },
  };
}

const capital = (usd: number) =>
  Number.isFinite(usd)
    ? { value: usd, absent: null, n: 1 }
    : { value: null, absent: 'no fills to go by', n: 0 };

/** Delays at which a follower might arrive, ms. */
const DELAYS = [250, 500, 1_500, 5_000, 15_000, 60_000, 300_000, 600_000];

/** What a follower would have kept of each unit traded, after costs, by how late the copy comes: basis points. */
function decayCurve(view: TraderWindow, terms: CopyTerms): { delayMs: number; netBp: number }[] {
  const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);
  const turnover = sum(view.series.turnover);
  if (!(turnover > 0)) return [];
  return DELAYS.map((latencyMs) => {
    const net = sum(copySeries(view, { ...terms, latencyMs }).net);
    return { delayMs: latencyMs, netBp: Number(((net / turnover) * 1e4).toFixed(3)) };
  });
}

/** Features out of JSON: what was unknown is null there. */
export const featuresFrom = (stored: Readonly<Record<string, number | null>>): Features =>
  Object.fromEntries(
    Object.entries(stored).map(([name, value]) => [name, value ?? Number.NaN]),
  ) as unknown as Features;

const finite = (x: number | undefined): number | null => (x !== undefined && Number.isFinite(x) ? x : null);

/** The row of the table. */
export function leaderboardRow(
  identity: Pick<LeaderboardRow, 'traderId' | 'windowDays' | 'recordVersion' | 'asOfDay' | 'computedAt'>,
  { features: f, explanation, metrics }: Computed,
): LeaderboardRow {
  return {
    ...identity,
    accountAgeDays: finite(f.ageDays),
    totalVolume: finite(f.volumeUsd),
    winRate: finite(f.windowWinRate ?? f.winRate),
    averageRiskRatio: finite(f.riskRatio),
    maxDrawdown: finite(f.maxDrawdown),
    maxProfit: finite(f.maxProfitUsd),
    maxLoss: finite(f.maxLossUsd),
    gates: gatesOf(f),
    explanation,
    metrics,
    // NaN is null in JSON and NaN again when read.
    features: f,
  };
}
