/**
 * Columns of metrics that the published boards do not hold, read from the database when somebody sorts or filters by
 * them. A bounded number is kept, the last used; each belongs to one version of one window's board.
 */
import { type FurtherMetric, storedName } from '../domain/board_metrics.ts';
import type { Database } from '../store/database.ts';
import { readMetricColumns } from '../store/metric_columns.ts';
import { ApiError } from './errors.ts';

/** Columns kept over all windows: of a million traders 4 MB each, and as much for each order by one. */
const KEPT = 16;
/** Readings that may wait for their turn: one runs at a time, so that all together take one connection. */
const MOST_WAITING = 16;

/** What a column is laid out by. */
export interface ColumnBoard {
  readonly header: { readonly version: number; readonly size: number };
  /** Finds the row of a trader; undefined for one that has none. */
  rowFinder(): (trader: number) => number | undefined;
}

/** Values by row of the board; NaN is unknown. */
export type Columns = ReadonlyMap<FurtherMetric, Float32Array>;

/** Another board was published before a column of this one was read: the newest has to be asked for again. */
export class BoardReplacedError extends ApiError {
  constructor() {
    super('UNAVAILABLE', 'The leaderboard is being replaced; retry.', { retryAfterSeconds: 1 });
  }
}

export class BoardColumns {
  readonly #db: Pick<Database, 'transaction'>;
  /** Read or being read, by window, version and metric; the last used last. */
  readonly #kept = new Map<string, Promise<Float32Array>>();
  #running: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(db: Pick<Database, 'transaction'>) {
    this.#db = db;
  }

  /**
   * The columns of `metrics` of a window's board. Who asks for one that is being read waits for that.
   * @throws BoardReplacedError; ApiError `UNAVAILABLE` when too many wait; StoreError
   */
  async of(windowDays: number, board: ColumnBoard, metrics: readonly FurtherMetric[]): Promise<Columns> {
    const keyOf = (metric: FurtherMetric) => `${windowDays} ${board.header.version} ${metric}`;
    const missing = metrics.filter((metric) => !this.#kept.has(keyOf(metric)));
    if (missing.length > 0) {
      const read = this.#inTurn(() => this.#read(windowDays, board, missing));
      missing.forEach((metric, k) => {
        this.#keep(
          keyOf(metric),
          read.then((columns) => columns[k] as Float32Array),
        );
      });
    }
    const wanted = metrics.map((metric) => this.#use(keyOf(metric)));
    this.#forgetOldest();
    const columns = await Promise.all(wanted);
    return new Map(metrics.map((metric, k) => [metric, columns[k] as Float32Array]));
  }

  /** A window's board is replaced: its columns are of no use to anybody who asks from now on. */
  forget(windowDays: number, version: number): void {
    for (const key of [...this.#kept.keys()])
      if (key.startsWith(`${windowDays} ${version} `)) this.#kept.delete(key);
  }

  #keep(key: string, column: Promise<Float32Array>): void {
    this.#kept.set(key, column);
    // One that failed is read again by the next who asks.
    column.catch(() => {
      if (this.#kept.get(key) === column) this.#kept.delete(key);
    });
  }

  #use(key: string): Promise<Float32Array> {
    const column = this.#kept.get(key) as Promise<Float32Array>;
    this.#kept.delete(key);
    this.#kept.set(key, column);
    return column;
  }

  #forgetOldest(): void {
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(key);
    }
  }

  #inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MOST_WAITING)
      throw new ApiError('UNAVAILABLE', 'Too many metrics are being read just now; retry.', {
        retryAfterSeconds: 2,
      });
    this.#waiting++;
    const turn = this.#running.then(read).finally(() => this.#waiting--);
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  async #read(windowDays: number, board: ColumnBoard, metrics: readonly FurtherMetric[]) {
    const { version, size } = board.header;
    const columns = metrics.map(() => new Float32Array(size).fill(Number.NaN));
    const rowOf = board.rowFinder();
    const query = { windowDays, version, names: metrics.map(storedName) };
    const read = await readMetricColumns(this.#db, query, (trader, values) => {
      const row = rowOf(trader);
      if (row === undefined) return;
      columns.forEach((column, k) => {
        column[row] = values[k] as number;
      });
    });
    if (!read) throw new BoardReplacedError();
    return columns;
  }
}
