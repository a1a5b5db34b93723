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

const SUMMED = [
  'fills',
  'volume',
  'makerVolume',
  'openVolume',
  'makerOpenVolume',
  'twapVolume',
  'washVolume',
  'slippage',
  'gross',
  'fees',
  'funding',
  'liquidations',
  'autoDeleveragings',
  'episodes',
  'wins',
  'losses',
  'evens',
  'broken',
  'winNet',
  'lossNet',
  'fastWinNet',
  'entryNotional',
  'costTime',
  'addNotional',
  'loserAddNotional',
  'observed',
  'inMarket',
  'leverageTime',
  'netTime',
  'pnl',
  'blowUps',
] as const;
const LARGEST = ['bestNet', 'maxLoserAdds', 'maxLeverage'] as const;

function emptyTotals(): WindowTotals {
  const zeros = Object.fromEntries([...SUMMED, ...LARGEST].map((name) => [name, 0])) as Record<
    (typeof SUMMED)[number] | (typeof LARGEST)[number],
    number
  >;
  return {
    ...zeros,
    activeDays: 0,
    worstNet: 0,
    checkedDays: 0,
    failedDays: 0,
    intradayDrawdown: 0,
    holds: new LogHistogram(),
    leverages: new LogHistogram(),
  };
}

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
    turnover: [] as number[],
    pnl: [] as number[],
    equity: [] as number[],
  };
  const path = { wealth: 1, peak: 1 };
  let first = to;
  for (const day of history.days.keys()) if (day < first) first = day;
  const start = Math.max(from, first);
  for (let day = start; day <= to; day++) {
    const row = history.days.get(day);
    if (row === undefined) continue;
    addRow(totals, row);
    if (!Number.isFinite(row.return)) continue;
    addReturn(totals, row, path);
    series.day.push(day);
    series.net.push(row.return);
    series.gross.push(row.return + row.feeReturn);
    series.slippage.push(row.slippageReturn);
    series.turnover.push(row.turnover);
    series.pnl.push(row.pnl);
    series.equity.push(row.equity);
  }
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

function addRow(totals: WindowTotals, row: DayRow): void {
  for (const name of SUMMED) totals[name] += row[name];
  for (const name of LARGEST) if (row[name] > totals[name]) totals[name] = row[name];
  if (row.worstNet < totals.worstNet) totals.worstNet = row.worstNet;
  if (row.fills > 0 || row.inMarket > 0) totals.activeDays++;
  if (row.holds) totals.holds.merge(row.holds);
  if (row.leverages) totals.leverages.merge(row.leverages);
  if (row.samples > 0 && Number.isFinite(row.residual)) {
    totals.checkedDays++;
    if (Math.abs(row.residual) > residualLimit(row.equity)) totals.failedDays++;
  }
}

function addReturn(totals: WindowTotals, row: DayRow, path: { wealth: number; peak: number }): void {
  const low = 1 - (path.wealth * row.low) / path.peak;
  totals.intradayDrawdown = Math.max(totals.intradayDrawdown, low, row.fall);
  path.peak = Math.max(path.peak, path.wealth * row.high);
  path.wealth *= 1 + row.return;
}

/** Share of days that fail reconciliation may not pass this. */
const UNRECONCILED_SHARE = 0.02;

/** Whether equity and fills tell the same story; null when no day could be checked. */
export const reconciled = (totals: WindowTotals): boolean | null =>
  totals.checkedDays === 0 ? null : totals.failedDays <= UNRECONCILED_SHARE * totals.checkedDays;
