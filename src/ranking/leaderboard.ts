/**
 * The boards of all windows over one numbering of traders. The worker keeps one of these: it writes the features
 * of changed traders, refreshes, ranks in full from time to time, and publishes snapshots that the API pages from.
 */
import { WINDOWS, type WindowDays } from '../domain/metrics/window.ts';
import { Board } from './board.ts';
import type { Features } from './features.ts';
import { RowSorter } from './radix.ts';

export class Leaderboard {
  readonly boards: ReadonlyMap<WindowDays, Board>;
  /** Trader id of each row. */
  readonly traders: Uint32Array;
  readonly #rows = new Map<number, number>();

  /** @param capacity Most traders it can hold; about 0.5 KiB each over five windows. */
  constructor(capacity: number) {
    const sorter = new RowSorter(capacity);
    this.traders = new Uint32Array(capacity);
    this.boards = new Map(WINDOWS.map((window) => [window, new Board(capacity, sorter)]));
  }

  /** Traders that have a row. */
  get size(): number {
    return this.#rows.size;
  }

  /** The row of a trader, given on first use. @throws RangeError beyond the capacity. */
  rowOf(trader: number): number {
    const known = this.#rows.get(trader);
    if (known !== undefined) return known;
    const row = this.#rows.size;
    if (row >= this.traders.length)
      throw new RangeError(`the leaderboard holds ${this.traders.length} traders: build a larger one`);
    this.#rows.set(trader, row);
    this.traders[row] = trader;
    return row;
  }

  /** Writes a trader's features in one window. */
  set(trader: number, window: WindowDays, features: Features): void {
    this.boards.get(window)?.set(this.rowOf(trader), features);
  }

  /** Full pass over every window. */
  rank(): void {
    for (const board of this.boards.values()) board.rank();
  }

  /** Merges the changed traders into every board; other scores stay as of the last full pass. */
  refresh(traders: readonly number[]): void {
    const rows = Uint32Array.from(new Set(traders.map((trader) => this.rowOf(trader))));
    for (const board of this.boards.values()) board.refresh(rows);
  }
}
