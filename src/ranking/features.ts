/** Everything the gates and both scores look at, as flat float64: one trader, one window. NaN is unknown. */
import { DAY_MS, dayOf } from '../domain/metrics/day.ts';
import type { TraderHistory } from '../domain/metrics/history.ts';
import { isConstant } from '../domain/metrics/moments.ts';
import { studentTail } from '../domain/metrics/normal.ts';
import { maxDrawdown, quantile, twoFactorR2 } from '../domain/metrics/series.ts';
import { drawdownOver, reconciled, type TraderWindow, windowOf } from '../domain/metrics/window.ts';
import { type CopyTerms, copySeries, type MarketSeries, marketNeutral, marketOn } from './copy_returns.ts';
import { copySample, HALF_LIFE_DAYS } from './sharpe_sample.ts';

export interface Features {
  activeDays: number;
  episodes: number;
  /** Time since the last fill. */
  idleMs: number;
  /** 1, 0, or NaN when it could not be checked. */
  reconciled: number;
  complete: number;
  medianEquityUsd: number;
  equityUsd: number;
  /** Notional-weighted hold. */
  holdMs: number;
  fastWinShare: number;
  makerRatio: number;
  /** Annual Sharpe units that a follower's costs take. */
  costDrag: number;
  /** Mean daily copy return with costs doubled, in its own standard errors. */
  stressedT: number;
  /** As the gates see it: over 90 days at least. */
  winRate: number;
  /** Of the window; absent in what an earlier version stored. */
  windowWinRate?: number;
  payoff: number;
  losses: number;
  loserAddShare: number;
  maxLoserAdds: number;
  /** Open loss over equity, positive when losing. */
  openLoss: number;
  leverageInMarket: number;
  leverageHigh: number;
  liquidationAgeMs: number;
  liquidationsEver: number;
  drawdown90: number;
  washShare: number;
  netBpOfVolume: number;
  ring: number;
  hedged: number;
  bestDayShare: number;
  withoutBestTwo: number;
  /** Chance that a record as long and as fat-tailed as this one has a best day as large as its best day. */
  bestDayChance: number;
  marketR2: number;
  capacityShare: number;
  /** Follower's equity in USD from which a copy is whole, and up to which the markets carry it. */
  minCapitalUsd: number;
  maxCapitalUsd: number;
  /** Follower's equity in USD from which a quarter, a half and three quarters of what is held can be copied. */
  quarterCapitalUsd: number;
  halfCapitalUsd: number;
  mostCapitalUsd: number;

  /** Days of copy-adjusted returns, what costs take of the Sharpe ratio a day, and its estimates with squared errors. */
  days: number;
  costSharpe: number;
  sharpe: number;
  sharpeVariance: number;
  sharpeWithoutBest: number;
  sharpeWithoutBestVariance: number;
  /** Sum of the copy-adjusted returns of the window. */
  copyReturn: number;
  /** What these returns are made of, a day: traded over capital, gains that the delay left, and their deviation. */
  copyTurnover: number;
  copyGain: number;
  /** Mean square of these gains: how the deviation changes with the delay. */
  copyGainSquare: number;
  copySpread: number;
  /** Impact of a standard follower, which is a part of the costs, and what the leader earned before fees: means a day. */
  copyImpact: number;
  copyGross: number;
  /** Notional-weighted hold of the same days, which the delay is reckoned with; `holdMs` is of the days of the gates. */
  copyHoldMs: number;

  /** The classic board's. */
  volumeUsd: number;
  maxDrawdown: number;
  /** Average win over average loss, at most RISK_RATIO_CAP. */
  riskRatio: number;
  maxProfitUsd: number;
  maxLossUsd: number;
  ageDays: number;
  netPnlUsd: number;
}

/** What other parts of the platform know about the trader. */
export interface Surroundings {
  /** 1 when the wallet trades in a ring with itself, 1 when another of its wallets holds the opposite. */
  readonly ring: 0 | 1;
  readonly hedged: 0 | 1;
  /** Share of fills that are too large for their market, or NaN. */
  readonly capacityShare: number;
  /** See Features; NaN when not known. */
  readonly minCapitalUsd: number;
  readonly maxCapitalUsd: number;
  readonly quarterCapitalUsd: number;
  readonly halfCapitalUsd: number;
  readonly mostCapitalUsd: number;
}

const ALONE: Surroundings = {
  ring: 0,
  hedged: 0,
  capacityShare: Number.NaN,
  minCapitalUsd: Number.NaN,
  maxCapitalUsd: Number.NaN,
  quarterCapitalUsd: Number.NaN,
  halfCapitalUsd: Number.NaN,
  mostCapitalUsd: Number.NaN,
};

const RISK_RATIO_CAP = 50;
const DRAWDOWN_DAYS = 90;
/** Gates look at no less than this: a week cannot show whether somebody is a martingale. */
const GATE_DAYS = 90;
const YEAR_ROOT = Math.sqrt(365);

export interface FeatureContext {
  /** ms UTC. Nothing after it is used. */
  readonly now: number;
  readonly terms: CopyTerms;
  readonly bitcoin: MarketSeries;
  readonly ether: MarketSeries;
  readonly halfLife?: number;
}

/** Features over the last `windowDays` whole days before `now` (null is the whole record). */
export function featuresOf(
  history: TraderHistory,
  windowDays: number | null,
  context: FeatureContext,
  around: Surroundings = ALONE,
): Features {
  const to = dayOf(context.now) - 1;
  const last = (days: number): TraderWindow => windowOf(history, to - days + 1, to);
  const window = windowDays === null ? windowOf(history, recordStart(history), to) : last(windowDays);
  const gated = windowDays === null || windowDays >= GATE_DAYS ? window : last(GATE_DAYS);
  return {
    ...recordFeatures(history, gated, context.now),
    ...behaviourFeatures(behaviourWindow(history, gated, windowDays, context.now)),
    ...riskFeatures(history, gated, context.now),
    ...followFeatures(gated, context),
    ...copyFeatures(window, context, to),
    ...classicFeatures(history, window, context.now),
    ring: around.ring,
    hedged: around.hedged,
    capacityShare: around.capacityShare,
    minCapitalUsd: around.minCapitalUsd,
    maxCapitalUsd: around.maxCapitalUsd,
    quarterCapitalUsd: around.quarterCapitalUsd,
    halfCapitalUsd: around.halfCapitalUsd,
    mostCapitalUsd: around.mostCapitalUsd,
  };
}

/** The whole record begins with the first day whose fills are known, never earlier. */
export const recordStart = (history: TraderHistory): number =>
  Number.isFinite(history.completeSince) ? dayOf(history.completeSince) + 1 : Number.NEGATIVE_INFINITY;

/**
 * How somebody trades shows in every fill that is known, also on days that are not whole: of the fastest, the venue
 * tells no more than a part of one day.
 */
function behaviourWindow(
  history: TraderHistory,
  gated: TraderWindow,
  windowDays: number | null,
  now: number,
): TraderWindow {
  const to = dayOf(now - 1);
  const from = windowDays === null ? Number.NEGATIVE_INFINITY : gated.from;
  const more = history.days.has(to) && to > gated.to;
  return more || (windowDays === null && Number.isFinite(history.completeSince))
    ? windowOf(history, from, to)
    : gated;
}

const over = (a: number, b: number): number => (b > 0 ? a / b : Number.NaN);

function recordFeatures(history: TraderHistory, window: TraderWindow, now: number) {
  const agreed = reconciled(window.totals);
  const equity = window.series.equity;
  return {
    activeDays: window.totals.activeDays,
    episodes: window.totals.episodes,
    idleMs: history.lastFill === null ? Number.NaN : now - history.lastFill,
    reconciled: agreed === null ? Number.NaN : agreed ? 1 : 0,
    complete: window.complete ? 1 : 0,
    medianEquityUsd: (quantile(equity, 0.5) ?? Number.NaN) / 1e6,
    equityUsd: (history.chain.lastEquity ?? Number.NaN) / 1e6,
  };
}

function behaviourFeatures(window: TraderWindow) {
  const t = window.totals;
  return {
    holdMs: over(t.costTime, t.entryNotional),
    fastWinShare: over(t.fastWinNet, t.winNet),
    makerRatio: over(t.makerVolume, t.volume),
    winRate: over(t.wins, t.wins + t.losses),
    payoff: t.wins > 0 && t.losses > 0 ? t.winNet / t.wins / (t.lossNet / t.losses) : Number.NaN,
    losses: t.losses,
    loserAddShare: over(t.loserAddNotional, t.addNotional),
    maxLoserAdds: t.maxLoserAdds,
    washShare: over(t.washVolume, t.volume),
    netBpOfVolume: over((t.gross - t.fees + t.funding) * 1e4, t.volume),
  };
}

function riskFeatures(history: TraderHistory, window: TraderWindow, now: number) {
  const t = window.totals;
  const equity = history.chain.lastEquity;
  const unrealised = history.chain.lastUnrealised;
  return {
    openLoss: equity !== null && unrealised !== null && equity > 0 ? -unrealised / equity : Number.NaN,
    leverageInMarket: over(t.leverageTime, t.inMarket),
    leverageHigh: t.leverages.quantile(0.95) ?? Number.NaN,
    liquidationAgeMs: history.lastLiquidation === null ? Number.NaN : now - history.lastLiquidation,
    liquidationsEver: history.liquidations,
    drawdown90: drawdownOver(history, dayOf(now) - DRAWDOWN_DAYS, dayOf(now) - 1),
  };
}

/** What following would have cost and shown over the gated window. */
function followFeatures(window: TraderWindow, context: FeatureContext) {
  const copy = copySeries(window, context.terms);
  const n = copy.net.length;
  const mean = sum(copy.net) / n;
  const cost = sum(copy.cost) / n;
  const spread = deviation(copy.net);
  const own = window.series.net;
  const profit = sum(own);
  return {
    costDrag: spread > 0 ? (cost / spread) * YEAR_ROOT : Number.NaN,
    stressedT: spread > 0 ? ((mean - cost) / spread) * Math.sqrt(n) : Number.NaN,
    bestDayShare: profit > 0 ? Math.max(0, ...own) / profit : Number.NaN,
    withoutBestTwo: profitWithoutBest(own, 2),
    bestDayChance: bestDayChance(own),
    marketR2:
      twoFactorR2(copy.net, marketOn(context.bitcoin, copy.day), marketOn(context.ether, copy.day)) ??
      Number.NaN,
  };
}

function copyFeatures(window: TraderWindow, context: FeatureContext, today: number) {
  const copy = copySeries(window, context.terms);
  const alpha = marketNeutral(copy.net, marketOn(context.bitcoin, copy.day));
  const sample = copySample(alpha, copy.day, today, context.halfLife ?? HALF_LIFE_DAYS);
  const n = copy.net.length;
  return {
    days: n,
    costSharpe: over(sum(copy.cost) / n, deviation(copy.net)),
    copyReturn: n > 0 ? sum(copy.net) : Number.NaN,
    copyTurnover: n > 0 ? sum(copy.turnover) / n : Number.NaN,
    copyGain: n > 0 ? sum(copy.gain) / n : Number.NaN,
    copyGainSquare: n > 0 ? sum(copy.gain.map((x) => x * x)) / n : Number.NaN,
    copySpread: deviation(copy.net),
    copyImpact: n > 0 ? sum(copy.impact) / n : Number.NaN,
    copyGross: n > 0 ? sum(copy.gross) / n : Number.NaN,
    copyHoldMs: over(window.totals.costTime, window.totals.entryNotional),
    sharpe: sample?.full.sharpe ?? Number.NaN,
    sharpeVariance: sample?.full.variance ?? Number.NaN,
    sharpeWithoutBest: sample?.withoutBest.sharpe ?? Number.NaN,
    sharpeWithoutBestVariance: sample?.withoutBest.variance ?? Number.NaN,
  };
}

/** 0 where only rounding tells the values apart. */
function deviation(values: readonly number[]): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of values) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  if (values.length > 1 && isConstant(low, high)) return 0;
  const mean = sum(values) / values.length;
  return Math.sqrt(values.reduce((total, x) => total + (x - mean) ** 2, 0) / (values.length - 1));
}

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);

/** Sum without its `count` best days; NaN when empty. Returns, so that a deposit does not weigh. */
function profitWithoutBest(returns: readonly number[], count: number): number {
  if (returns.length === 0) return Number.NaN;
  const best = [...returns].sort((a, b) => b - a).slice(0, count);
  return sum(returns) - sum(best.filter((r) => r > 0));
}

/** Degrees of freedom of a day's return, and the deviation of that distribution. */
const TAIL_FREEDOM = 5;
const TAIL_DEVIATION = Math.sqrt(TAIL_FREEDOM / (TAIL_FREEDOM - 2));

/**
 * Chance that the best of as many days would be as large as the best day is, were it no different from the others:
 * their deviation is taken without the two best days. NaN below five days.
 */
function bestDayChance(returns: readonly number[]): number {
  const n = returns.length;
  if (n < 5) return Number.NaN;
  const sorted = [...returns].sort((a, b) => b - a);
  const best = sorted[0] ?? 0;
  const spread = deviation(sorted.slice(2));
  if (spread === 0) return best > 0 ? 0 : 1;
  return Math.min(1, n * studentTail((best / spread) * TAIL_DEVIATION, TAIL_FREEDOM));
}

function classicFeatures(history: TraderHistory, window: TraderWindow, now: number) {
  const t = window.totals;
  const risk =
    t.losses > 0 && t.wins > 0 ? t.winNet / t.wins / (t.lossNet / t.losses) : t.wins > 0 ? RISK_RATIO_CAP : 0;
  return {
    windowWinRate: over(t.wins, t.wins + t.losses),
    volumeUsd: t.volume / 1e6,
    maxDrawdown: maxDrawdown(window.series.net) ?? Number.NaN,
    riskRatio: Math.min(RISK_RATIO_CAP, risk),
    maxProfitUsd: t.bestNet / 1e6,
    maxLossUsd: t.worstNet / 1e6,
    ageDays: history.firstFill === null ? Number.NaN : (now - history.firstFill) / DAY_MS,
    netPnlUsd: t.pnl / 1e6,
  };
}
