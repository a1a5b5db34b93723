/** Keyboard of a grid table: where the focus goes, as a pure function. Row -1 is the header. */

export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

export interface GridExtent {
  readonly rows: number;
  readonly columns: number;
  /** Rows that fit into the view: the step of Page Up and Page Down. */
  readonly page: number;
}

export interface GridKey {
  readonly key: string;
  readonly ctrl: boolean;
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));

type Move = (place: GridPlace, extent: GridExtent, ctrl: boolean) => GridPlace;

const MOVES: Readonly<Record<string, Move>> = {
  ArrowDown: (place) => ({ ...place, row: place.row + 1 }),
  ArrowUp: (place) => ({ ...place, row: place.row - 1 }),
  ArrowRight: (place) => ({ ...place, column: place.column + 1 }),
  ArrowLeft: (place) => ({ ...place, column: place.column - 1 }),
  PageDown: (place, extent) => ({ ...place, row: place.row + extent.page }),
  PageUp: (place, extent) => ({ ...place, row: Math.max(0, place.row - extent.page) }),
  Home: (place, _, ctrl) => ({ row: ctrl ? 0 : place.row, column: 0 }),
  End: (place, extent, ctrl) => ({
    row: ctrl ? extent.rows - 1 : place.row,
    column: extent.columns - 1,
  }),
};

/** The next place, or null if the key does not move the focus. */
export function movedFocus(place: GridPlace, extent: GridExtent, pressed: GridKey): GridPlace | null {
  const move = MOVES[pressed.key];
  if (move === undefined) return null;
  const next = move(place, extent, pressed.ctrl);
  return {
    row: clamp(next.row, -1, Math.max(-1, extent.rows - 1)),
    column: clamp(next.column, 0, extent.columns - 1),
  };
}
