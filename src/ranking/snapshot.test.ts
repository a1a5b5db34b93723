import { describe, expect, it } from 'vitest';
import type { BoardPlace } from '../domain/boards.ts';
import type { Page, PageQuery } from './board_page.ts';
import { evidenceOf, provenRows } from './evidence.ts';
import type { Features } from './features.ts';
import { Leaderboard } from './leaderboard.ts';
import { BoardSnapshot } from './snapshot.ts';
import { FIRST_TERMS, type SnapshotHeader, sharedParts, snapshotParts, TERMS } from './snapshot_parts.ts';

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
    copyTurnover: 2,
    copyGain: 0.01,
    copyGainSquare: 0.0003,
    copySpread: 0.03,
    copyImpact: 1e-5 * (k + 1),
    copyGross: 0.0005,
    quarterCapitalUsd: 50 * (k + 1),
    halfCapitalUsd: 100 * (k + 1),
    mostCapitalUsd: 200 * (k + 1),
    minCapitalUsd: 400 * (k + 1),
    maxCapitalUsd: Number.NaN,
  }) as Features;

function ranked() {
  const leaderboard = new Leaderboard(64);
  for (let k = 0; k < 31; k++) leaderboard.set(1_000 + k, 90, trader(k));
  leaderboard.rank();
  const board = leaderboard.boards.get(90);
  if (!board) throw new Error('no 90-day board');
  return { leaderboard, board };
}

const bytesOf = ({ leaderboard, board } = ranked()): Buffer =>
  Buffer.concat([...snapshotParts(board, leaderboard.size, 7, 1_000), ...sharedParts(leaderboard)]);

const opened = (bytes: Buffer): BoardSnapshot =>
  new BoardSnapshot(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer);

const published = (from = ranked()): BoardSnapshot => opened(bytesOf(from));

describe('a published board', () => {
  it('pages through every ranked trader once, in order', () => {
    const snapshot = published();
    const seen: number[] = [];
    let cursor: BoardPlace | null | undefined;
    while (cursor !== null) {
      const page: Page = snapshot.page({ board: 'copy', limit: 7, ...(cursor && { cursor }) });
      expect(page.version).toBe(7);
      seen.push(...page.entries.map(({ trader: id }) => id));
      expect(page.entries.map(({ rank }) => rank)).toEqual(
        page.entries.map((_, k) => seen.length - page.entries.length + k + 1),
      );
      cursor = page.cursor;
    }
    expect(seen).toEqual(Array.from({ length: 31 }, (_, k) => 1_000 + k).filter((id) => id % 10 !== 9));
  });
  it('goes on behind the last trader of a page when the board was replaced meanwhile', () => {
    const before = published();
    const { leaderboard, board } = ranked();
    // The three best leave: everybody moves up.
    for (let k = 0; k < 3; k++) leaderboard.set(1_000 + k, 90, { ...trader(k), hedged: 1 });
    leaderboard.rank();
    const after = opened(
      Buffer.concat([...snapshotParts(board, leaderboard.size, 8, 2_000), ...sharedParts(leaderboard)]),
    );
    const last = ({ entries }: Page) => entries.at(-1)?.trader;
    for (const query of [
      { board: 'copy', limit: 6 },
      { board: 'copy', limit: 6, sort: 'equity', ascending: true },
    ] as const) {
      const first = before.page(query);
      expect(last(first)).toBe(1_005);
      const { cursor } = first;
      const next = after.page({ ...query, ...(cursor && { cursor }) });
      expect(next.entries.map((one) => one.trader)).toEqual([1_006, 1_007, 1_008, 1_010, 1_011, 1_012]);
    }
    // A page that ended with one who left goes on where it was.
    const { cursor } = before.page({ board: 'copy', limit: 2 });
    expect(after.page({ board: 'copy', limit: 1, ...(cursor && { cursor }) }).entries[0]?.trader).toBe(1_005);
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
  it('compares a copy with its leader, for a standard follower and for any other', () => {
    const snapshot = published();
    const [first] = snapshot.page({ board: 'copy', limit: 1 }).entries;
    // Of an account of $1,000 who earned 5 bp a day on 60 days; $1,000 is beyond the $400 from which a copy is whole.
    expect(first?.metrics).toMatchObject({ copyRatio: 0, scale: 1 });
    expect(first?.metrics.reproduced).toBeCloseTo(0.98, 6);
    const usual = snapshot.page({ board: 'copy', limit: 40 }).entries;
    const shares = [1_004, 1_008, 1_010, 1_025].map((id) => usual.find((one) => one.trader === id)?.metrics);
    [0.75, 0.5 + (0.25 * Math.log(1_000 / 900)) / Math.LN2, 0.45, 0.25 / 1.3].forEach((share, k) => {
      expect(shares[k]?.reproduced).toBeCloseTo(share, k === 2 ? 1 : 5);
    });
    const mine = (equityUsd: number, more: Partial<PageQuery> = {}) =>
      snapshot.page({ board: 'copy', limit: 40, terms: { equityUsd }, ...more }).entries;
    const small = mine(500);
    expect(small.map(({ trader: id }) => id)).toEqual([1_000]);
    const large = mine(20_000);
    const fifth = large.find(({ trader: id }) => id === 1_004)?.metrics;
    expect(fifth?.scale).toBeCloseTo(4, 6);
    // Impact is 5e-5 a day, sqrt(20) times as much here.
    expect(fifth?.copyReturn).toBeCloseTo(0.004 - 60 * 5e-5 * (Math.sqrt(20) - 1), 6);
    expect(fifth?.copyRatio).toBeCloseTo((fifth?.copyReturn ?? 0) / (60 * 0.0005), 6);
    const ids = (sort: PageQuery['sort']) =>
      mine(20_000, { ...(sort && { sort }) }).map(({ trader: id }) => id);
    expect(ids('scale').slice(0, 3)).toEqual([1_000, 1_001, 1_002]);
    expect(ids('reproduced').slice(0, 3)).toEqual([1_000, 1_001, 1_002]);
    expect(ids('copyRatio')).not.toContain(1_003);
    const bound = mine(20_000, { filters: [{ metric: 'scale', least: 4 }] });
    expect(bound.map(({ trader: id }) => id)).toEqual([1_000, 1_001, 1_002, 1_003, 1_004]);
    // Whoever is kept off for a hedge has an account, but no copy is worked out.
    const gated = snapshot
      .page({ board: 'classic', limit: 40 })
      .entries.find(({ trader: id }) => id === 1_009);
    expect(gated?.metrics).toMatchObject({ copyRatio: null, reproduced: null, scale: expect.any(Number) });
  });
  it('tells one follower the exact figures and his place', () => {
    const snapshot = published();
    const totals = { days: 60, gains: 0.05, losses: 0.02, turnover: 120, slippage: 0.01, impact: 0.004 };
    const known = {
      totals: { ...totals, holdMs: 9e6 },
      details: { base: { episodes: [], minutes: [], loads: [], held: [[0.5, 1]] }, seen: null },
    };
    const told = snapshot.follower(1_004, known, { equityUsd: 4_000, takerBp: 1, latencyMs: 0 });
    expect(told).toMatchObject({ equityUsd: 4_000, takerBp: 1, latencyMs: 0, scale: 0.8, reproduced: 1 });
    expect(told.outcome?.impact).toBeCloseTo(0.008, 12);
    expect(told.outcome?.net).toBeCloseTo(0.03 - 0.012 - 0.006 - 0.008, 12);
    expect(told.copyRatio).toBeCloseTo(told.outcome ? told.outcome.net / 0.03 : 0, 12);
    expect(told.curve.map(({ delayMs }) => delayMs)).toEqual([0, 1_000, 3_000, 10_000, 60_000]);
    expect(told.curve[0]?.copyRatio).toBe(told.copyRatio);
    expect(told.curve[4]?.copyRatio ?? 1).toBeLessThan(told.curve[3]?.copyRatio ?? 0);
    const board = snapshot.page({
      board: 'copy',
      limit: 40,
      terms: { equityUsd: 4_000, takerBp: 1, latencyMs: 0 },
    });
    const entry = board.entries.find(({ trader: id }) => id === 1_004);
    expect(told.place).toEqual({
      rank: entry?.rank,
      of: board.entries.length,
      score: entry?.metrics.copyScore,
    });
    const nobody = snapshot.follower(999, { totals: null, details: undefined }, {});
    expect(nobody).toMatchObject({
      place: null,
      scale: null,
      reproduced: null,
      outcome: null,
      copyRatio: null,
    });
  });
  it('reckons a delay with the hold of the window, not with that of the gates', () => {
    const leaderboard = new Leaderboard(64);
    // Within the window positions are held for ten minutes.
    leaderboard.set(1_000, 30, { ...trader(0), copyHoldMs: 600_000 });
    leaderboard.rank();
    const board = leaderboard.boards.get(30);
    if (!board) throw new Error('no 30-day board');
    const terms = { latencyMs: 60_000 };
    const [entry] = published({ leaderboard, board }).page({ board: 'copy', limit: 1, terms }).entries;
    const more = Math.exp(-58_500 / (0.15 * 600_000)) - 1;
    expect(entry?.metrics.copyReturn).toBeCloseTo(60 * 0.01 * more, 6);
  });
  it('gives no rank to whom CAPACITY keeps off, unless the follower is smaller', () => {
    const leaderboard = new Leaderboard(64);
    for (let k = 0; k < 4; k++) {
      const thin = k === 1 ? { capacityShare: 0.5, maxCapitalUsd: 900 } : {};
      leaderboard.set(1_000 + k, 90, { ...trader(k), minCapitalUsd: 400, ...thin });
    }
    leaderboard.rank();
    const board = leaderboard.boards.get(90);
    if (!board) throw new Error('no 90-day board');
    const snapshot = published({ leaderboard, board });
    const ids = (terms?: PageQuery['terms']) =>
      snapshot.page({ board: 'copy', limit: 9, ...(terms && { terms }) }).entries.map(({ trader: id }) => id);
    expect(ids()).toEqual([1_000, 1_002, 1_003]);
    expect(ids({ takerBp: 3 })).toEqual(ids());
    expect(ids({ equityUsd: 800 })).toContain(1_001);
    const unknown = { totals: null, details: undefined };
    for (const terms of [{}, { latencyMs: 1_500 }]) {
      const place = (id: number) => snapshot.follower(id, unknown, terms).place;
      expect(place(1_001)).toBeNull();
      const { copyRank, copyScore } = snapshot.standingOf(1_002) ?? {};
      expect(place(1_002)).toEqual({ rank: copyRank, of: 3, score: copyScore });
    }
  });
  it('has no score of whoever is not on a board, to sort and filter the other by', () => {
    const snapshot = published();
    const page = (more: Partial<PageQuery>) =>
      snapshot.page({ board: 'classic', limit: 40, ...more }).entries.map(({ metrics }) => metrics.copyScore);
    expect(page({})).toContain(null);
    for (const scores of [
      page({ sort: 'copyScore', ascending: true }),
      page({ filters: [{ metric: 'copyScore', most: 1 }] }),
    ]) {
      expect(scores.length).toBe(28);
      expect(scores).not.toContain(null);
      for (const score of scores) expect(score).toBeGreaterThan(-500);
    }
  });
  it('says the same of a row that was refreshed as of one that was ranked', () => {
    const { leaderboard, board } = ranked();
    const wanted = published({ leaderboard, board });
    const other = new Leaderboard(64);
    for (let k = 0; k < 31; k++) other.set(1_000 + k, 90, trader(k === 5 ? 20 : k));
    other.rank();
    other.set(1_005, 90, trader(5));
    other.refresh([1_005]);
    const refreshed = other.boards.get(90);
    if (!refreshed) throw new Error('no 90-day board');
    // The prior stays that of the last full pass.
    refreshed.prior = board.prior;
    refreshed.priorWithoutBest = board.priorWithoutBest;
    other.refresh(Array.from({ length: 31 }, (_, k) => 1_000 + k));
    const had = published({ leaderboard: other, board: refreshed });
    for (const terms of [undefined, { equityUsd: 9_000, takerBp: 2 }]) {
      const query = { board: 'copy', limit: 40, ...(terms && { terms }) } as const;
      const figures = ({ entries }: Page) =>
        entries.map(({ trader: id, metrics }) => ({ id, ...metrics, classicScore: 0 }));
      expect(figures(had.page(query))).toEqual(figures(wanted.page(query)));
    }
  });
  it('reads a board from before its columns were named', () => {
    const bytes = bytesOf();
    const end = bytes.indexOf(0x0a);
    const { terms, ...header } = JSON.parse(bytes.subarray(0, end).toString()) as SnapshotHeader;
    expect(terms).toEqual(TERMS);
    const pad = (n: number) => 8 * Math.ceil(n / 8);
    const before =
      pad(2 * header.size) + header.metrics.length * pad(4 * header.size) + pad(4 * header.candidates);
    const start = pad(end + 1) + before + FIRST_TERMS.length * pad(4 * header.candidates);
    const text = JSON.stringify(header);
    const old = Buffer.concat([
      Buffer.from(`${text}\n`.padEnd(pad(text.length + 1))),
      bytes.subarray(pad(end + 1), start),
      bytes.subarray(start + (TERMS.length - FIRST_TERMS.length) * pad(4 * header.candidates)),
    ]);
    const query = { board: 'copy', limit: 40 } as const;
    const unknown = (page: Page) =>
      page.entries.map(({ trader: id, metrics }) => ({ id, ...metrics, copyRatio: null, reproduced: null }));
    expect(unknown(opened(old).page(query))).toEqual(unknown(published().page(query)));
    expect(opened(old).page(query).entries[0]?.metrics.copyRatio).toBeNull();
    expect(opened(old).page({ ...query, terms: { equityUsd: 5_000 } }).entries).not.toHaveLength(0);
  });
  it('refuses more traders than it holds', () => {
    const small = new Leaderboard(1);
    small.rowOf(5);
    expect(small.rowOf(5)).toBe(0);
    expect(() => small.rowOf(6)).toThrow(/build a larger one/);
  });
});
