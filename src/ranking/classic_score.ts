/**
 * The classic weighted score of the original design: win rate 30 %, volume 20 %, drawdown 25 % (inverted), risk
 * ratio 15 %, largest profit 10 %, each min-max normalised over the active traders. Account age and largest loss
 * are shown beside it without a weight. It rewards what hurts a follower; it is kept for parity, not for use.
 */
import { DAY_MS } from '../domain/metrics/day.ts';

/** Traders whose last fill is younger than this take part. */
export const ACTIVE_MS = 30 * DAY_MS;

export const CLASSIC_WEIGHTS = {
  winRate: 0.3,
  volume: 0.2,
  drawdown: 0.25,
  riskRatio: 0.15,
  maxProfit: 0.1,
} as const;

/** Columns of the metrics, one entry per trader; NaN is unknown and earns nothing. */
export interface ClassicColumns {
  readonly winRate: ArrayLike<number>;
  readonly volume: ArrayLike<number>;
  readonly drawdown: ArrayLike<number>;
  readonly riskRatio: ArrayLike<number>;
  readonly maxProfit: ArrayLike<number>;
}

interface Range {
  readonly low: number;
  /** One over the width; 0 when all are equal or none is known. */
  readonly scale: number;
}
export type ClassicRanges = { readonly [K in keyof ClassicColumns]: Range };

/** Least and greatest of each metric over the rows that are active. */
export function classicRanges(columns: ClassicColumns, active: ArrayLike<number>, n: number): ClassicRanges {
  const of = (column: ArrayLike<number>): Range => {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < n; i++) {
      const x = column[i] ?? Number.NaN;
      // Comparisons with NaN are false.
      if (active[i] === 0) continue;
      if (x < low) low = x;
      if (x > high) high = x;
    }
    return { low, scale: high > low ? 1 / (high - low) : 0 };
  };
  return {
    winRate: of(columns.winRate),
    volume: of(columns.volume),
    drawdown: of(columns.drawdown),
    riskRatio: of(columns.riskRatio),
    maxProfit: of(columns.maxProfit),
  };
}

/** Position in the range, 0 to 1; 0 when all are equal or it is unknown. */
function normalised(x: number, range: Range): number {
  const share = (x - range.low) * range.scale;
  return share >= 1 ? 1 : share > 0 ? share : 0;
}

/** The five parts in the order in which they are added. */
export const classicParts = (columns: ClassicColumns, ranges: ClassicRanges) => [
  { column: columns.winRate, range: ranges.winRate, weight: CLASSIC_WEIGHTS.winRate, inverted: false },
  { column: columns.volume, range: ranges.volume, weight: CLASSIC_WEIGHTS.volume, inverted: false },
  { column: columns.drawdown, range: ranges.drawdown, weight: CLASSIC_WEIGHTS.drawdown, inverted: true },
  { column: columns.riskRatio, range: ranges.riskRatio, weight: CLASSIC_WEIGHTS.riskRatio, inverted: false },
  { column: columns.maxProfit, range: ranges.maxProfit, weight: CLASSIC_WEIGHTS.maxProfit, inverted: false },
];

/** Adds one part to the scores of rows 0..n-1. */
export function addColumn(
  sums: Float64Array,
  column: ArrayLike<number>,
  range: Range,
  weight: number,
  inverted: boolean,
  n: number,
): void {
  const { low, scale } = range;
  for (let i = 0; i < n; i++) {
    const share = ((column[i] as number) - low) * scale;
    let part = share >= 1 ? 1 : share > 0 ? share : 0;
    // An unknown value earns nothing either way round.
    if (inverted) part = Number.isNaN(share) ? 0 : 1 - part;
    sums[i] = (sums[i] as number) + weight * part;
  }
}

/** The score of row i, 0 to 1. An unknown drawdown earns nothing. */
export function classicScore(columns: ClassicColumns, ranges: ClassicRanges, i: number): number {
  const fall = columns.drawdown[i] ?? Number.NaN;
  return (
    CLASSIC_WEIGHTS.winRate * normalised(columns.winRate[i] ?? Number.NaN, ranges.winRate) +
    CLASSIC_WEIGHTS.volume * normalised(columns.volume[i] ?? Number.NaN, ranges.volume) +
    CLASSIC_WEIGHTS.drawdown * (Number.isNaN(fall) ? 0 : 1 - normalised(fall, ranges.drawdown)) +
    CLASSIC_WEIGHTS.riskRatio * normalised(columns.riskRatio[i] ?? Number.NaN, ranges.riskRatio) +
    CLASSIC_WEIGHTS.maxProfit * normalised(columns.maxProfit[i] ?? Number.NaN, ranges.maxProfit)
  );
}
