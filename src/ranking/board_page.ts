/** What is asked of a published board, and what it answers. */
import type { FurtherMetric, MetricName } from '../domain/board_metrics.ts';
import type { BoardMetric, BoardPlace } from '../domain/boards.ts';
import type { Evidence } from './evidence.ts';
import type { FollowerFigures } from './follower.ts';
import type { MyTerms } from './my_terms.ts';

/** Bounds on a metric, inclusive; an unknown value is inside no bound. */
export interface Filter {
  readonly metric: MetricName;
  readonly least?: number;
  readonly most?: number;
}

export interface PageQuery {
  readonly board: 'copy' | 'classic';
  /** Default: the board's own score. */
  readonly sort?: MetricName;
  /** Default: greatest first. */
  readonly ascending?: boolean;
  readonly filters?: readonly Filter[];
  /** By row, of each metric that the query names and the board does not hold; entries carry them. */
  readonly columns?: ReadonlyMap<FurtherMetric, Float32Array>;
  /** Of the copy board: ranked for this follower instead of a standard one. */
  readonly terms?: MyTerms;
  /** Where the last page ended; absent is the start. */
  readonly cursor?: BoardPlace;
  readonly limit: number;
}

export interface BoardEntry {
  readonly trader: number;
  /** Place on the queried board by its own score, 1 is best. */
  readonly rank: number;
  readonly row: number;
  readonly days: number;
  /** On the standard copy board, whatever the page is of. */
  readonly evidence: Evidence;
  readonly proven: boolean;
  /** Unknown values are null; of further metrics those of the query's columns are there. */
  readonly metrics: Readonly<
    Record<BoardMetric, number | null> & Partial<Record<FurtherMetric, number | null>>
  >;
}

/** Where one trader stands. Ranks and scores are null where it is not on that board. */
export interface Standing {
  readonly copyRank: number | null;
  readonly copyScore: number | null;
  readonly classicRank: number | null;
  readonly classicScore: number | null;
  readonly evidence: Evidence;
  readonly proven: boolean;
}

export interface MyFigures extends FollowerFigures {
  /** On the copy board for these terms; null: not on it. */
  readonly place: { readonly rank: number; readonly of: number; readonly score: number } | null;
}

export interface Page {
  readonly version: number;
  readonly entries: readonly BoardEntry[];
  /** Give it to the next query; null when there is no more. */
  readonly cursor: BoardPlace | null;
}
