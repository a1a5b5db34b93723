/** Numbers with what is known about them. */
import type { Cell } from '../contract/values.ts';

/** A statistic, rounded to `decimals`; not finite means unknown. Rounding never produces "-0". */
export function numberCell(value: number, decimals: number, more: { n?: number; asOf?: number } = {}): Cell {
  if (!Number.isFinite(value)) return unknownCell('not a number');
  const text = value.toFixed(decimals);
  const zero = Number(text) === 0;
  return { v: zero ? '0' : text, state: zero ? 'zero' : 'ok', ...more };
}

/** An exact decimal. */
export function decimalCell(value: string, more: { n?: number; asOf?: number } = {}): Cell {
  return { v: value, state: /^-?0(\.0*)?$/.test(value) ? 'zero' : 'ok', ...more };
}

export const unknownCell = (reason: string): Cell => ({ v: null, state: 'unknown', reason });

/** There is no such number here. */
export const absentCell = (reason: string): Cell => ({ v: null, state: 'na', reason });

/** A number that covers less than it is meant to, with why. */
export const partialCell = (cell: Cell, reason: string): Cell =>
  cell.v === null ? cell : { ...cell, state: 'partial', reason };

/** The last number there was, now too old to rely on. */
export const staleCell = (cell: Cell, reason: string): Cell =>
  cell.v === null ? cell : { ...cell, state: 'stale', reason };
