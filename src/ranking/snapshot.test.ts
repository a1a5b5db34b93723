import { describe, expect, it } from 'vitest';
import { evidenceOf, provenRows } from './evidence.ts';
import type { Features } from './features.ts';
import { Leaderboard } from './leaderboard.ts';
import { BoardSnapshot } from './snapshot.ts';
import { sharedParts, snapshotParts } from './snapshot_parts.ts';

/** Enough of a trader to be on both boards; the score falls with its number. */
const trader = (k: number): Features =>
  ({
    activeDays: 50,
    episodes: 50,
    idleMs: 0,
    reconciled: 1,
    complete: 1,
    medianEquityUsd: 5_000,
    equityUsd: 1_000 * (k + 1),
    holdMs: 9e6,
    days: 60,
    costSharpe: 0.01,
    sharpe: 0.3 - 0.01 * k,
    sharpeVariance: 0.01,
    sharpeWithoutBest: 0.2 - 0.01 * k,
    sharpeWithoutBestVariance: 0.01,
    winRate: k / 40,
    volumeUsd: 100,
    maxDrawdown: 0.1,
    riskRatio: 1,
    maxProfitUsd: 10,
    hedged: k % 10 === 9 ? 1 : 0,
    copyReturn: k === 3 ? Number.NaN : 0.001 * k,
  }) as Features;

function ranked() {
  const leaderboard = new Leaderboard(64);
  for (let k = 0; k < 31; k++) leaderboard.set(1_000 + k, 90, trader(k));
  leaderboard.rank();
  const board = leaderboard.boards.get(90);
  if (!board) throw new Error('no 90-day board');
  return { leaderboard, board };
}

function published({ leaderboard, board } = ranked()): BoardSnapshot {
  const bytes = Buffer.concat([
    ...snapshotParts(board, leaderboard.size, 7, 1_000),
    ...sharedParts(leaderboard),
  ]);
  return new BoardSnapshot(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  );
}

describe('a published board', () => {
  it('pages through every ranked trader once, in order', () => {
    const snapshot = published();
    const seen: number[] = [];
    let cursor: number | null = 0;
    while (cursor !== null) {
      const page = snapshot.page({ board: 'copy', limit: 7, cursor });
      expect(page.version).toBe(7);
      seen.push(...page.entries.map(({ trader: id }) => id));
      expect(page.entries.map(({ rank }) => rank)).toEqual(
        page.entries.map((_, k) => seen.length - page.entries.length + k + 1),
      );
      cursor = page.cursor;
    }
    expect(seen).toEqual(Array.from({ length: 31 }, (_, k) => 1_000 + k).filter((id) => id % 10 !== 9));
  });
  it('sorts by any metric in both directions, without rows where it is unknown', () => {
    const snapshot = published();
    const ids = (ascending: boolean) =>
      snapshot
        .page({ board: 'copy', sort: 'copyReturn', ascending, limit: 3 })
        .entries.map(({ trader: id }) => id);
    expect(ids(false)).toEqual([1_030, 1_028, 1_027]);
    expect(ids(true)).toEqual([1_000, 1_001, 1_002]);
    const all = snapshot.page({ board: 'copy', sort: 'copyReturn', limit: 99 }).entries;
    expect(all.some(({ trader: id }) => id === 1_003)).toBe(false);
  });
  it('filters, keeps the rank of the whole board, and gives unknown values as null', () => {
    const snapshot = published();
    const page = snapshot.page({
      board: 'copy',
      filters: [{ metric: 'equity', least: 3_500, most: 5_000 }],
      limit: 10,
    });
    expect(page.entries.map(({ trader: id, rank }) => [id, rank])).toEqual([
      [1_003, 4],
      [1_004, 5],
    ]);
    expect(page.entries[0]?.metrics.copyReturn).toBeNull();
    expect(page.cursor).toBeNull();
  });
  it('tells where each trader stands as the board that was published does', () => {
    const { leaderboard, board } = ranked();
    const snapshot = published({ leaderboard, board });
    const proven = provenRows(board);
    expect(proven.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(3);
    const copy = [...board.copyOrder.subarray(0, board.copyRanked)];
    const classic = [...board.classicOrder.subarray(0, board.classicRanked)];
    for (let row = 0; row < 31; row++) {
      const place = copy.indexOf(row);
      expect(snapshot.standingOf(1_000 + row)).toEqual({
        copyRank: place < 0 ? null : place + 1,
        copyScore: place < 0 ? null : board.copyScore[row],
        classicRank: classic.indexOf(row) + 1,
        classicScore: board.classicScore[row],
        evidence: evidenceOf(board, row, place),
        proven: proven[row] === 1,
      });
    }
    expect(snapshot.standingOf(999)).toBeUndefined();
    const first = snapshot.page({ board: 'classic', limit: 31 }).entries.find((one) => one.trader === 1_001);
    expect(first?.evidence).toEqual(evidenceOf(board, 1, copy.indexOf(1)));
    expect(first?.proven).toBe(true);
  });
  it("ranks nobody by too few days, for a follower's own terms either", () => {
    const leaderboard = new Leaderboard(64);
    for (let k = 0; k < 3; k++) leaderboard.set(1_000 + k, 90, { ...trader(k), days: k === 1 ? 20 : 19 });
    leaderboard.rank();
    const board = leaderboard.boards.get(90);
    if (!board) throw new Error('no 90-day board');
    const snapshot = published({ leaderboard, board });
    const ids = (terms?: { takerBp: number }) =>
      snapshot.page({ board: 'copy', limit: 9, ...(terms && { terms }) }).entries.map(({ trader: id }) => id);
    expect(ids()).toEqual([1_001]);
    expect(ids({ takerBp: 3 })).toEqual([1_001]);
    expect(snapshot.ranked('copy', { takerBp: 3 })).toBe(1);
    expect(snapshot.standingOf(1_000)).toMatchObject({ copyRank: null, evidence: { level: 'none' } });
  });
  it('refuses more traders than it holds', () => {
    const small = new Leaderboard(1);
    small.rowOf(5);
    expect(small.rowOf(5)).toBe(0);
    expect(() => small.rowOf(6)).toThrow(/build a larger one/);
  });
});
