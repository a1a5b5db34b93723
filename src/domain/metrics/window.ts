/** A window of days as one set of totals and aligned series. */
import { type DayRow, dayOf } from './day.ts';
import { LogHistogram } from './histogram.ts';
import type { TraderHistory } from './history.ts';

/** The windows of the board, in days; null is the whole record. */
export const WINDOWS = [7, 30, 90, 180, null] as const;
export type WindowDays = (typeof WINDOWS)[number];

/** Sums over the days of a window. Notionals and money in micro-USD, times in ms. */
export interface WindowTotals {
  /** Days with at least one fill or an open position. */
  activeDays: number;
  fills: number;
  volume: number;
  makerVolume: number;
  openVolume: number;
  makerOpenVolume: number;
  twapVolume: number;
  washVolume: number;
  slippage: number;
  gross: number;
  fees: number;
  funding: number;
  liquidations: number;
  autoDeleveragings: number;
  episodes: number;
  wins: number;
  losses: number;
  evens: number;
  broken: number;
  winNet: number;
  lossNet: number;
  bestNet: number;
  worstNet: number;
  fastWinNet: number;
  entryNotional: number;
  costTime: number;
  addNotional: number;
  loserAddNotional: number;
  maxLoserAdds: number;
  observed: number;
  inMarket: number;
  leverageTime: number;
  netTime: number;
  maxLeverage: number;
  pnl: number;
  blowUps: number;
  /** Days whose reconciliation could be checked, and those that failed it. */
  checkedDays: number;
  failedDays: number;
  /** Deepest fall inside the window with intraday lows, as a positive fraction. */
  intradayDrawdown: number;
  readonly holds: LogHistogram;
  readonly leverages: LogHistogram;
}

/** Daily values, one entry per day that has a return, oldest first. */
export interface WindowSeries {
  readonly day: readonly number[];
  /** Time-weighted return net of the trader's own fees. */
  readonly net: readonly number[];
  /** The same before fees. */
  readonly gross: readonly number[];
  readonly slippage: readonly number[];
  /** The part of the slippage that is the impact of a standard follower; NaN where it was not told apart. */
  readonly impact: readonly number[];
  readonly turnover: readonly number[];
  /** PnL in micro-USD and account value at the end of the day. */
  readonly pnl: readonly number[];
  readonly equity: readonly number[];
}

export interface TraderWindow {
  /** First and last day, inclusive. */
  readonly from: number;
  readonly to: number;
  readonly totals: WindowTotals;
  readonly series: WindowSeries;
  /** True when fills are known for every day of the window in which the account existed. */
  readonly complete: boolean;
  /** First day whose fills are all known; equals `from` when complete. */
  readonly knownFrom: number;
}

const emptyTotals = (): WindowTotals => ({
  activeDays: 0,
  fills: 0,
  volume: 0,
  makerVolume: 0,
  openVolume: 0,
  makerOpenVolume: 0,
  twapVolume: 0,
  washVolume: 0,
  slippage: 0,
  gross: 0,
  fees: 0,
  funding: 0,
  liquidations: 0,
  autoDeleveragings: 0,
  episodes: 0,
  wins: 0,
  losses: 0,
  evens: 0,
  broken: 0,
  winNet: 0,
  lossNet: 0,
  fastWinNet: 0,
  entryNotional: 0,
  costTime: 0,
  addNotional: 0,
  loserAddNotional: 0,
  observed: 0,
  inMarket: 0,
  leverageTime: 0,
  netTime: 0,
  pnl: 0,
  blowUps: 0,
  bestNet: 0,
  worstNet: 0,
  maxLoserAdds: 0,
  maxLeverage: 0,
  checkedDays: 0,
  failedDays: 0,
  intradayDrawdown: 0,
  holds: new LogHistogram(),
  leverages: new LogHistogram(),
});

/** Tolerance of the daily identity: one dollar or ten basis points of the account value. */
const residualLimit = (equity: number): number => Math.max(1e6, 1e-3 * equity);

/** Folds the days `from`..`to` (inclusive; `from` is cut to the first day of the record). */
export function windowOf(history: TraderHistory, from: number, to: number): TraderWindow {
  const totals = emptyTotals();
  const series = {
    day: [] as number[],
    net: [] as number[],
    gross: [] as number[],
    slippage: [] as number[],
    impact: [] as number[],
    turnover: [] as number[],
    pnl: [] as number[],
    equity: [] as number[],
  };
  const path: WealthPath = { wealth: 1, peak: 1, fall: 0 };
  let first = to;
  for (const day of history.days.keys()) if (day < first) first = day;
  const start = Math.max(from, first);
  for (let day = start; day <= to; day++) {
    const row = history.days.get(day);
    if (row === undefined) continue;
    addRow(totals, row);
    if (!Number.isFinite(row.return)) continue;
    follow(path, row);
    series.day.push(day);
    series.net.push(row.return);
    series.gross.push(row.return + row.feeReturn);
    series.slippage.push(row.slippageReturn);
    series.impact.push(row.impactReturn);
    series.turnover.push(row.turnover);
    series.pnl.push(row.pnl);
    series.equity.push(row.equity);
  }
  totals.intradayDrawdown = path.fall;
  const since = history.completeSince;
  const knownFrom = Number.isFinite(since) ? dayOf(since) + 1 : start;
  return {
    from: start,
    to,
    totals,
    series,
    complete: knownFrom <= start,
    knownFrom: Math.max(start, knownFrom),
  };
}

/** Written out name by name: this is the inner loop of every window, and a list of names is four times slower. */
function addRow(totals: WindowTotals, row: DayRow): void {
  totals.fills += row.fills;
  totals.volume += row.volume;
  totals.makerVolume += row.makerVolume;
  totals.openVolume += row.openVolume;
  totals.makerOpenVolume += row.makerOpenVolume;
  totals.twapVolume += row.twapVolume;
  totals.washVolume += row.washVolume;
  totals.slippage += row.slippage;
  totals.gross += row.gross;
  totals.fees += row.fees;
  totals.funding += row.funding;
  totals.liquidations += row.liquidations;
  totals.autoDeleveragings += row.autoDeleveragings;
  totals.episodes += row.episodes;
  totals.wins += row.wins;
  totals.losses += row.losses;
  totals.evens += row.evens;
  totals.broken += row.broken;
  totals.winNet += row.winNet;
  totals.lossNet += row.lossNet;
  totals.fastWinNet += row.fastWinNet;
  totals.entryNotional += row.entryNotional;
  totals.costTime += row.costTime;
  totals.addNotional += row.addNotional;
  totals.loserAddNotional += row.loserAddNotional;
  totals.observed += row.observed;
  totals.inMarket += row.inMarket;
  totals.leverageTime += row.leverageTime;
  totals.netTime += row.netTime;
  totals.pnl += row.pnl;
  totals.blowUps += row.blowUps;
  totals.bestNet = Math.max(totals.bestNet, row.bestNet);
  totals.worstNet = Math.min(totals.worstNet, row.worstNet);
  totals.maxLoserAdds = Math.max(totals.maxLoserAdds, row.maxLoserAdds);
  totals.maxLeverage = Math.max(totals.maxLeverage, row.maxLeverage);
  if (row.fills > 0 || row.inMarket > 0) totals.activeDays++;
  if (row.holds) totals.holds.merge(row.holds);
  if (row.leverages) totals.leverages.merge(row.leverages);
  if (row.samples > 0 && Number.isFinite(row.residual)) {
    totals.checkedDays++;
    if (Math.abs(row.residual) > residualLimit(row.equity)) totals.failedDays++;
  }
}

interface WealthPath {
  wealth: number;
  peak: number;
  fall: number;
}

/** Carries the wealth index over a day and notes its deepest fall, intraday lows included. */
function follow(path: WealthPath, row: DayRow): void {
  path.fall = Math.max(path.fall, 1 - (path.wealth * row.low) / path.peak, row.fall);
  path.peak = Math.max(path.peak, path.wealth * row.high);
  path.wealth *= 1 + row.return;
}

/** Deepest fall from a peak in a range of days with intraday lows, as a positive fraction. */
export function drawdownOver(history: TraderHistory, from: number, to: number): number {
  const path: WealthPath = { wealth: 1, peak: 1, fall: 0 };
  for (let day = from; day <= to; day++) {
    const row = history.days.get(day);
    if (row !== undefined && Number.isFinite(row.return)) follow(path, row);
  }
  return path.fall;
}

/** Share of days that fail reconciliation may not pass this. */
const UNRECONCILED_SHARE = 0.02;

/** Whether equity and fills tell the same story; null when no day could be checked. */
export const reconciled = (totals: WindowTotals): boolean | null =>
  totals.checkedDays === 0 ? null : totals.failedDays <= UNRECONCILED_SHARE * totals.checkedDays;
