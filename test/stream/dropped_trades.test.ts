import { afterEach, beforeEach, expect, test } from 'vitest';
import { recoverPipeline } from '../../src/main/stream/recovery.ts';
import { databaseSource } from '../../src/main/stream/recovery_source.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { acquireLease } from '../../src/store/leases.ts';
import { loadMigrations } from '../../src/store/migrate.ts';
import { ensureDayPartitions, utcDay } from '../../src/store/partitions.ts';
import { dropTradesBefore, readTradesSince } from '../../src/store/trades.ts';
import { beginLog } from '../api/log.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { populate } from '../tracking/population.ts';

const DAY_MS = 86_400_000;
const NOW = 20_400 * DAY_MS + 5;
const EPOCH = 1;
const COIN = 1;

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
  await populate(db.database, 4);
  await beginLog(db.database, EPOCH);
});
afterEach(() => db.close());

async function store(...trades: readonly (readonly [tradeId: number, time: number])[]): Promise<void> {
  await ensureDayPartitions(
    db.database,
    'trades',
    trades.map(([, time]) => utcDay(time)),
  );
  for (const [tradeId, time] of trades)
    await db.database.query('INSERT INTO trades VALUES ($1, $2, $3, $3, 100, 1, 1, 2, true, $2)', [
      COIN,
      time,
      tradeId,
    ]);
}

/** What a stream that starts now makes of a trade that the venue repeats. */
async function repeated(...trades: readonly (readonly [tradeId: number, time: number])[]): Promise<string[]> {
  const lease = await acquireLease({
    url: db.url,
    name: 'stream',
    holder: 'test',
    clock: systemClock,
    log: silentLogger,
  });
  const source = databaseSource(db.database, lease);
  const { memory } = await recoverPipeline({
    source,
    epoch: EPOCH,
    clock: systemClock,
    random: systemRandom,
  });
  await lease.release();
  return trades.map(([tradeId, time]) => memory.add(COIN, time, tradeId));
}

test('a trade that was dropped is not new when the venue repeats it to the next start', async () => {
  const old = [7, NOW - 5 * DAY_MS] as const;
  await store(old);
  expect(await repeated(old)).toEqual(['duplicate']);
  expect(await dropTradesBefore(db.database, NOW - 3 * DAY_MS)).toHaveLength(1);
  expect(await repeated(old)).toEqual(['too-old']);
});

test('nor beside younger ones of its coin that are kept, whatever days others begin later', async () => {
  const [old, kept, fresh] = [[7, NOW - 5 * DAY_MS] as const, [8, NOW - DAY_MS] as const, [9, NOW] as const];
  await store(old, kept);
  await dropTradesBefore(db.database, NOW - 3 * DAY_MS);
  await ensureDayPartitions(db.database, 'trades', [utcDay(NOW) - 9]);
  expect(await repeated(old, kept, fresh)).toEqual(['too-old', 'duplicate', 'new']);
  // A longer retention brings nothing back.
  await dropTradesBefore(db.database, NOW - 30 * DAY_MS);
  expect(await repeated(old)).toEqual(['too-old']);
});

test('the trades of an earlier version begin with the oldest day that is left', async () => {
  await store([7, NOW]);
  await db.database.query('ALTER TABLE stream_state DROP COLUMN trades_since');
  const migrations = await loadMigrations();
  await db.database.query(migrations.find((one) => one.name === '0023_trades_since.sql')?.sql ?? '');
  expect(await readTradesSince(db.database)).toBe(utcDay(NOW) * DAY_MS);
});
