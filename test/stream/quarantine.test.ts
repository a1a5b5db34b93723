import { afterEach, beforeEach, expect, test } from 'vitest';
import { KNOWN } from '../../src/domain/change_columns.ts';
import { recoverPipeline } from '../../src/main/stream/recovery.ts';
import { databaseSource } from '../../src/main/stream/recovery_source.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { acquireLease, type Lease } from '../../src/store/leases.ts';
import { readPositionsAt } from '../../src/store/read_positions.ts';
import { appendChanges, beginLog } from '../api/log.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { populate } from '../tracking/population.ts';

const EPOCH = 1_000;

let db: TestDatabase;
let lease: Lease;

beforeEach(async () => {
  db = await createTestDatabase();
  const options = { url: db.url, name: 'stream', holder: 'test', clock: systemClock, log: silentLogger };
  lease = await acquireLease(options);
  await populate(db.database, 4);
  await beginLog(db.database, EPOCH);
});
afterEach(async () => {
  await lease.release();
  await db.close();
});

/** How the position of a trader in coin 1 is known to a stream that starts now. */
async function recovered(): Promise<(trader: number) => string | undefined> {
  const source = databaseSource(db.database, lease);
  const { book } = await recoverPipeline({ source, epoch: EPOCH, clock: systemClock, random: systemRandom });
  return (trader) => KNOWN[book.knownOf(book.slot(trader, 1))];
}

test('a quarantined trader is quarantined after a restart, wherever the checkpoint and the log had been', async () => {
  await appendChanges(db.database, [
    { trader: 1 },
    { trader: 2 },
    { trader: 3, known: 'stale' },
    { trader: 4 },
  ]);
  // Only of the first and the fourth trader has the checkpoint come so far.
  await db.database.query(
    `INSERT INTO positions VALUES (1, 1, 1.5, 150, 1, 0, 5, 5, 'exact', 77, 1),
      (4, 1, 1.5, 150, 1, 0, 5, 5, 'exact', 77, 4)`,
  );
  await db.database.query(
    `INSERT INTO trader_dexs VALUES (1, '', 77, 0, true), (2, '', 77, 1, true), (3, '', 77, 0, true),
      (4, '', 77, 1, false)`,
  );
  const known = await recovered();
  expect([1, 2, 3, 4].map(known)).toEqual(['quarantined', 'quarantined', 'quarantined', 'exact']);
});

test('a position that is in doubt since its last change is so after a restart, and is shown so', async () => {
  await appendChanges(db.database, [{ trader: 1 }, { trader: 2 }]);
  await db.database.query(
    `INSERT INTO positions VALUES (1, 1, 1.5, 150, 1, 0, 5, 5, 'quarantined', 77, 1),
      (2, 1, 1.5, 150, 1, 0, 5, 5, 'exact', 77, 2)`,
  );
  await db.database.query(`INSERT INTO trader_dexs VALUES (1, '', 77, 2, false), (2, '', 77, 2, false)`);
  await db.database.query('INSERT INTO coin_feed (coin_id, exact_since, interrupted) VALUES (1, 1, false)');
  const shown = async (trader: number) =>
    (await readPositionsAt(db.database, trader)).positions.map((one) => one.known);
  expect(await shown(1)).toEqual(['quarantined']);
  expect(await shown(2)).toEqual(['exact']);
  const known = await recovered();
  expect([1, 2].map(known)).toEqual(['quarantined', 'exact']);
});
