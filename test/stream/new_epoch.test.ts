import { afterEach, beforeEach, expect, test } from 'vitest';
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

let db: TestDatabase;
let lease: Lease;

beforeEach(async () => {
  db = await createTestDatabase();
  lease = await acquireLease({
    url: db.url,
    name: 'stream',
    holder: 'test',
    clock: systemClock,
    log: silentLogger,
  });
});
afterEach(async () => {
  await lease.release();
  await db.close();
});

const EPOCH = 1_000;

/** Sizes in lots that a stream which starts now has in its book. */
async function recovered(epoch: number): Promise<Record<string, number>> {
  const source = databaseSource(db.database, lease);
  const { book } = await recoverPipeline({ source, epoch, clock: systemClock, random: systemRandom });
  const sizes: Record<string, number> = {};
  for (const trader of [1, 2, 3]) {
    for (const slot of book.slotsOf(trader)) {
      sizes[`${trader}/${book.pairs.coinOf(slot)}`] = book.state(slot).size;
    }
  }
  return sizes;
}

const shown = async (trader: number) =>
  (await readPositionsAt(db.database, trader)).positions.map((one) => [
    one.coinName,
    one.size,
    one.verifiedAt,
  ]);

/** Five changes, of which the checkpoint holds the first three. */
async function fillOldEpoch(): Promise<void> {
  await populate(db.database, 3);
  await beginLog(db.database, EPOCH);
  await appendChanges(db.database, [
    { trader: 1, after: '1.5' },
    { trader: 2, after: '2.5' },
    { trader: 2, after: '3.5', known: 'stale' },
    { trader: 1, after: '0', kind: 'closed' },
    { trader: 3, coin: 2, after: '-7' },
  ]);
  await db.database.query(
    `INSERT INTO positions VALUES (1, 1, 1.5, 150, 1, 0, 5, 5, 'exact', 77, 1),
      (2, 1, 3.5, 350, 1, 0, 5, 5, 'exact', 88, 3)`,
  );
  await db.database.query('UPDATE stream_state SET positions_through = 3');
}

test('a new epoch begins with all that the old one logged, its newest changes included', async () => {
  await fillOldEpoch();
  const before = await recovered(EPOCH);
  expect(before).toEqual({ '1/1': 0, '2/1': 350_000, '3/2': -700 });
  expect(await recovered(EPOCH + 1)).toEqual(before);
  expect(await recovered(EPOCH + 1)).toEqual(before);
  expect(await shown(1)).toEqual([]);
  expect(await shown(2)).toEqual([['BTC', '3.5', 88]]);
  expect(await shown(3)).toEqual([['CL', '-7', null]]);
});

test('what the new epoch logs counts after the positions of the old one, however small its offsets', async () => {
  await fillOldEpoch();
  await recovered(EPOCH + 1);
  // Offsets 1 and 2 of the new epoch.
  await appendChanges(db.database, [
    { trader: 2, after: '9.5' },
    { trader: 3, coin: 2, after: '0', kind: 'closed' },
  ]);
  expect(await recovered(EPOCH + 1)).toEqual({ '1/1': 0, '2/1': 950_000, '3/2': 0 });
});
