/**
 * One UTC day of one trader: everything a window metric needs, so that any window is a fold over at most a year
 * of rows, and two histories merge or rebuild to the same rows. Money is whole micro-USD; returns are float64.
 */
import { LogHistogram } from './histogram.ts';

export const DAY_MS = 86_400_000;

/** Days since 1970-01-01 UTC. */
export const dayOf = (time: number): number => Math.floor(time / DAY_MS);

export interface DayRow {
  readonly day: number;

  /** From fills. Notionals are price times size. */
  fills: number;
  volume: number;
  makerVolume: number;
  openVolume: number;
  makerOpenVolume: number;
  twapVolume: number;
  /** Notional bought and sold back (or the reverse) within two seconds and one basis point. */
  washVolume: number;
  /** What a taker would have lost to spread and impact on the same notional, micro-USD. */
  slippage: number;
  /** Realised PnL of closing fills, gross of fees. */
  gross: number;
  fees: number;
  /** Received positive. */
  funding: number;
  /** Closing fills that were not the trader's decision. */
  liquidations: number;
  autoDeleveragings: number;

  /** From unbroken episodes that closed on this day. */
  episodes: number;
  wins: number;
  losses: number;
  evens: number;
  /** Episodes left out because their chain is broken. */
  broken: number;
  winNet: number;
  /** Sum of |net| of losing episodes. */
  lossNet: number;
  bestNet: number;
  worstNet: number;
  /** Sum of net of wins from episodes too short to follow (see FAST_EPISODE_MS). */
  fastWinNet: number;
  entryNotional: number;
  costTime: number;
  addNotional: number;
  loserAddNotional: number;
  maxLoserAdds: number;
  /** Episode durations, ms. */
  holds: LogHistogram | null;

  /** From equity samples. `complete` says whether fills are known for the whole day. */
  samples: number;
  /** Time-weighted return; NaN when capital was too small to have one. */
  return: number;
  /** Lowest point of the wealth path inside the day, relative to its start. */
  low: number;
  /** Highest point inside the day and the deepest fall from a peak inside it. */
  high: number;
  fall: number;
  equity: number;
  pnl: number;
  flows: number;
  /** Fees over capital base, slippage over capital base, traded notional over capital base, as fractions. */
  feeReturn: number;
  slippageReturn: number;
  /** The part of the slippage that is impact and grows with a follower's equity; NaN on days read before it was told apart. */
  impactReturn: number;
  turnover: number;
  /** Difference that the reconciliation identity leaves, micro-USD; NaN when unrealised PnL was not known. */
  residual: number;
  blowUps: number;

  /** From exposure over time; times in ms. */
  observed: number;
  inMarket: number;
  leverageTime: number;
  netTime: number;
  maxLeverage: number;
  leverages: LogHistogram | null;
}

export function newDayRow(day: number): DayRow {
  return {
    day,
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
    bestNet: 0,
    worstNet: 0,
    fastWinNet: 0,
    entryNotional: 0,
    costTime: 0,
    addNotional: 0,
    loserAddNotional: 0,
    maxLoserAdds: 0,
    holds: null,
    samples: 0,
    return: Number.NaN,
    low: 1,
    high: 1,
    fall: 0,
    equity: 0,
    pnl: 0,
    flows: 0,
    feeReturn: 0,
    slippageReturn: 0,
    impactReturn: 0,
    turnover: 0,
    residual: 0,
    blowUps: 0,
    observed: 0,
    inMarket: 0,
    leverageTime: 0,
    netTime: 0,
    maxLeverage: 0,
    leverages: null,
  };
}

/** The histogram of a row, made on first use. */
export function histogramOf(row: DayRow, which: 'holds' | 'leverages'): LogHistogram {
  const existing = row[which];
  if (existing) return existing;
  const fresh = new LogHistogram();
  row[which] = fresh;
  return fresh;
}

/** A row as plain data that survives JSON: histograms as pairs, a missing number as null. */
export type StoredDayRow = {
  readonly [K in keyof DayRow]: DayRow[K] extends number
    ? number | null
    : readonly (readonly [number, number])[] | null;
};

export function storeDayRow(row: DayRow): StoredDayRow {
  const entries = Object.entries(row).map(([name, value]) => [
    name,
    value instanceof LogHistogram ? value.entries() : Number.isFinite(value) ? value : null,
  ]);
  return Object.fromEntries(entries) as StoredDayRow;
}

export function loadDayRow(stored: StoredDayRow): DayRow {
  const row: Record<string, unknown> = { ...newDayRow(stored.day ?? Number.NaN), impactReturn: Number.NaN };
  for (const [name, value] of Object.entries(stored)) {
    if (Array.isArray(value)) row[name] = LogHistogram.from(value);
    else if (value === null) row[name] = name === 'holds' || name === 'leverages' ? null : Number.NaN;
    else row[name] = value;
  }
  return row as unknown as DayRow;
}
