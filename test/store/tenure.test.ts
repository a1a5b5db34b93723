import { afterEach, beforeEach, expect, test } from 'vitest';
import { Tenure } from '../../src/main/tenure.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { acquireLease, type Lease, tryAcquireLease } from '../../src/store/leases.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';

const NAME = 'worker';

let db: TestDatabase;
let tenure: Tenure;
let holder: Lease;
let works: number;

beforeEach(async () => {
  db = await createTestDatabase();
  works = 0;
  tenure = new Tenure({ database: db.database, ...options() });
  holder = await acquireLease(options());
});
afterEach(async () => {
  await tenure.release();
  await holder.release();
  await db.close();
});

const options = () => ({ url: db.url, name: NAME, holder: 'test', clock: systemClock, log: silentLogger });

const work = async () => {
  works++;
};

/** While `during` runs, whoever wins the lease waits for its row, so that the attempt does not come to an end. */
async function whileSlow(during: () => Promise<unknown>): Promise<void> {
  await db.database.transaction(async (tx) => {
    await tx.query('SELECT 1 FROM leases WHERE name = $1 FOR UPDATE', [NAME]);
    await during();
  });
}

const isBeingWon = () =>
  until(async () => {
    const { rows } = await db.database.query(
      `SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
      [`lease ${NAME}`],
    );
    return rows.length === 1;
  }, 'an attempt that has won the lease');

async function stop(): Promise<void> {
  tenure.stopping();
  await tenure.release();
}

const isFree = async () => {
  holder = await until(() => tryAcquireLease(options()), 'the lease to be free');
};

test('a lease that is won while the role that waited for it stops is given back', async () => {
  await tenure.begin(work);
  await whileSlow(async () => {
    await holder.release();
    await isBeingWon();
    await stop();
  });
  await isFree();
  await tenure.ended;
  expect(works).toBe(0);
});

test('a lease that is won at once by a role that is stopping already is given back', async () => {
  await holder.release();
  let begun: Promise<void> | undefined;
  await whileSlow(async () => {
    begun = tenure.begin(work);
    await isBeingWon();
    await stop();
  });
  await begun;
  await isFree();
  await tenure.ended;
  expect(works).toBe(0);
});

test('who waited works once the lease is free, and gives it back when it stops', async () => {
  await tenure.begin(work);
  expect(works).toBe(0);
  await holder.release();
  await until(() => works === 1, 'the work');
  expect(await tryAcquireLease(options())).toBeUndefined();
  await stop();
  await isFree();
});

test('a lease that is won while the wait for it is ended is given back', async () => {
  const stopping = new AbortController();
  const waiting = acquireLease({ ...options(), signal: stopping.signal });
  const ended = expect(waiting).rejects.toThrow('no longer wanted');
  await whileSlow(async () => {
    await holder.release();
    await isBeingWon();
    stopping.abort(new Error('no longer wanted'));
  });
  await ended;
  await isFree();
});
