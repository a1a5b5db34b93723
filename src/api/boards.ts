/** The published boards in memory, each as of its newest version: any page without the database. */
import type { LeaderboardExplanation, MetricFilter } from '../contract/leaderboard.ts';
import { type FurtherMetric, isFurther, type MetricName } from '../domain/board_metrics.ts';
import type { BoardMetric, BoardPlace } from '../domain/boards.ts';
import type { CopyTotals } from '../domain/metrics/copy_totals.ts';
import { errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { readBoardBytes } from '../store/board_bytes.ts';
import type { Database } from '../store/database.ts';
import { type BoardHead, readBoardHeads } from '../store/leaderboard.ts';
import type { NewsListener } from '../store/news.ts';
import { BoardColumns, type ColumnBoard, type Columns } from './board_columns.ts';

export interface BoardQuery {
  readonly board: 'copy' | 'classic';
  readonly sort?: MetricName;
  readonly ascending: boolean;
  readonly filters?: readonly MetricFilter[];
  /** Of the metrics above that the board does not hold; entries carry them. */
  readonly columns?: Columns;
  /** Of the copy board: for this follower instead of a standard one. */
  readonly terms?: { readonly equityUsd?: number; readonly takerBp?: number; readonly latencyMs?: number };
  /** Where the last page ended. */
  readonly cursor?: BoardPlace;
  readonly limit: number;
}

export interface BoardEntry {
  readonly trader: number;
  /** 1 is best. */
  readonly rank: number;
  readonly days: number;
  readonly evidence: BoardEvidence;
  readonly proven: boolean;
  /** Unknown values are null; of further metrics those of the query's columns are there. */
  readonly metrics: Readonly<
    Record<BoardMetric, number | null> & Partial<Record<FurtherMetric, number | null>>
  >;
}

export interface BoardEvidence {
  readonly level: 'none' | 'weak' | 'moderate' | 'strong';
  readonly percentile: number | null;
  readonly posteriorSharpe: number | null;
  readonly posteriorDeviation: number | null;
  readonly positiveMonth: number | null;
}

/** Where one trader stands; null where it is not on that board. */
export interface BoardStanding {
  readonly copyRank: number | null;
  readonly copyScore: number | null;
  readonly classicRank: number | null;
  readonly classicScore: number | null;
  readonly evidence: BoardEvidence;
  readonly proven: boolean;
}

/** A published board, opened; the ranking knows its bytes. */
export interface OpenBoard extends ColumnBoard {
  readonly header: {
    readonly version: number;
    /** Rows. */
    readonly size: number;
    readonly computedAt: number;
    readonly copyRanked: number;
    readonly classicRanked: number;
  };
  /** Undefined for a trader that is not among those judged. */
  standingOf(trader: number): BoardStanding | undefined;
  /** What copying the trader would be for a follower of these terms. */
  follower(
    trader: number,
    known: {
      readonly totals: CopyTotals | null;
      readonly details: { readonly base: unknown; readonly seen: unknown } | undefined;
    },
    terms: NonNullable<BoardQuery['terms']>,
  ): NonNullable<LeaderboardExplanation['follower']>;
  ranked(board: 'copy' | 'classic', terms?: BoardQuery['terms']): number;
  page(query: BoardQuery): { readonly entries: readonly BoardEntry[]; readonly cursor: BoardPlace | null };
}

export interface BoardsOptions {
  readonly db: Database;
  readonly news: NewsListener;
  readonly log: Logger;
  readonly openBoard: (bytes: ArrayBuffer) => OpenBoard;
}

export class Boards {
  readonly #options: BoardsOptions;
  readonly #columns: BoardColumns;
  readonly #open = new Map<number, OpenBoard>();
  readonly #loading = new Map<string, Promise<OpenBoard | undefined>>();
  readonly #end: () => void;
  #heads = new Map<number, BoardHead>();

  constructor(options: BoardsOptions) {
    this.#options = options;
    this.#columns = new BoardColumns(options.db);
    this.#end = options.news.subscribe('leaderboard', () => this.refresh());
  }

  /** The newest board of a window (days; 0 is the whole record); undefined while none is published. */
  async newest(windowDays: number): Promise<OpenBoard | undefined> {
    if (this.#heads.size === 0) await this.refresh();
    const head = this.#heads.get(windowDays);
    const open = this.#open.get(windowDays);
    if (head === undefined || open?.header.version === head.version) return open;
    const key = `${windowDays} ${head.version}`;
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = this.#load(windowDays).finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  stop(): void {
    this.#end();
  }

  /**
   * The columns that a query sorts and filters by and the board does not hold.
   * @throws BoardReplacedError when `board` is no longer the newest: `refresh`, and begin again; ApiError; StoreError
   */
  columnsFor(
    windowDays: number,
    board: OpenBoard,
    { sort, filters = [] }: Pick<BoardQuery, 'sort' | 'filters'>,
  ): Promise<Columns> {
    const named = [...(sort === undefined ? [] : [sort]), ...filters.map(({ metric }) => metric)];
    return this.#columns.of(windowDays, board, [...new Set(named.filter(isFurther))]);
  }

  /** Looks what is published now. */
  async refresh(): Promise<void> {
    try {
      const heads = await readBoardHeads(this.#options.db);
      this.#heads = new Map(heads.map((head) => [head.windowDays, head]));
      for (const [days, { header }] of this.#open) {
        const head = this.#heads.get(days);
        if (head?.version !== header.version) this.#columns.forget(days, header.version);
        if (head === undefined) this.#open.delete(days);
      }
    } catch (error) {
      this.#options.log.debug({ error: errorMessage(error) }, 'cannot look for new leaderboards');
    }
  }

  async #load(windowDays: number): Promise<OpenBoard | undefined> {
    const bytes = await readBoardBytes(this.#options.db, windowDays);
    if (bytes === undefined) return undefined;
    const board = this.#options.openBoard(bytes);
    this.#open.set(windowDays, board);
    return board;
  }
}
