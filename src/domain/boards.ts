/** Names of the leaderboard's boards, windows and metrics: one list for engine, API and web app. */

export const BOARDS = ['copy', 'classic'] as const;
export type BoardName = (typeof BOARDS)[number];

export const BOARD_WINDOWS = ['7d', '30d', '90d', '180d', 'all'] as const;
export type BoardWindow = (typeof BOARD_WINDOWS)[number];

/** Days of a window; 0 is the whole record. */
export const WINDOW_DAYS: Readonly<Record<BoardWindow, number>> = {
  '7d': 7,
  '30d': 30,
  '90d': 90,
  '180d': 180,
  all: 0,
};

/**
 * Days of a trader below which the number is mostly what is believed of everybody: no rank on the copy board. A window
 * shorter than this ranks nobody there.
 */
export const LEAST_RANKED_DAYS = 20;

/** How a follower's copy compares with the leader: told from other columns, for each follower anew. */
export const COMPARISON_METRICS = ['copyRatio', 'reproduced', 'scale'] as const;
export type ComparisonMetric = (typeof COMPARISON_METRICS)[number];

/** What a board can be sorted and filtered by, in the order in which a snapshot holds them. */
export const BOARD_METRICS = [
  'copyScore',
  'classicScore',
  'sharpe',
  'cost',
  'copyReturn',
  'winRate',
  'volume',
  'drawdown',
  'riskRatio',
  'maxProfit',
  'maxLoss',
  'netPnl',
  'ageDays',
  'holdMs',
  'equity',
  'minCapital',
  'maxCapital',
  ...COMPARISON_METRICS,
] as const;
export type BoardMetric = (typeof BOARD_METRICS)[number];

/** Where a page of a board ended: behind so many rows of a version, the last of them this trader's. */
export interface BoardPlace {
  readonly version: number;
  /** 0: the page was empty. */
  readonly trader: number;
  readonly behind: number;
}
