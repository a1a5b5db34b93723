import type { ReactNode } from 'react';

/** One column of a grid table. */
export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  /** A CSS grid track, for example "minmax(140px, 1fr)". */
  readonly track: string;
  readonly right?: boolean;
  /** What the column means, on hover and focus of the header. */
  readonly meaning?: string;
  readonly sortable?: boolean;
  /** Hidden when the page is narrower than this, px. */
  readonly from?: number;
  readonly cell: (row: Row) => ReactNode;
}

/** Least width of all tracks together, px: rows are this wide whatever is in them, so that columns stay in line. */
export const leastWidth = (columns: readonly { readonly track: string }[]): number =>
  columns.reduce((sum, { track }) => sum + Number.parseInt(/\d+(?=px)/.exec(track)?.[0] ?? '0', 10), 0);

export interface GridSort {
  readonly column: string;
  readonly order: 'asc' | 'desc';
}
