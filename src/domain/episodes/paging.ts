/**
 * How to page through a trader's fills (or funding, or ledger) by time. The venue answers at most a full page from `startTime` on, both ends
 * inclusive, oldest first, so the next page starts at the last time seen and repeats its fills. A page that brings
 * nothing new can never end by itself: then the rest of that millisecond is out of reach, which is a hole to record.
 */
/** Rows of a full answer of the venue. */
export const FILL_PAGE_ROWS = 2_000;

/** A row of a page: when it happened. */
interface Timed {
  /** ms UTC. */
  readonly time: number;
}

/** Where paging stands; plain data, so that a task can resume after a restart. */
export interface PageCursor {
  /** ms UTC, inclusive: the next request's start. */
  readonly startTime: number;
  /** Keys of the fills already taken at `startTime`. */
  readonly taken: readonly string[];
  /** Milliseconds whose fills could not be read in full. */
  readonly holes: readonly number[];
}

export const startPaging = (startTime: number): PageCursor => ({ startTime, taken: [], holes: [] });

export interface PageTaken<Row> {
  /** Rows of the page that were not taken before, in the order of the page. */
  readonly fresh: readonly Row[];
  /** The next request, or null when the record was read to its end. */
  readonly next: PageCursor | null;
  readonly holes: readonly number[];
}

/**
 * Takes one answer. Rows before the cursor (an answer that ignores it) are not taken again.
 * @param keyOf tells rows of one millisecond apart.
 * @param pageRows an answer with fewer rows is the last one.
 */
export function takePage<Row extends Timed>(
  cursor: PageCursor,
  page: readonly Row[],
  keyOf: (row: Row) => string,
  pageRows = FILL_PAGE_ROWS,
): PageTaken<Row> {
  const taken = new Set(cursor.taken);
  const fresh = page.filter(
    (fill) => fill.time > cursor.startTime || (fill.time === cursor.startTime && !taken.has(keyOf(fill))),
  );
  if (page.length < pageRows) return { fresh, next: null, holes: cursor.holes };
  const holesHere = [...cursor.holes, cursor.startTime];
  // An answer that is full and wholly from before what was asked does not listen: it would repeat for ever.
  if (!page.some(({ time }) => time >= cursor.startTime)) return { fresh, next: null, holes: holesHere };
  const last = page.reduce((latest, fill) => Math.max(latest, fill.time), cursor.startTime);
  if (last > cursor.startTime) {
    const keys = page.filter((fill) => fill.time === last).map(keyOf);
    return { fresh, next: { startTime: last, taken: keys, holes: cursor.holes }, holes: cursor.holes };
  }
  // A full page of one millisecond, or one that repeats: there is no way to ask for the rest of it.
  return {
    fresh,
    next: { startTime: cursor.startTime + 1, taken: [], holes: holesHere },
    holes: holesHere,
  };
}
