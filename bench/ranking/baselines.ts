/** The rankings that the score is compared with, on whatever was seen of each trader at the boundary. */
import type { Board } from '../../src/ranking/board.ts';
import type { Features } from '../../src/ranking/features.ts';
import { midRanks } from './evaluation.ts';

/** What was known of one trader at the boundary. */
export interface Seen {
  readonly features: Features;
  readonly ownSharpe: number;
  readonly calmar: number;
  /** Time-weighted return. */
  readonly roi: number;
  /** USD, without and with what was deposited. */
  readonly pnl: number;
  readonly growth: number;
  /** PnL of the last 30 days, USD. */
  readonly monthPnl: number;
  /** Unbroken episodes closed in the last 90 days. */
  readonly recentEpisodes: number;
}

export type Scores = ArrayLike<number>;

/** Closed episodes in 90 days that make a trader part of a walk-forward's universe. */
export const UNIVERSE_EPISODES = 20;

/** Higher is better, NaN is not ranked. Row i of the board is trader i. */
export function baselines(seen: readonly Seen[], board: Board, eligible: readonly boolean[]) {
  const of = (value: (s: Seen) => number): number[] => seen.map(value);
  const within = (values: Scores): number[] =>
    seen.map((_, i) => (eligible[i] ? (values[i] ?? Number.NaN) : Number.NaN));
  const active = (values: Scores): number[] =>
    seen.map((_, i) => (board.active[i] === 1 ? (values[i] ?? Number.NaN) : Number.NaN));
  const classic = active(board.classicScore);
  const roi = of((s) => s.roi);
  return {
    classic,
    'classic, percentiles': active(percentileClassic(seen)),
    'win rate': of((s) => s.features.windowWinRate ?? s.features.winRate),
    'PnL with deposits': of((s) => s.growth),
    PnL: of((s) => s.pnl),
    ROI: roi,
    'venue leaderboard (PnL of 30 d)': of((s) => s.monthPnl),
    'own Sharpe': of((s) => s.ownSharpe),
    Calmar: of((s) => s.calmar),
    'copy ROI': of((s) => s.features.copyReturn),
    'copy Sharpe': of((s) => s.features.sharpe),
    'conservative PSR of the copy': of((s) => s.features.sharpe / Math.sqrt(s.features.sharpeVariance)),
    'classic + gates': within(classic),
    'ROI + gates': within(roi),
  };
}

/** The classic weights on percentiles instead of min-max. */
function percentileClassic(seen: readonly Seen[]): Float64Array {
  const n = seen.length;
  const rank = (of: (s: Seen) => number): Float64Array => midRanks(seen.map(of)).map((r) => (r - 0.5) / n);
  const parts = [
    rank((s) => s.features.windowWinRate ?? s.features.winRate),
    rank((s) => s.features.volumeUsd),
    rank((s) => -s.features.maxDrawdown),
    rank((s) => s.features.riskRatio),
    rank((s) => s.features.maxProfitUsd),
  ];
  const weights = [0.3, 0.2, 0.25, 0.15, 0.1];
  return new Float64Array(n).map((_, i) =>
    parts.reduce((sum, part, k) => sum + (weights[k] ?? 0) * (part[i] ?? 0), 0),
  );
}
