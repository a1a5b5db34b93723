import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { movedFocus } from './grid_keys.ts';
import { rowsThatWouldMove } from './held_order.ts';

const extent = { rows: 100, columns: 5, page: 20 };
const press = (key: string, row: number, column: number, ctrl = false) =>
  movedFocus({ row, column }, extent, { key, ctrl });

describe('movedFocus', () => {
  it('moves by cell, page and edge', () => {
    expect(press('ArrowDown', 3, 1)).toEqual({ row: 4, column: 1 });
    expect(press('ArrowUp', 0, 1)).toEqual({ row: -1, column: 1 });
    expect(press('PageDown', 3, 0)).toEqual({ row: 23, column: 0 });
    expect(press('PageUp', 3, 0)).toEqual({ row: 0, column: 0 });
    expect(press('End', 3, 0)).toEqual({ row: 3, column: 4 });
    expect(press('Home', 50, 4, true)).toEqual({ row: 0, column: 0 });
    expect(press('End', 0, 0, true)).toEqual({ row: 99, column: 4 });
  });
  it('leaves other keys alone', () => expect(press('a', 0, 0)).toBeNull());
  it('never leaves the table', () => {
    const keys = ['ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End'];
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 50 }),
        fc.array(fc.record({ key: fc.constantFrom(...keys), ctrl: fc.boolean() })),
        (rows, presses) => {
          let place = { row: 0, column: 0 };
          for (const one of presses) {
            place = movedFocus(place, { rows, columns: 3, page: 10 }, one) ?? place;
            expect(place.row).toBeGreaterThanOrEqual(-1);
            expect(place.row).toBeLessThanOrEqual(Math.max(-1, rows - 1));
            expect(place.column).toBeGreaterThanOrEqual(0);
            expect(place.column).toBeLessThan(3);
          }
        },
      ),
    );
  });
});

describe('rowsThatWouldMove', () => {
  it('counts rows that enter, leave or change places, not those that only shift', () => {
    expect(rowsThatWouldMove(['a', 'b', 'c'], ['a', 'b', 'c'])).toBe(0);
    expect(rowsThatWouldMove(['a', 'b', 'c'], ['n', 'a', 'b', 'c'])).toBe(1);
    expect(rowsThatWouldMove(['a', 'b', 'c'], ['b', 'c'])).toBe(1);
    expect(rowsThatWouldMove(['a', 'b', 'c', 'd'], ['d', 'a', 'b', 'c'])).toBe(1);
    expect(rowsThatWouldMove(['a', 'b', 'c'], ['c', 'b', 'a'])).toBe(2);
  });
});
