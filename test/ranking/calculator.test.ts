/** What a run of the calculator owes to the one before, when that failed, and to writers who commit late. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CoinTable } from '../../src/domain/listed_coin.ts';
import { TraderHistory } from '../../src/domain/metrics/history.ts';
import { WINDOWS } from '../../src/domain/metrics/window.ts';
import { microUsd } from '../../src/domain/money.ts';
import type { InfoClient } from '../../src/hyperliquid/transport.ts';
import { Calculator } from '../../src/ranking/calculator.ts';
import { HourlyPrices } from '../../src/ranking/hourly_prices.ts';
import { packRecord, RECORD_FORMAT } from '../../src/ranking/record.ts';
import { BoardSnapshot } from '../../src/ranking/snapshot.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { readBoardBytes } from '../../src/store/board_bytes.ts';
import type { Database, Queryable } from '../../src/store/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

let test: TestDatabase;
const never = new AbortController().signal;
const DAY_MS = 86_400_000;
/** No coin is listed, so nobody asks for a price. */
const coins = new CoinTable([]);
const prices = new HourlyPrices(undefined as unknown as InfoClient);

beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(() => test?.close());

/** Traders `from` to `to`, each with the record of an account that did nothing for a month. */
async function addTraders(from: number, to: number, format = RECORD_FORMAT): Promise<void> {
  const history = new TraderHistory({ slippageBp: () => 0 });
  const now = systemClock.now();
  for (let age = 30; age > 0; age--)
    history.equity({ time: now - age * DAY_MS, equity: microUsd(1_000_000_000), unrealised: microUsd(0) });
  await test.database.query(
    `INSERT INTO traders SELECT id, decode(lpad(to_hex(id), 40, '0'), 'hex'), 0, $1, 1, 1, 1, 1, NULL
     FROM generate_series($2::int8, $3::int8) AS id`,
    [now, from, to],
  );
  await test.database.query(
    `INSERT INTO trader_records (trader_id, through, format, record)
     SELECT id, $1, $2, $3 FROM generate_series($4::int8, $5::int8) AS id`,
    [now, format, packRecord({ history, cash: 0 }), from, to],
  );
}

const calculatorOn = (database: Database) =>
  new Calculator({ database, prices, clock: systemClock, log: silentLogger });

/** Gives the trader's record a new version, as every writer of records does. */
const touch = (db: Queryable, trader: number) =>
  db.query(`UPDATE trader_records SET version = nextval('trader_record_versions') WHERE trader_id = $1`, [
    trader,
  ]);

/** Traders without a row of the version that their record has, in one window or more. */
async function withoutRow(): Promise<number[]> {
  const { rows } = await test.database.query<{ trader_id: number }>(
    `SELECT trader_id FROM trader_records r WHERE $1 <> (
       SELECT count(*) FROM leaderboard_metrics m
       WHERE m.trader_id = r.trader_id AND m.record_version = r.version)
     ORDER BY trader_id`,
    [WINDOWS.length],
  );
  return rows.map((row) => row.trader_id);
}

async function publishedTraders(): Promise<number> {
  const bytes = await readBoardBytes(test.database, 90);
  if (bytes === undefined) throw new Error('no board was published');
  return new BoardSnapshot(bytes).header.size;
}

it('writes the rows of a run whose publication failed', async () => {
  await addTraders(1, 5);
  let failures = 1;
  const database: Database = {
    ...test.database,
    transaction: (body, options) =>
      failures-- > 0
        ? Promise.reject(new Error('the disk is full'))
        : test.database.transaction(body, options),
  };
  const calculator = calculatorOn(database);
  await expect(calculator.run(true, coins, never)).rejects.toThrow('the disk is full');
  await touch(test.database, 3);
  expect(await calculator.run(true, coins, never)).toMatchObject({ computed: true, traders: 5, changed: 5 });
  expect(await publishedTraders()).toBe(5);
  expect(await withoutRow()).toEqual([]);
  expect(await calculator.run(true, coins, never)).toMatchObject({ computed: false, changed: 0 });
});

it('writes the rows of what a run computed before its time was up', async () => {
  // More than are read at a time.
  await addTraders(1, 60);
  const timeUp = new AbortController();
  const database: Database = {
    ...test.database,
    query: async (text, params, name) => {
      const result = await test.database.query(text, params, name);
      if (name === 'read_records') timeUp.abort(new Error('time is up'));
      return result as never;
    },
  };
  const calculator = calculatorOn(database);
  await expect(calculator.run(true, coins, timeUp.signal)).rejects.toThrow('time is up');
  expect(await calculator.run(true, coins, never)).toMatchObject({
    computed: true,
    traders: 60,
    changed: 60,
  });
  expect(await publishedTraders()).toBe(60);
  expect(await withoutRow()).toEqual([]);
});

it('takes in a version that was committed after a later one had been read', async () => {
  await addTraders(1, 3);
  const calculator = calculatorOn(test.database);
  await calculator.run(true, coins, never);
  const late = await test.database.pool.connect();
  try {
    await late.query('BEGIN');
    await touch(late as unknown as Queryable, 1);
    await touch(test.database, 2);
    expect(await calculator.run(false, coins, never)).toMatchObject({ computed: true, changed: 1 });
    // Nothing is new while it is open, and nothing is computed.
    expect(await calculator.run(false, coins, never)).toMatchObject({ computed: false });
    await late.query('COMMIT');
  } finally {
    late.release();
  }
  expect(await withoutRow()).toEqual([1]);
  expect(await calculator.run(false, coins, never)).toMatchObject({ computed: true, changed: 1 });
  expect(await withoutRow()).toEqual([]);
  expect(await calculator.run(false, coins, never)).toMatchObject({ computed: false });
  // A process that starts has the same boards, and knows it.
  expect(await calculatorOn(test.database).run(false, coins, never)).toMatchObject({ computed: false });
});

it('keeps everybody on a board that is made larger, whatever has been lost of the rows', async () => {
  await addTraders(1, 5);
  const calculator = calculatorOn(test.database);
  await calculator.run(true, coins, never);
  await test.database.query('DELETE FROM leaderboard_metrics');
  // With the first five more than the least that a board holds; none of them can be read.
  await addTraders(6, 4_100, RECORD_FORMAT - 1);
  expect(await calculator.run(true, coins, never)).toMatchObject({ traders: 5, changed: 5 });
  expect(await publishedTraders()).toBe(5);
  expect(await calculator.run(true, coins, never)).toMatchObject({ computed: false });
});
