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

export interface GridSort {
  readonly column: string;
  readonly order: 'asc' | 'desc';
}
