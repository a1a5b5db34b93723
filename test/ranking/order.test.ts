/** Whose past is read first. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { replaceHints } from '../../src/store/history_hints.ts';
import { ensureDayPartitions, utcDay } from '../../src/store/partitions.ts';
import {
  claimHistories,
  endHistoryRead,
  historiesDue,
  putOffHistory,
  reviewWanted,
  wantHistories,
} from '../../src/store/trader_history.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

let test: TestDatabase;
const now = systemClock.now();
const HOUR = 3_600_000;

const trader = (id: number, trades: number, notional: number, seen = now - 1_000) =>
  test.database.query(
    `INSERT INTO traders VALUES ($1, decode(lpad(to_hex($1::int8), 40, '0'), 'hex'), $2, $3, $4, $5, 1, 1, NULL)`,
    [id, now - HOUR, seen, trades, notional],
  );
const equity = (id: number, usd: number) =>
  test.database.query(
    `INSERT INTO account_snapshots (snapshot_id, trader_id, dex, state_time, requested_at, received_at,
       account_value_usd, notional_usd, margin_used_usd, withdrawable_usd, coin_ids, sizes, entry_prices)
     VALUES ($1, $1, '', $2, $2, $2, $3, 0, 0, 0, '{}', '{}', '{}')`,
    [id, now, usd],
  );
const claimAll = async () => {
  const ids: number[] = [];
  for (;;) {
    const [claim] = await claimHistories(test.database, now, 1, HOUR);
    if (claim === undefined) return ids;
    ids.push(claim.traderId);
  }
};

beforeAll(async () => {
  test = await createTestDatabase();
  await ensureDayPartitions(test.database, 'account_snapshots', [utcDay(now)]);
});
afterAll(() => test?.close());

it('goes by equity and size of trade; who trades too fast, too small or no more goes last or not at all', async () => {
  const { database } = test;
  await trader(1, 3, 3_000);
  await trader(2, 3, 3_000);
  await equity(2, 90_000);
  // A market maker of twenty million, four hundred fills an hour.
  await trader(3, 400, 5e7);
  await equity(3, 2e7);
  await trader(4, 3, 3_000);
  await equity(4, 40);
  await trader(5, 3, 3_000, now - 8 * 24 * HOUR);
  await trader(6, 3, 10);
  await database.query('INSERT INTO watchlist VALUES (6, 0)');
  // Not audited yet, but the venue's own leaderboard has seen half a million.
  await trader(7, 3, 3_000);
  const hint = {
    address: `0x${'7'.padStart(40, '0')}`,
    accountValueUsd: 5e5,
    monthVolumeUsd: 1,
    monthReturn: 0.1,
  };
  await replaceHints(database, [hint], now);
  const week = { now, seenAfter: now - 7 * 24 * HOUR, limit: 50 };
  expect(await wantHistories(database, week)).toBe(6);
  expect(await wantHistories(database, week)).toBe(0);
  expect(await historiesDue(database, now)).toBe(true);
  expect(await claimAll()).toEqual([6, 7, 2, 1, 4, 3]);
});

it('leaves a past that begins too late to judge for when nobody else waits, until it is old enough', async () => {
  const { database } = test;
  await database.query('UPDATE trader_history SET claimed_until = 0');
  await putOffHistory(database, 7, now - 27 * 24 * HOUR);
  await reviewWanted(database, now);
  const [first, ...others] = await claimHistories(database, now, 10, HOUR);
  expect([
    first?.reachesFrom,
    others.map(({ reachesFrom }) => reachesFrom).filter((at) => at !== null),
  ]).toEqual([null, [now - 27 * 24 * HOUR]]);
  await database.query('UPDATE trader_history SET claimed_until = 0');
  expect(await claimAll()).toEqual([6, 2, 1, 4, 3, 7]);
  await database.query('UPDATE trader_history SET claimed_until = 0');
  await reviewWanted(database, now + 24 * HOUR);
  expect((await claimAll()).slice(0, 2)).toEqual([6, 7]);
  await database.query('UPDATE trader_history SET reaches_from = NULL');
});

it('looks again when audits come in, and asks again where the feed did not suffice', async () => {
  const { database } = test;
  await database.query('UPDATE trader_history SET claimed_until = 0');
  await equity(1, 5_000_000);
  await reviewWanted(database, now);
  expect((await claimAll()).slice(0, 3)).toEqual([6, 1, 7]);
  const read = {
    state: 'complete' as const,
    completeSince: null,
    whyTruncated: null,
    fills: 1,
    fundings: 0,
    flows: 0,
    holes: [],
    reconciled: true,
    readAt: now,
    through: now,
    nextAt: now,
  };
  for (const traderId of [1, 2, 3, 4, 6, 7]) await endHistoryRead(database, { traderId, ...read }, false);
  // Nobody has traded since.
  expect(await claimAll()).toEqual([]);
  await database.query(`UPDATE trader_history SET feed_failed = 'MONEY' WHERE trader_id = 2`);
  await database.query('UPDATE trader_history SET rebuild = true WHERE trader_id = 3');
  const claims = await claimHistories(database, now, 10, HOUR);
  // One goes on from what was read, the other begins anew.
  expect(claims.map(({ traderId, through }) => [traderId, through])).toEqual([
    [2, now],
    [3, null],
  ]);
});
