/** The published metrics of one trader in one window: a value, or null and the reason why there is none. */

import type { TraderHistory } from './history.ts';
import { momentsOf } from './moments.ts';
import { venueDrawdown } from './returns.ts';
import {
  annualGrowth,
  calmar,
  DAYS_PER_YEAR,
  expectedShortfall,
  maxDrawdown,
  quantile,
  sharpe,
  smoothedSharpe,
  sortino,
  tailRatio,
  totalReturn,
  ulcer,
  volatility,
} from './series.ts';
import type { TraderWindow } from './window.ts';

/** Why a metric has no value. */
export type Absence =
  | 'NO_EPISODES'
  | 'NO_LOSSES'
  | 'NO_WINS'
  | 'NO_VOLUME'
  | 'NO_RETURNS'
  | 'SHORT_HISTORY'
  | 'CONSTANT_RETURNS'
  | 'NO_DRAWDOWN'
  | 'NO_DOWNSIDE'
  | 'NO_CAPITAL'
  | 'NOT_OBSERVED'
  | 'NO_PROFIT';

export interface Metric {
  readonly value: number | null;
  /** Set exactly when `value` is null. */
  readonly absent: Absence | null;
  /** Observations behind it: episodes, days or fills. */
  readonly n: number;
}

export const metric = (value: number | null, n: number, absent: Absence): Metric =>
  value !== null && Number.isFinite(value) ? { value, absent: null, n } : { value: null, absent, n };

const ratio = (a: number, b: number): number | null => (b > 0 ? a / b : null);

/** Metrics of closed, unbroken episodes and of fills. USD are whole dollars as float64. */
export function tradeMetrics(window: TraderWindow) {
  const t = window.totals;
  const n = t.episodes;
  const decided = t.wins + t.losses;
  const net = t.winNet - t.lossNet;
  return {
    winRate: metric(ratio(t.wins, decided), decided, 'NO_EPISODES'),
    profitFactor: metric(ratio(t.winNet, t.lossNet), decided, t.wins > 0 ? 'NO_LOSSES' : 'NO_EPISODES'),
    payoff: metric(
      t.wins > 0 && t.losses > 0 ? t.winNet / t.wins / (t.lossNet / t.losses) : null,
      decided,
      t.losses === 0 ? 'NO_LOSSES' : 'NO_WINS',
    ),
    expectancyUsd: metric(ratio(net, n * 1e6), n, 'NO_EPISODES'),
    expectancyBp: metric(ratio(net * 1e4, t.entryNotional), n, 'NO_EPISODES'),
    bestEpisodeUsd: metric(n > 0 ? t.bestNet / 1e6 : null, n, 'NO_EPISODES'),
    worstEpisodeUsd: metric(n > 0 ? t.worstNet / 1e6 : null, n, 'NO_EPISODES'),
    weightedHoldMs: metric(ratio(t.costTime, t.entryNotional), n, 'NO_EPISODES'),
    medianHoldMs: metric(t.holds.quantile(0.5), n, 'NO_EPISODES'),
    shortHoldMs: metric(t.holds.quantile(0.1), n, 'NO_EPISODES'),
    makerRatio: metric(ratio(t.makerVolume, t.volume), t.fills, 'NO_VOLUME'),
    makerOpenRatio: metric(ratio(t.makerOpenVolume, t.openVolume), t.fills, 'NO_VOLUME'),
    twapShare: metric(ratio(t.twapVolume, t.volume), t.fills, 'NO_VOLUME'),
    washShare: metric(ratio(t.washVolume, t.volume), t.fills, 'NO_VOLUME'),
    fastWinShare: metric(ratio(t.fastWinNet, t.winNet), n, 'NO_WINS'),
    loserAddShare: metric(
      t.addNotional > 0 ? t.loserAddNotional / t.addNotional : n > 0 ? 0 : null,
      n,
      'NO_EPISODES',
    ),
    maxLoserAdds: metric(n > 0 ? t.maxLoserAdds : null, n, 'NO_EPISODES'),
    volumeUsd: metric(t.volume / 1e6, t.fills, 'NO_VOLUME'),
    netBpOfVolume: metric(ratio((t.gross - t.fees + t.funding) * 1e4, t.volume), t.fills, 'NO_VOLUME'),
    liquidations: metric(t.liquidations, t.fills, 'NO_VOLUME'),
  };
}

/** Win rate with open episodes counted at what they show now: the gap to winRate is what open losers hide. */
export function markedWinRate(history: TraderHistory, window: TraderWindow): Metric {
  let { wins, losses } = window.totals;
  for (const open of history.book.openPositions()) {
    if (open.unrealised === null || open.episode.fault !== null) continue;
    const net = open.episode.gross + open.unrealised - open.episode.fees + open.episode.funding;
    if (net > 0) wins++;
    else if (net < 0) losses++;
  }
  return metric(ratio(wins, wins + losses), wins + losses, 'NO_EPISODES');
}

/** Metrics of daily time-weighted returns. */
export function seriesMetrics(window: TraderWindow) {
  const r = window.series.net;
  const n = r.length;
  const absent = (other: Absence): Absence => (n === 0 ? 'NO_RETURNS' : n < 2 ? 'SHORT_HISTORY' : other);
  const s = momentsOf(r);
  const moving = s.m2 > 0 && sharpe(r) !== null;
  return {
    totalReturn: metric(totalReturn(r), n, 'NO_RETURNS'),
    // Below a quarter the annualised figure would be an extrapolation: show the total instead.
    annualGrowth: metric(n >= 90 ? annualGrowth(r) : null, n, absent('SHORT_HISTORY')),
    volatility: metric(volatility(r), n, absent('SHORT_HISTORY')),
    sharpe: metric(sharpe(r), n, absent('CONSTANT_RETURNS')),
    smoothedSharpe: metric(smoothedSharpe(r), n, absent('CONSTANT_RETURNS')),
    sortino: metric(sortino(r), n, absent('NO_DOWNSIDE')),
    maxDrawdown: metric(maxDrawdown(r), n, 'NO_RETURNS'),
    intradayDrawdown: metric(
      n > 0 ? Math.max(window.totals.intradayDrawdown, maxDrawdown(r) ?? 0) : null,
      n,
      'NO_RETURNS',
    ),
    venueDrawdown: metric(n > 0 ? venueDrawdown(curveOf(window)) : null, n, 'NO_RETURNS'),
    calmar: metric(n >= 90 ? calmar(r) : null, n, n < 90 ? absent('SHORT_HISTORY') : 'NO_DRAWDOWN'),
    ulcer: metric(ulcer(r), n, 'NO_RETURNS'),
    tailRatio: metric(tailRatio(r), n, absent('NO_DOWNSIDE')),
    valueAtRisk: metric(quantile(r, 0.05), n, 'NO_RETURNS'),
    expectedShortfall: metric(expectedShortfall(r), n, 'NO_RETURNS'),
    skew: metric(moving ? s.m3 / n / (s.m2 / n) ** 1.5 : null, n, absent('CONSTANT_RETURNS')),
    excessKurtosis: metric(moving ? (s.m4 * n) / (s.m2 * s.m2) - 3 : null, n, absent('CONSTANT_RETURNS')),
    bestDayShare: metric(bestDayShare(window.series.pnl), n, 'NO_PROFIT'),
    blowUps: metric(window.totals.blowUps, n, 'NO_RETURNS'),
  };
}

/** PnL and account value at the start of the window and at the end of each day, micro-USD. */
function curveOf({ series }: TraderWindow): { equity: number; pnl: number }[] {
  const points = [{ equity: (series.equity[0] ?? 0) - (series.pnl[0] ?? 0), pnl: 0 }];
  let pnl = 0;
  series.pnl.forEach((gained, at) => {
    pnl += gained;
    points.push({ equity: series.equity[at] ?? 0, pnl });
  });
  return points;
}

/** Best day's PnL over all profit of the window; null without a profit. */
function bestDayShare(pnl: readonly number[]): number | null {
  const total = pnl.reduce((sum, x) => sum + x, 0);
  return total > 0 ? Math.max(...pnl, 0) / total : null;
}

/** Metrics of what was held over time. */
export function exposureMetrics(window: TraderWindow) {
  const t = window.totals;
  const n = window.series.day.length;
  const turnover = window.series.turnover.reduce((sum, x) => sum + x, 0);
  return {
    leverage: metric(ratio(t.leverageTime, t.observed), n, 'NOT_OBSERVED'),
    leverageInMarket: metric(ratio(t.leverageTime, t.inMarket), n, 'NOT_OBSERVED'),
    leverageHigh: metric(t.leverages.quantile(0.95), n, 'NOT_OBSERVED'),
    maxLeverage: metric(t.observed > 0 ? t.maxLeverage : null, n, 'NOT_OBSERVED'),
    netExposure: metric(t.observed > 0 ? t.netTime / t.observed : null, n, 'NOT_OBSERVED'),
    timeInMarket: metric(ratio(t.inMarket, t.observed), n, 'NOT_OBSERVED'),
    turnoverPerDay: metric(ratio(turnover, n), n, 'NO_CAPITAL'),
    turnoverPerYear: metric(n > 0 ? (turnover / n) * DAYS_PER_YEAR : null, n, 'NO_CAPITAL'),
  };
}
