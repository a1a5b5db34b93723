/** Which of the known rows are shown and in which order: the server's rule, repeated here for rows that move. */
import type { SortOrder, TraderRow, TraderSort } from '../../../contract/traders.ts';

export interface TradersView {
  readonly search: string;
  readonly watched: boolean;
  readonly sort: TraderSort;
  readonly order: SortOrder;
}

/** Exact comparison of two plain non-negative decimals. */
function compareDecimals(a: string, b: string): number {
  const [wholeA = '', fractionA = ''] = a.split('.');
  const [wholeB = '', fractionB = ''] = b.split('.');
  const whole = BigInt(wholeA) - BigInt(wholeB);
  if (whole !== 0n) return whole < 0n ? -1 : 1;
  const length = Math.max(fractionA.length, fractionB.length);
  const left = fractionA.padEnd(length, '0');
  const right = fractionB.padEnd(length, '0');
  return left < right ? -1 : left > right ? 1 : 0;
}

const COMPARE: Readonly<Record<TraderSort, (a: TraderRow, b: TraderRow) => number>> = {
  lastSeen: (a, b) => a.lastSeenAt - b.lastSeenAt,
  firstSeen: (a, b) => a.firstSeenAt - b.firstSeenAt,
  trades: (a, b) => a.tradeCount - b.tradeCount,
  notional: (a, b) => compareDecimals(a.notionalUsd, b.notionalUsd),
  address: (a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0),
};

/** Equal rows stay in the order of their addresses, so that nothing swaps to and fro. */
export function compareTraders(view: Pick<TradersView, 'sort' | 'order'>) {
  const by = COMPARE[view.sort];
  const direction = view.order === 'asc' ? 1 : -1;
  return (a: TraderRow, b: TraderRow): number => direction * by(a, b) || COMPARE.address(a, b);
}

export function matchesView(row: TraderRow, view: TradersView): boolean {
  const start = view.search.startsWith('0x') || view.search === '' ? view.search : `0x${view.search}`;
  return row.address.startsWith(start) && (!view.watched || row.watched);
}

export interface LoadedRows {
  /** Rows of the pages that were loaded, in the server's order. */
  readonly loaded: readonly TraderRow[];
  /** More pages follow. */
  readonly more: boolean;
  /** Newest state of rows that moved since, by address. */
  readonly moved: ReadonlyMap<string, TraderRow>;
}

/**
 * All rows that belong into the loaded part of the view, in order. A row that moved and would come after the last
 * loaded one is left out while pages follow: its page will bring it.
 */
export function orderedTraders(rows: LoadedRows, view: TradersView): TraderRow[] {
  const all = new Map<string, TraderRow>();
  for (const row of rows.loaded) all.set(row.address, rows.moved.get(row.address) ?? row);
  const compare = compareTraders(view);
  const last = rows.loaded.at(-1);
  for (const row of rows.moved.values()) {
    if (all.has(row.address) || !matchesView(row, view)) continue;
    if (rows.more && last !== undefined && compare(row, last) > 0) continue;
    all.set(row.address, row);
  }
  return [...all.values()].sort(compare);
}
