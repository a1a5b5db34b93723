/**
 * How to page through a trader's fills by time. The venue answers at most a full page from `startTime` on, both ends
 * inclusive, oldest first, so the next page starts at the last time seen and repeats its fills. A page that brings
 * nothing new can never end by itself: then the rest of that millisecond is out of reach, which is a hole to record.
 */
import type { Fill } from './fill.ts';

/** Rows of a full answer of the venue. */
export const FILL_PAGE_ROWS = 2_000;

/** Where paging stands; plain data, so that a task can resume after a restart. */
export interface FillCursor {
  /** ms UTC, inclusive: the next request's start. */
  readonly startTime: number;
  /** Keys of the fills already taken at `startTime`. */
  readonly taken: readonly string[];
  /** Milliseconds whose fills could not be read in full. */
  readonly holes: readonly number[];
}

export const startPaging = (startTime: number): FillCursor => ({ startTime, taken: [], holes: [] });

export interface PageTaken {
  /** Fills of the page that were not taken before, in the order of the page. */
  readonly fresh: readonly Fill[];
  /** The next request, or null when the record was read to its end. */
  readonly next: FillCursor | null;
  readonly holes: readonly number[];
}

const keyOf = (fill: Fill): string => `${fill.coin}:${fill.tradeId}:${fill.size}`;

/** Takes one answer. Rows before the cursor (an answer that ignores it) are not taken again. */
export function takePage(cursor: FillCursor, page: readonly Fill[], pageRows = FILL_PAGE_ROWS): PageTaken {
  const taken = new Set(cursor.taken);
  const fresh = page.filter(
    (fill) => fill.time > cursor.startTime || (fill.time === cursor.startTime && !taken.has(keyOf(fill))),
  );
  if (page.length < pageRows) return { fresh, next: null, holes: cursor.holes };
  const last = page.reduce((latest, fill) => Math.max(latest, fill.time), cursor.startTime);
  if (last > cursor.startTime) {
    const keys = page.filter((fill) => fill.time === last).map(keyOf);
    return { fresh, next: { startTime: last, taken: keys, holes: cursor.holes }, holes: cursor.holes };
  }
  // A full page of one millisecond, or one that repeats: there is no way to ask for the rest of it.
  const holes = [...cursor.holes, cursor.startTime];
  return { fresh, next: { startTime: cursor.startTime + 1, taken: [], holes }, holes };
}
