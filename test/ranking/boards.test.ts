import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CoinTable } from '../../src/domain/listed_coin.ts';
import type { CopyTotals } from '../../src/domain/metrics/copy_totals.ts';
import { WINDOWS } from '../../src/domain/metrics/window.ts';
import { folderSource } from '../../src/hyperliquid/archive/source.ts';
import { backfill } from '../../src/ranking/backfill.ts';
import { Calculator } from '../../src/ranking/calculator.ts';
import { HourlyPrices } from '../../src/ranking/hourly_prices.ts';
import { importArchive } from '../../src/ranking/import_archive.ts';
import { unpackRecord } from '../../src/ranking/record.ts';
import { BoardSnapshot } from '../../src/ranking/snapshot.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { writeArchive } from '../../src/simulator/population/archive.ts';
import { readBoardBytes } from '../../src/store/board_bytes.ts';
import { readCoins } from '../../src/store/coins.ts';
import { readTraderMetrics } from '../../src/store/read_leaderboard.ts';
import { readDetails } from '../../src/store/trader_details.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type RankingRig, startRankingRig } from './rig.ts';

let test: TestDatabase;
let rig: RankingRig;
let prices: HourlyPrices;
const DAY_MS = 86_400_000;
const never = new AbortController().signal;

beforeAll(async () => {
  test = await createTestDatabase();
  rig = await startRankingRig(test.database, { traders: 60, days: 45 });
  prices = new HourlyPrices(rig.info);
}, 900_000);

afterAll(async () => {
  await rig?.close();
  await test?.close();
});

const reading = () => ({
  database: test.database,
  info: rig.info,
  prices,
  clock: systemClock,
  log: silentLogger,
  concurrency: 4,
});

it('reads every past, and the account values are explained to the cent', { timeout: 300_000 }, async () => {
  const report = await backfill(reading(), never);
  expect(report).toMatchObject({ wanted: rig.accounts.length, read: rig.accounts.length, failed: 0 });
  // Fast actors and newcomers are looked at once, and read when everybody else is.
  expect(report.putOff).toBeGreaterThan(0);
  const { rows } = await test.database.query<{
    readonly address: Buffer;
    readonly reconciled: boolean | null;
  }>(
    `SELECT address, state, reconciled, why_truncated, fill_count, funding_count, ledger_count
     FROM trader_history JOIN traders USING (trader_id)`,
  );
  expect(rows.filter((row) => row.reconciled !== true)).toEqual([]);
});

it('takes the balance of a unified account for its equity, its deposits for flows, and remembers the mode', {
  timeout: 300_000,
}, async () => {
  const { database } = test;
  const unified = rig.accounts.filter(({ member }) => member.terms.unified);
  expect(unified.length).toBeGreaterThan(0);
  const { rows } = await database.query<{ address: string; mode: string; record: Buffer }>(
    `SELECT '0x' || encode(address, 'hex') AS address, mode, record
     FROM account_modes JOIN traders USING (trader_id) JOIN trader_records USING (trader_id)`,
  );
  expect(rows.map(({ address, mode }) => [address, mode]).sort()).toEqual(
    unified.map(({ member }) => [member.address.toLowerCase(), 'unifiedAccount']).sort(),
  );
  for (const { address, record } of rows) {
    const account = unified.find(({ member }) => member.address.toLowerCase() === address);
    if (account === undefined) throw new Error(`${address} is nobody's`);
    const { history } = unpackRecord(record, { slippageBp: () => 0 });
    const flows = [...history.days.values()].reduce((sum, day) => sum + day.flows, 0);
    expect(flows).toBe(account.fold.netFlow - account.opening.usd);
    // A minute of trading lies between.
    const value = account.values.at(-1) ?? Number.NaN;
    expect(Math.abs((history.chain.lastEquity ?? 0) - value)).toBeLessThan(0.1 * value);
  }
});

it('publishes the boards of all windows, and computes nothing when nothing moved', {
  timeout: 300_000,
}, async () => {
  const calculator = new Calculator({
    database: test.database,
    prices,
    clock: systemClock,
    log: silentLogger,
  });
  const coins = new CoinTable(await readCoins(test.database));
  const first = await calculator.run(true, coins, never);
  expect(first).toMatchObject({ computed: true, traders: rig.accounts.length, changed: rig.accounts.length });
  expect(await calculator.run(true, coins, never)).toMatchObject({ computed: false });
  for (const window of WINDOWS) {
    const bytes = await readBoardBytes(test.database, window ?? 0);
    if (bytes === undefined) throw new Error('no board was published');
    const board = new BoardSnapshot(bytes);
    expect(board.header.size).toBe(rig.accounts.length);
    const { rows } = await test.database.query<{ traders: number; copy_ranked: number }>(
      'SELECT traders, copy_ranked FROM leaderboard_snapshots WHERE window_days = $1',
      [window ?? 0],
    );
    const { size, copyRanked } = board.header;
    expect(rows).toEqual([{ traders: size, copy_ranked: copyRanked }]);
    const scores = await test.database.query<{ trader_id: number; trader_score: number | null }>(
      'SELECT trader_id, trader_score FROM leaderboard_metrics WHERE window_days = $1',
      [window ?? 0],
    );
    expect(scores.rows.some((row) => row.trader_score !== null)).toBe(true);
    for (const row of scores.rows) {
      const told = board.standingOf(row.trader_id)?.classicScore ?? null;
      expect(row.trader_score).toBe(told === null ? null : Math.round(told * 1e6) / 1e6);
    }
    const best = board.page({ board: 'copy', limit: 200 }).entries.slice(0, copyRanked);
    const { rows: asked } = await test.database.query<{ trader_id: number }>(
      'SELECT trader_id FROM account_modes WHERE checked_at IS NULL',
    );
    expect(asked.map((row) => row.trader_id)).toEqual(
      expect.arrayContaining(best.map((entry) => entry.trader)),
    );
  }
  // Another process that starts has the same boards without reading a record again.
  const other = new Calculator({ database: test.database, prices, clock: systemClock, log: silentLogger });
  expect(await other.run(true, coins, never)).toMatchObject({ computed: true, changed: 0 });
});

it("compares copies with their leaders, and takes more of a large follower's", async () => {
  const bytes = await readBoardBytes(test.database, 0);
  if (bytes === undefined) throw new Error('no board was published');
  const board = new BoardSnapshot(bytes);
  const query = { board: 'copy', limit: 200 } as const;
  const usual = board.page(query).entries;
  expect(usual.length).toBeGreaterThan(0);
  for (const { trader, metrics } of usual) {
    expect(metrics.reproduced).toBeGreaterThan(0);
    expect(metrics.scale).toBeCloseTo(1_000 / (metrics.equity ?? 0), 6);
    if (metrics.copyRatio !== null) expect(metrics.copyRatio).toBeLessThan(1);
    const details = (await readDetails(test.database, [trader])).get(trader);
    const stored = await readTraderMetrics(test.database, trader, 0);
    if (stored === undefined) throw new Error('nothing is stored of it');
    const { totals } = stored.explanation as { totals: CopyTotals };
    const told = board.follower(trader, { totals, details }, {});
    expect(told.outcome?.net).toBeCloseTo(metrics.copyReturn ?? Number.NaN, 5);
    if (metrics.copyRatio !== null) expect(told.copyRatio).toBeCloseTo(metrics.copyRatio, 3);
    expect(Math.abs((told.reproduced ?? 0) - (metrics.reproduced ?? 1))).toBeLessThan(0.25);
    const large = board.follower(trader, { totals, details }, { equityUsd: 16_000 });
    expect(large.outcome?.impact).toBeCloseTo(4 * (told.outcome?.impact ?? Number.NaN), 9);
    expect(large.outcome?.impact).toBeGreaterThan(0);
  }
});

it('publishes again what a crash of the database has emptied', { timeout: 300_000 }, async () => {
  const { database } = test;
  const calculator = new Calculator({ database, prices, clock: systemClock, log: silentLogger });
  const coins = new CoinTable(await readCoins(database));
  await calculator.run(true, coins, never);
  const before = await readBoardBytes(database, 90);
  // What is unlogged is empty after a crash: heads and parts.
  for (const table of ['leaderboard_snapshots', 'leaderboard_parts_0', 'leaderboard_parts_1'])
    await database.query(`DELETE FROM ${table}`);
  expect(await readBoardBytes(database, 90)).toBeUndefined();
  expect(await calculator.run(false, coins, never)).toMatchObject({ computed: true, changed: 0 });
  const after = await readBoardBytes(database, 90);
  if (before === undefined || after === undefined) throw new Error('no board was published');
  const query = { board: 'copy', limit: 200 } as const;
  expect(new BoardSnapshot(after).page(query).entries).toEqual(new BoardSnapshot(before).page(query).entries);
});

it('notes ranks once an hour, whoever computes', { timeout: 300_000 }, async () => {
  const { database } = test;
  const coins = new CoinTable(await readCoins(database));
  const times = async () => (await database.query('SELECT DISTINCT time FROM rank_times')).rows.length;
  expect(await times()).toBe(1);
  const start = systemClock.now();
  const at = async (ms: number) => {
    const clock = { ...systemClock, now: () => start + ms };
    const calculator = new Calculator({ database, prices, clock, log: silentLogger });
    await calculator.run(true, coins, never);
    return times();
  };
  expect(await at(50 * 60_000)).toBe(1);
  expect(await at(61 * 60_000)).toBe(2);
});

it('begins a record earlier whose first fills only the archive still has', { timeout: 300_000 }, async () => {
  const { database } = test;
  const folder = await mkdtemp(join(tmpdir(), 'forgotten-'));
  const known = async () =>
    (
      await database.query<{ address: string; since: number; fills: number; reconciled: boolean }>(
        `SELECT '0x' || encode(address, 'hex') AS address, complete_since AS since, fill_count AS fills, reconciled
         FROM trader_history JOIN traders USING (trader_id) WHERE why_truncated = 'VENUE_KEEPS_10000_FILLS'
         ORDER BY trader_id`,
      )
    ).rows;
  try {
    const before = await known();
    expect(before.length).toBeGreaterThan(0);
    await writeArchive(rig.records, folder);
    const source = folderSource(folder);
    const now = systemClock.now();
    const hours = { from: Math.min(...before.map(({ since }) => since)) - DAY_MS, to: now };
    const report = await importArchive(
      { database, source, clock: systemClock, ...hours, everybody: false, again: false },
      never,
    );
    expect(report).toMatchObject({ unread: 0, reread: before.length });
    expect(await backfill(reading(), never)).toMatchObject({ read: before.length, failed: 0 });
    const after = await known();
    for (const [i, { address, since, fills, reconciled }] of after.entries()) {
      const account = rig.accounts.find(({ member }) => member.address.toLowerCase() === address);
      if (account === undefined) throw new Error(`${address} is nobody's`);
      const told = rig.records.fills(account);
      // And what it did since the simulated exchange began.
      expect(fills).toBeGreaterThanOrEqual(told.length);
      expect(reconciled).toBe(true);
      expect(since).toBe((told[0]?.time ?? 0) - 1);
      expect(since).toBeLessThan(before[i]?.since ?? 0);
    }
    expect(after).toHaveLength(before.length);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
