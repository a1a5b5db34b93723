/**
 * A table for many rows: virtual, one tab stop, arrow keys by cell, sticky header and first column. It shows the
 * rows in the order given; whether that order may move under the pointer is the page's decision (`onHold`).
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type HTMLAttributes,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import styles from './grid.module.css';
import { type Column, type GridSort, leastWidth } from './grid_columns.ts';
import { type GridPlace, movedFocus } from './grid_keys.ts';
import { GridHead, GridNothing, GridRow } from './grid_parts.tsx';
import { pick } from './pick.ts';
import { useCoarsePointer, usePageWidth } from './screen.ts';

const c = pick(styles);
const OVERSCAN = 8;
const HEAD_PX = 36;

export interface GridProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Rows there are in all; null while unknown. */
  readonly total: number | null;
  readonly sort?: GridSort;
  readonly onSort?: (column: string) => void;
  readonly onOpen: (row: Row) => void;
  /** The end of what is loaded comes into view. */
  readonly onEnd?: () => void;
  /** True while the pointer or the focus is inside: the order should stand still. */
  readonly onHold?: (held: boolean) => void;
  readonly empty: ReactNode;
  readonly foot?: ReactNode;
}

const visibleColumns = <Row,>(columns: readonly Column<Row>[], width: number) =>
  columns.filter((column) => width >= (column.from ?? 0));

function useGridVirtual<Row>(props: GridProps<Row>, height: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: props.rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    scrollPaddingStart: HEAD_PX,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another height makes all measures void
  useEffect(() => virtual.measure(), [virtual, height]);
  const items = virtual.getVirtualItems();
  const first = items.find((item) => item.end > (virtual.scrollOffset ?? 0))?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  const { onEnd } = props;
  useEffect(() => {
    if (onEnd && props.rows.length > 0 && last >= props.rows.length - 60) onEnd();
  }, [last, onEnd, props.rows.length]);
  const page = Math.max(1, Math.floor(((virtual.scrollRect?.height ?? 0) - HEAD_PX) / height));
  const shownTo = Math.min(props.rows.length, first + page);
  return { scroller, virtual, items, page, first, shownTo };
}

/** Focus that moves cell by cell; the cell is found again after the virtual rows were drawn. */
function useGridFocus(scroller: React.RefObject<HTMLDivElement | null>) {
  const [active, setActive] = useState<GridPlace>({ row: 0, column: 0 });
  const wanted = useRef(false);
  useEffect(() => {
    if (!wanted.current) return;
    wanted.current = false;
    const cell = scroller.current?.querySelector<HTMLElement>(
      `[data-row="${active.row}"][data-column="${active.column}"]`,
    );
    cell?.focus({ preventScroll: active.row >= 0 });
  }, [active, scroller]);
  const move = (place: GridPlace) => {
    wanted.current = true;
    setActive(place);
  };
  return { active, setActive, move };
}

type Focus = ReturnType<typeof useGridFocus>;
type View = ReturnType<typeof useGridVirtual>;

/** Arrow keys move the focus, Enter opens a row, Enter, Space and s sort by a header. */
function gridKeys<Row>(
  props: GridProps<Row>,
  columns: readonly Column<Row>[],
  focus: Focus,
  view: Pick<View, 'page' | 'virtual'>,
) {
  return (event: KeyboardEvent<HTMLDivElement>) => {
    const { row, column } = focus.active;
    const extent = { rows: props.rows.length, columns: columns.length, page: view.page };
    const next = movedFocus(focus.active, extent, { key: event.key, ctrl: event.ctrlKey || event.metaKey });
    if (next !== null) {
      event.preventDefault();
      if (next.row >= 0) view.virtual.scrollToIndex(next.row, { align: 'auto' });
      focus.move(next);
      return;
    }
    const header = columns[column];
    if (row < 0 && header?.sortable && (event.key === 'Enter' || event.key === ' ' || event.key === 's')) {
      event.preventDefault();
      props.onSort?.(header.id);
      return;
    }
    const opened = props.rows[row];
    const onCell = event.target === event.currentTarget.ownerDocument.activeElement;
    if (event.key === 'Enter' && opened !== undefined && onCell) {
      event.preventDefault();
      props.onOpen(opened);
    }
  };
}

const rangeText = (first: number, last: number, total: number | null, loaded: number): string => {
  if (loaded === 0) return 'No rows';
  const all = total === null ? '' : ` of ${total.toLocaleString('en-US')}`;
  return `Rows ${(first + 1).toLocaleString('en-US')}\u2013${last.toLocaleString('en-US')}${all}`;
};

/**
 * Rows keep their order while the pointer or the focus is in the grid or its foot: what the foot offers to apply must
 * not be gone when the pointer gets there.
 */
const holdHandlers = (onHold: ((held: boolean) => void) | undefined): HTMLAttributes<HTMLDivElement> => ({
  onPointerEnter: () => onHold?.(true),
  onPointerLeave: (event) => onHold?.(event.currentTarget.contains(document.activeElement)),
  onFocus: () => onHold?.(true),
  onBlur: (event) => {
    if (!event.currentTarget.contains(event.relatedTarget)) onHold?.(false);
  },
});

function GridFoot(props: { readonly range: string; readonly note: ReactNode }) {
  return (
    <div className={c('foot')}>
      <span>{props.range}</span>
      <span>{props.note}</span>
    </div>
  );
}

export function Grid<Row>(props: GridProps<Row>) {
  'use no memo';
  const width = usePageWidth();
  const height = useCoarsePointer() ? 44 : 32;
  const columns = useMemo(() => visibleColumns(props.columns, width), [props.columns, width]);
  const focusRoot = useRef<HTMLDivElement>(null);
  const focus = useGridFocus(focusRoot);
  const view = useGridVirtual(props, height);
  const tracks = columns.map((column) => column.track).join(' ');
  const least = leastWidth(columns);
  const [scrolled, setScrolled] = useState(false);

  const onKeyDown = gridKeys(props, columns, focus, view);
  return (
    <div ref={focusRoot} className={c('frame')} {...holdHandlers(props.onHold)}>
      {/* biome-ignore lint/a11y/useSemanticElements: a virtual table cannot be a native one */}
      <div
        ref={view.scroller}
        className={c('scroller', scrolled && 'scrolled')}
        role="grid"
        aria-label={props.label}
        aria-rowcount={props.total === null ? -1 : props.total + 1}
        aria-colcount={columns.length}
        onKeyDown={onKeyDown}
        onScroll={(event) => setScrolled(event.currentTarget.scrollLeft > 0)}
      >
        <GridHead
          columns={columns}
          tracks={tracks}
          least={least}
          sort={props.sort}
          onSort={props.onSort}
          focus={focus}
        />
        {/* biome-ignore lint/a11y/useSemanticElements: a virtual table cannot be a native one */}
        <div
          role="rowgroup"
          className={c('body')}
          style={{ height: view.virtual.getTotalSize(), minWidth: least }}
        >
          {view.items.map((item) => {
            const row = props.rows[item.index];
            if (row === undefined) return null;
            return (
              <GridRow
                key={item.index}
                row={row}
                rowKey={props.keyOf(row)}
                index={item.index}
                start={item.start}
                columns={columns}
                tracks={tracks}
                focus={focus}
                onOpen={props.onOpen}
              />
            );
          })}
        </div>
        {props.rows.length === 0 ? <GridNothing>{props.empty}</GridNothing> : null}
      </div>
      <GridFoot
        range={rangeText(view.first, view.shownTo, props.total, props.rows.length)}
        note={props.foot}
      />
    </div>
  );
}
