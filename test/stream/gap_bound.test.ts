import { afterEach, beforeEach, expect, test } from 'vitest';
import { KNOWN } from '../../src/domain/change_columns.ts';
import { recoverPipeline } from '../../src/main/stream/recovery.ts';
import { databaseSource } from '../../src/main/stream/recovery_source.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { insertFeedGaps, setInterrupted } from '../../src/store/feed_gaps.ts';
import { acquireLease } from '../../src/store/leases.ts';
import { loadMigrations } from '../../src/store/migrate.ts';
import { readPositionsAt } from '../../src/store/read_positions.ts';
import { appendChanges, beginLog } from '../api/log.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { populate } from '../tracking/population.ts';

const GAP_END = 100;
const EPOCH = 1;

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
  await populate(db.database, 4);
  await beginLog(db.database, EPOCH);
});
afterEach(() => db.close());

/** As the API shows them: traders 1 to 3 from the checkpoint, 4 from the log. */
async function shown(): Promise<(string | undefined)[]> {
  await setInterrupted(db.database, new Map([[1, false]]));
  const views = [];
  for (const trader of [1, 2, 3, 4]) views.push(await readPositionsAt(db.database, trader));
  return views.map((view) => view.positions[0]?.known);
}

/** As a stream that starts now has them in its book. */
async function recovered(): Promise<(string | undefined)[]> {
  const lease = await acquireLease({
    url: db.url,
    name: 'stream',
    holder: 'test',
    clock: systemClock,
    log: silentLogger,
  });
  const source = databaseSource(db.database, lease);
  const { book } = await recoverPipeline({ source, epoch: EPOCH, clock: systemClock, random: systemRandom });
  await lease.release();
  return [1, 2, 3].map((trader) => KNOWN[book.knownOf(book.slot(trader, 1))]);
}

/** Verified just before the end of the gap, in its last ms, and just after it; the last by its newest change. */
async function fill(): Promise<void> {
  await appendChanges(db.database, [{ trader: 4 }], GAP_END);
  for (const [trader, verifiedAt] of [
    [1, GAP_END - 1],
    [2, GAP_END],
    [3, GAP_END + 1],
  ]) {
    await db.database.query(`INSERT INTO positions VALUES ($1, 1, 1.5, 150, 1, 0, 5, 5, 'exact', $2, 0)`, [
      trader,
      verifiedAt,
    ]);
  }
}

test('the last ms of a gap belongs to it, in the book and in what is shown', async () => {
  await insertFeedGaps(db.database, [{ coin: 1, from: 50, to: GAP_END, reason: 'cut' }], 1_000);
  await fill();
  expect(await shown()).toEqual(['stale', 'stale', 'exact', 'stale']);
  expect(await recovered()).toEqual(['stale', 'stale', 'exact']);
});

test('a change from before a gap is exact again once an audit has found it so', async () => {
  await insertFeedGaps(db.database, [{ coin: 1, from: 50, to: GAP_END, reason: 'cut' }], 1_000);
  await fill();
  await db.database.query(
    `INSERT INTO positions VALUES (4, 1, 1.5, 150, 1, 0, 5, 5, 'exact', ${GAP_END + 1}, 0)`,
  );
  expect(await shown()).toEqual(['stale', 'stale', 'exact', 'exact']);
});

test('a gap that was recorded before the bound was moved is moved with it, once', async () => {
  await db.database.query('INSERT INTO coin_feed VALUES (1, $1, false), (2, 0, false)', [GAP_END]);
  const migrations = await loadMigrations();
  await db.database.query(migrations.find((one) => one.name === '0022_exact_after_gap.sql')?.sql ?? '');
  await fill();
  expect(await shown()).toEqual(['stale', 'stale', 'exact', 'stale']);
  const { rows } = await db.database.query('SELECT exact_since FROM coin_feed WHERE coin_id = 2');
  expect(rows).toEqual([{ exact_since: 0 }]);
});
