/** What the worker hands to the database of its boards: the bytes that are published, and ranks to note. */
import type { Transaction } from '../store/database.ts';
import type { ClassicScores, Publication, PublishedBoard } from '../store/leaderboard.ts';
import { type NotedRanks, noteRanks } from '../store/rank_history.ts';
import type { Board } from './board.ts';
import type { Leaderboard } from './leaderboard.ts';
import { rowsByTrader } from './rows_by_trader.ts';
import { sharedParts, snapshotParts } from './snapshot_parts.ts';
import { windowNumber } from './standings.ts';

/**
 * The boards of all windows, for `publishBoards`.
 * @param run.watermark what the input was. @param run.now ms UTC.
 */
export const publicationOf = (
  leaderboard: Leaderboard,
  run: { readonly version: number; readonly watermark: string; readonly now: number },
): Publication => ({
  version: run.version,
  watermark: run.watermark,
  computedAt: run.now,
  shared: sharedParts(leaderboard),
  boards: boardsOf(leaderboard, run.version, run.now),
});

function* boardsOf(leaderboard: Leaderboard, version: number, now: number): Generator<PublishedBoard> {
  for (const [window, board] of leaderboard.boards)
    yield {
      windowDays: windowNumber(window),
      traders: board.size,
      copyRanked: board.copyRanked,
      parts: snapshotParts(board, leaderboard.size, version, now),
    };
}

/** What the table of metrics says of the classic board, window by window: six decimals, as far as anybody reads it. */
export function* classicScoresOf(leaderboard: Leaderboard): Generator<ClassicScores> {
  const { traders, boards, size } = leaderboard;
  const ids = [...traders.subarray(0, size)];
  for (const [window, board] of boards) {
    const scores = ids.map((_, row) =>
      board.active[row] === 1 ? Math.round((board.classicScore[row] as number) * 1e6) / 1e6 : null,
    );
    yield { windowDays: windowNumber(window), traders: ids, scores };
  }
}

/** The first traders of the copy board in every window, at most `each` a window. */
export function candidatesOf({ traders, boards }: Leaderboard, each: number): number[] {
  const found = new Set<number>();
  for (const board of boards.values())
    for (const row of board.copyOrder.subarray(0, Math.min(each, board.copyRanked)))
      found.add(traders[row] as number);
  return [...found];
}

/** Notes where everybody stands in every window at `time` (ms UTC). @throws StoreError */
export async function noteLeaderboard(
  tx: Transaction,
  leaderboard: Leaderboard,
  time: number,
): Promise<void> {
  const { traders, boards, size } = leaderboard;
  const { rows } = rowsByTrader(traders.subarray(0, size));
  for (const [window, board] of boards)
    await noteRanks(tx, { windowDays: windowNumber(window), time, ...ranksOf(board, traders, rows) });
}

/** Where everybody on either board of a window stands, in the given order of rows. */
function ranksOf(
  board: Board,
  traders: Uint32Array,
  rows: Uint32Array,
): Omit<NotedRanks, 'windowDays' | 'time'> {
  const copy = placesOf(board.copyOrder, board.copyRanked, board.size);
  const classic = placesOf(board.classicOrder, board.classicRanked, board.size);
  const on = rows.filter((row) => (copy[row] as number) > 0 || (classic[row] as number) > 0);
  const scores = (column: Float32Array) => {
    const out = new Float32Array(on.length);
    for (let k = 0; k < on.length; k++) out[k] = column[on[k] as number] as number;
    return out;
  };
  return {
    copyRanked: board.copyRanked,
    classicRanked: board.classicRanked,
    traders: on.map((row) => traders[row] as number),
    copyRanks: on.map((row) => copy[row] as number),
    copyScores: scores(board.copyScore),
    classicRanks: on.map((row) => classic[row] as number),
    classicScores: scores(board.classicScore),
  };
}

/** Places by row from 1, 0 for rows that are not on the board. */
function placesOf(order: Uint32Array, ranked: number, size: number): Uint32Array {
  const places = new Uint32Array(size);
  for (let k = 0; k < ranked; k++) places[order[k] as number] = k + 1;
  return places;
}
