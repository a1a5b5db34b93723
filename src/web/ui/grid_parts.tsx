import { Fragment, type ReactNode } from 'react';
import styles from './grid.module.css';
import type { Column, GridSort } from './grid_columns.ts';
import type { GridPlace } from './grid_keys.ts';
import { pick } from './pick.ts';

const c = pick(styles);

interface Focus {
  readonly active: GridPlace;
  readonly setActive: (place: GridPlace) => void;
  readonly move: (place: GridPlace) => void;
}

const tabIndexOf = (focus: Focus, row: number, column: number): 0 | -1 =>
  focus.active.row === row && focus.active.column === column ? 0 : -1;

const Arrow = ({ order }: { readonly order: GridSort['order'] }) => (
  <svg className={c('arrow')} viewBox="0 0 10 10" aria-hidden="true" fill="currentColor">
    <path d={order === 'asc' ? 'M5 2l4 6H1z' : 'M5 8l4-6H1z'} />
  </svg>
);

const SORT_WORDS = { asc: 'ascending', desc: 'descending' } as const;

export function GridHead<Row>({
  columns,
  tracks,
  least,
  sort,
  onSort,
  focus,
}: {
  readonly columns: readonly Column<Row>[];
  readonly tracks: string;
  /** px */
  readonly least: number;
  readonly sort: GridSort | undefined;
  readonly onSort: ((column: string) => void) | undefined;
  readonly focus: Focus;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual table cannot be a native one
    // biome-ignore lint/a11y/useFocusableInteractive: focus roves over the cells
    <div
      role="row"
      aria-rowindex={1}
      className={c('head')}
      style={{ gridTemplateColumns: tracks, minWidth: least }}
    >
      {columns.map((column, index) => {
        const sorted = sort?.column === column.id ? sort.order : null;
        return (
          // biome-ignore lint/a11y/useSemanticElements: a virtual table cannot be a native one
          // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys of all its cells
          <div
            key={column.id}
            role="columnheader"
            aria-colindex={index + 1}
            aria-sort={sorted === null ? (column.sortable ? 'none' : undefined) : SORT_WORDS[sorted]}
            tabIndex={tabIndexOf(focus, -1, index)}
            data-row={-1}
            data-column={index}
            data-tip={column.meaning}
            className={c(
              'cell',
              column.right && 'right',
              column.sortable && 'sortable',
              sorted !== null && 'sorted',
              index === 0 && 'first',
            )}
            onFocus={() => focus.setActive({ row: -1, column: index })}
            onClick={() => column.sortable && onSort?.(column.id)}
          >
            {column.header}
            {sorted === null ? null : <Arrow order={sorted} />}
          </div>
        );
      })}
    </div>
  );
}

/**
 * One row. It is a place, not a trader: when the order changes, contents change places and elements stay, because
 * an element that is moved in the document loses the focus.
 */
export function GridRow<Row>({
  row,
  rowKey,
  index,
  start,
  columns,
  tracks,
  focus,
  onOpen,
}: {
  readonly row: Row;
  readonly rowKey: string;
  readonly index: number;
  /** px from the top of the body. */
  readonly start: number;
  readonly columns: readonly Column<Row>[];
  readonly tracks: string;
  readonly focus: Focus;
  readonly onOpen: (row: Row) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual table cannot be a native one
    // biome-ignore lint/a11y/useFocusableInteractive: focus roves over the cells
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys of all its rows
    <div
      role="row"
      aria-rowindex={index + 2}
      className={c('row')}
      style={{ gridTemplateColumns: tracks, transform: `translateY(${start}px)` }}
      onClick={() => onOpen(row)}
    >
      {columns.map((column, at) => (
        // biome-ignore lint/a11y/useSemanticElements: a virtual table cannot be a native one
        <div
          key={column.id}
          role="gridcell"
          aria-colindex={at + 1}
          tabIndex={tabIndexOf(focus, index, at)}
          data-row={index}
          data-column={at}
          className={c('cell', column.right && 'right', at === 0 && 'first')}
          onFocus={(event) => {
            if (event.target === event.currentTarget) focus.setActive({ row: index, column: at });
          }}
        >
          <Fragment key={rowKey}>{column.cell(row)}</Fragment>
        </div>
      ))}
    </div>
  );
}

/** What a grid shows in place of rows. It is in one itself: a grid holds nothing else. */
export const GridNothing = ({ children }: { readonly children: ReactNode }) => (
  // biome-ignore lint/a11y/useSemanticElements: a virtual table cannot be a native one
  // biome-ignore lint/a11y/useFocusableInteractive: there is nothing to rove over
  <div role="row">
    {/* biome-ignore lint/a11y/useSemanticElements: a virtual table cannot be a native one */}
    {/* biome-ignore lint/a11y/useFocusableInteractive: there is nothing to rove over */}
    <div role="gridcell">{children}</div>
  </div>
);
