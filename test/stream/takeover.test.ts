import { afterEach, beforeEach, expect, test } from 'vitest';
import { startStreamRole } from '../../src/main/roles/stream.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import type { RunningRole } from '../../src/runtime/lifecycle.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { readWorld } from '../../src/store/world.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { ScriptedVenue, tradesFrame, wireTrade } from './scripted_venue.ts';

let db: TestDatabase;
let venue: ScriptedVenue;
let roles: RunningRole[];

beforeEach(async () => {
  db = await createTestDatabase();
  venue = await ScriptedVenue.start();
  roles = [];
});
afterEach(async () => {
  for (const role of roles) await role.stop();
  venue.close();
  await db.close();
});

async function start(instance: string, clock: Clock = systemClock): Promise<RunningRole> {
  const environment = {
    DATABASE_URL: db.url.reveal(),
    WEBSOCKET_URL: venue.url,
    HYPERLIQUID_API_URL: `${venue.httpUrl}/info`,
  };
  const { settings: config } = loadSettings({ environment, file: {} }, [
    'storage',
    'exchange',
    'feed',
    'simulator',
  ]);
  const context = { config, clock, random: systemRandom, log: silentLogger, instance, restarts: 0 };
  const role = await startStreamRole(context);
  roles.push(role);
  return role;
}

async function stop(role: RunningRole): Promise<void> {
  roles = roles.filter((one) => one !== role);
  await role.stop();
}

/** Until whoever `begin` starts or wakes has subscribed: it leads. */
async function leads(begin: () => Promise<unknown> | unknown): Promise<void> {
  const subscribed = venue.count('subscribe BTC');
  await begin();
  await until(() => venue.count('subscribe BTC') > subscribed, 'the subscription');
}

/** A clock whose sleeps last until they are ended: a process that stands by asks for the lease only when told. */
function patientClock(): { clock: Clock; asleep: () => boolean; wake: () => void } {
  let wakes: (() => void)[] = [];
  let isAwake = false;
  const sleep: Clock['sleep'] = (ms, signal) =>
    isAwake
      ? systemClock.sleep(ms, signal)
      : new Promise((resolve, reject) => {
          wakes.push(resolve);
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        });
  return {
    clock: { ...systemClock, sleep },
    asleep: () => wakes.length > 0,
    wake() {
      isAwake = true;
      for (const end of wakes) end();
      wakes = [];
    },
  };
}

async function one<T>(sql: string): Promise<T | undefined> {
  const { rows } = await db.database.query<{ value: T }>(`SELECT (${sql}) AS value`);
  return rows[0]?.value;
}

let tradeId = 0;

/** One trade, once it is in the log as a change of each of its traders. */
async function trade(): Promise<void> {
  const before = (await one<number>('SELECT count(*) FROM position_changes')) ?? 0;
  venue.socket.send(tradesFrame([wireTrade('BTC', systemClock.now(), ++tradeId)]));
  await until(
    async () => (await one('SELECT count(*) FROM position_changes')) === before + 2,
    'the changes of the trade',
  );
}

const place = () => one('SELECT epoch || $$:$$ || next_offset FROM stream_state');
const epochNow = async () => (await readWorld(db.database)).epoch;

/** A leader and, opened in the same epoch, a process that stands by until it is woken. */
async function leaderAndStandby() {
  let leader: RunningRole | undefined;
  await leads(async () => {
    leader = await start('stream');
  });
  await trade();
  const patient = patientClock();
  const standby = await start('standby', patient.clock);
  await until(patient.asleep, 'the standby');
  return { leader: leader as RunningRole, standby, wake: patient.wake };
}

test('a standby that was opened before the epoch changed goes on in the new one', async () => {
  const { leader, standby, wake } = await leaderAndStandby();
  const first = await epochNow();
  await stop(leader);
  venue.run = 'second';
  let second: RunningRole | undefined;
  await leads(async () => {
    second = await start('second');
  });
  await trade();
  const epoch = await epochNow();
  expect(epoch).toBeGreaterThan(first);
  expect(await place()).toBe(`${epoch}:3`);
  await stop(second as RunningRole);

  await leads(wake);
  await trade();
  expect(await place()).toBe(`${epoch}:5`);
  // Who comes after it finds a log that it can go on with.
  await stop(standby);
  await leads(() => start('third'));
  await trade();
  expect(await place()).toBe(`${epoch}:7`);
});

test('a standby that waits while the database is restored into another cluster begins a new epoch', async () => {
  const { leader, wake } = await leaderAndStandby();
  const before = await epochNow();
  await stop(leader);
  await db.database.query("UPDATE world SET cluster_id = 'another'");
  await leads(wake);
  await trade();
  const epoch = await epochNow();
  expect(epoch).toBeGreaterThan(before);
  expect(await place()).toBe(`${epoch}:3`);
});

test('a log in a later epoch than the world is left as it is, and the role ends', async () => {
  const { leader, standby, wake } = await leaderAndStandby();
  await stop(leader);
  const epoch = (await epochNow()) + 1;
  await db.database.query('UPDATE stream_state SET epoch = epoch + 1');
  wake();
  await expect(standby.ended).rejects.toMatchObject({
    code: 'STORE_EPOCH_PAST',
    message: expect.stringContaining('start it again'),
  });
  expect(await place()).toBe(`${epoch}:3`);
  await stop(standby);
  // As whoever wrote it had begun it.
  await db.database.query('UPDATE world SET epoch = epoch + 1');
  await leads(() => start('restarted'));
  await trade();
  expect(await place()).toBe(`${epoch}:5`);
});
