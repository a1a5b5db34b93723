/**
 * A ranked board as bytes. The worker writes the parts one after another into a table. What they cost is what a full
 * pass costs, so nothing is in them that can be told from the rest: no orders, which are those of the scores, and once
 * for all windows what is the same in all.
 *
 * Layout, little-endian as every platform this runs on: a line of JSON padded to 8 bytes, then arrays, each padded to
 * 8 bytes: days, the metrics in the order that the header names, the candidates' rows with their terms, and the rows
 * that are proven. The parts for all windows follow: trader of each row, and the SHARED metrics.
 */
import {
  BOARD_METRICS,
  type BoardMetric,
  COMPARISON_METRICS,
  type ComparisonMetric,
} from '../domain/boards.ts';
import type { Board } from './board.ts';
import { provenRows } from './evidence.ts';
import { gateBit } from './gates.ts';
import type { Leaderboard } from './leaderboard.ts';
import type { Prior } from './posterior.ts';

export interface SnapshotHeader {
  /** Grows with every publication; pages of one version belong together. */
  readonly version: number;
  /** ms UTC. */
  readonly computedAt: number;
  readonly size: number;
  /** Rows of what is for all windows; no less. */
  readonly rows: number;
  readonly copyRanked: number;
  readonly classicRanked: number;
  /** Names of this window's metrics and of those for all windows, in the order of their columns. */
  readonly metrics: readonly string[];
  readonly shared: readonly string[];
  /** Rows that a follower's own terms may rank, and the two priors that score them. */
  readonly candidates: number;
  /** Names of what is known of these alone; absent in boards of older versions: FIRST_TERMS. */
  readonly terms?: readonly string[];
  readonly priors: readonly [Prior, Prior];
  /** Rows with the badge "statistically real". */
  readonly proven: number;
}

/** Columns that a board had before it named them. */
export const FIRST_TERMS = [
  'sharpeVariance',
  'sharpeWithoutBest',
  'sharpeWithoutBestVariance',
  'copyTurnover',
  'copyGain',
  'copyGainSquare',
  'copySpread',
] as const;

/** Columns beside the metrics from which a board for other terms is made, of the candidates alone. */
export const TERMS = [
  ...FIRST_TERMS,
  'copyImpact',
  'copyGross',
  'quarterCapital',
  'halfCapital',
  'mostCapital',
  'copyHold',
] as const;

/** Metrics of the trader, whatever the window. */
const SHARED = ['ageDays', 'equity', 'minCapital', 'maxCapital'] as const satisfies readonly BoardMetric[];
const NOT_OWN: readonly BoardMetric[] = [...SHARED, ...COMPARISON_METRICS];
const OWN = BOARD_METRICS.filter(
  (name): name is Exclude<BoardMetric, ComparisonMetric> => !NOT_OWN.includes(name),
);

const PAD = 8;
export const padded = (bytes: number): number => Math.ceil(bytes / PAD) * PAD;
const bytesOf = (array: Uint32Array | Uint16Array | Float32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/**
 * The parts of one window, in order. They are views: write them before the board changes again.
 * @param rows of the leaderboard. @param computedAt ms UTC.
 */
export function snapshotParts(board: Board, rows: number, version: number, computedAt: number): Uint8Array[] {
  const { size } = board;
  const candidates = candidatesOf(board);
  const proven = flagged(provenRows(board));
  const header: SnapshotHeader = {
    version,
    computedAt,
    size,
    rows,
    copyRanked: board.copyRanked,
    classicRanked: board.classicRanked,
    metrics: OWN,
    shared: SHARED,
    candidates: candidates.length,
    terms: TERMS,
    priors: [board.prior, board.priorWithoutBest],
    proven: proven.length,
  };
  const text = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
  const head = new Uint8Array(padded(text.length)).fill(0x20);
  head.set(text);
  const columns = [
    board.days.subarray(0, size),
    ...OWN.map((name) => board[name].subarray(0, size)),
    candidates,
    ...TERMS.map((name) => pick(board[name], candidates)),
    proven,
  ];
  return [head, ...columns.flatMap((column) => withPadding(bytesOf(column)))];
}

/** The parts for all windows, which follow those of each. Views as well. */
export function sharedParts(leaderboard: Leaderboard): Uint8Array[] {
  const { boards, traders, size } = leaderboard;
  // A trader is set in all windows at a time; the board with the most rows has everybody.
  const [longest] = [...boards.values()].sort((a, b) => b.size - a.size);
  const columns = SHARED.map((name) => longest?.[name] ?? new Float32Array(size));
  return [traders, ...columns].flatMap((column) => withPadding(bytesOf(column.subarray(0, size))));
}

/** Eligible rows, and those that only the size of a standard follower keeps off: a smaller one may follow them. */
function candidatesOf(board: Board): Uint32Array {
  const { size, gates } = board;
  const rows = new Uint32Array(size);
  const other = ~gateBit('CAPACITY');
  let n = 0;
  for (let row = 0; row < size; row++) {
    if (((gates[row] as number) & other) === 0 && board.rankable(row)) rows[n++] = row;
  }
  return rows.subarray(0, n);
}

/** Rows whose flag is set. */
function flagged(flags: Uint8Array): Uint32Array {
  const rows: number[] = [];
  for (let row = flags.indexOf(1); row >= 0; row = flags.indexOf(1, row + 1)) rows.push(row);
  return Uint32Array.from(rows);
}

/** A loop of its own: `from` with a function takes ten times as long, which a million rows notice. */
function pick(column: Float32Array, rows: Uint32Array): Float32Array {
  const out = new Float32Array(rows.length);
  for (let k = 0; k < rows.length; k++) out[k] = column[rows[k] as number] as number;
  return out;
}

function withPadding(bytes: Uint8Array): Uint8Array[] {
  const missing = padded(bytes.length) - bytes.length;
  return missing === 0 ? [bytes] : [bytes, new Uint8Array(missing)];
}
