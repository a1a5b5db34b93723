import { afterEach, beforeEach, expect, test } from 'vitest';
import { FIRST_DEX } from '../../src/domain/coin.ts';
import { createInfoClient } from '../../src/hyperliquid/transport.ts';
import { LocalWeightLedger } from '../../src/hyperliquid/weight/local_ledger.ts';
import { EpochWatch, followedWorld } from '../../src/main/epoch_watch.ts';
import { startStreamRole } from '../../src/main/roles/stream.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import type { RunningRole } from '../../src/runtime/lifecycle.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { insertSnapshots } from '../../src/store/account_snapshots.ts';
import { listenNews } from '../../src/store/news.ts';
import { readHeartbeats } from '../../src/store/service_heartbeats.ts';
import { addToWatchlist } from '../../src/store/watchlist.ts';
import { readWorld } from '../../src/store/world.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { ScriptedVenue, tradesFrame, wireTrade } from './scripted_venue.ts';

let db: TestDatabase;
let venue: ScriptedVenue;
let role: RunningRole | undefined;

beforeEach(async () => {
  db = await createTestDatabase();
  venue = await ScriptedVenue.start();
});
afterEach(async () => {
  await role?.stop();
  role = undefined;
  venue.close();
  await db.close();
});

async function start(): Promise<RunningRole> {
  const environment = {
    DATABASE_URL: db.url.reveal(),
    WEBSOCKET_URL: venue.url,
    HYPERLIQUID_API_URL: `${venue.httpUrl}/info`,
  };
  const { settings } = loadSettings({ environment, file: {} }, ['storage', 'exchange', 'feed', 'simulator']);
  const subscribed = venue.count('subscribe BTC');
  role = await startStreamRole({
    config: settings,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    instance: 'stream',
    restarts: 0,
  });
  await until(() => venue.count('subscribe BTC') > subscribed, 'the subscription');
  return role;
}

async function one<T>(sql: string): Promise<T | undefined> {
  const { rows } = await db.database.query<{ value: T }>(`SELECT (${sql}) AS value`);
  return rows[0]?.value;
}

/** A trade, and a snapshot that makes one of its traders exact. */
async function makeExact(): Promise<void> {
  const now = systemClock.now();
  venue.socket.send(tradesFrame([wireTrade('BTC', now, 1)]));
  await until(async () => (await one('SELECT count(*) FROM trades')) === 1, 'the trade');
  await insertSnapshots(db.database, [
    {
      traderId: 1,
      dex: FIRST_DEX,
      stateTime: now + 1,
      requestedAt: now,
      receivedAt: now,
      accountValueUsd: '1000.5',
      notionalUsd: '0',
      marginUsedUsd: '0',
      withdrawableUsd: '0',
      positions: [{ coinId: 1, size: '4.5', entryPrice: '90.123' }],
    },
  ]);
  venue.socket.send(tradesFrame([wireTrade('BTC', now + 2, 2)]));
  await until(async () => (await one('SELECT count(*) FROM snapshot_inbox')) === 0, 'the verdict');
  expect(await one('SELECT known FROM current_positions WHERE trader_id = 1')).toBe('exact');
}

const reconnects = async () => {
  const [state] = await readHeartbeats(db.database);
  return (state?.detail['feed'] as { reconnects: number } | undefined)?.reconnects ?? 0;
};

test('a simulated exchange that began anew: its accounts are forgotten, its trades and the user stay', async () => {
  const first = await start();
  await makeExact();
  await addToWatchlist(db.database, 1, systemClock.now());
  await db.database.query('INSERT INTO trader_history (trader_id) VALUES (1)');
  const before = await readWorld(db.database);

  venue.run = 'second';
  venue.socket.terminate();
  await expect(first.ended).rejects.toMatchObject({ code: 'SIMULATED_RUN_NEW' });
  await expect(first.stop()).rejects.toMatchObject({ code: 'FLUSH_ABANDONED' });
  // The checkpoint lags behind the log of the first run, of which nothing may come back.
  await db.database.query('UPDATE stream_state SET positions_through = 1');
  await start();

  expect(await one('SELECT count(*) FROM positions')).toBe(0);
  expect(await one('SELECT count(*) FROM trader_history')).toBe(0);
  expect(await one('SELECT count(*) FROM account_snapshots')).toBe(0);
  expect(await one('SELECT count(*) FROM trades')).toBe(2);
  expect(await one('SELECT count(*) FROM traders')).toBe(2);
  expect(await one('SELECT count(*) FROM watchlist')).toBe(1);
  // The first stream may have recorded the cut too, before it learned that what it was cut off from is gone.
  const anew = `SELECT count(*) FROM feed_gaps WHERE reason = 'the simulated exchange began anew'`;
  expect(await one(anew)).toBe(1);
  const after = await readWorld(db.database);
  expect(after.epoch).toBeGreaterThan(before.epoch);
  expect(await one('SELECT epoch FROM stream_state')).toBe(after.epoch);
  // What the new run shows is taken in as of somebody never audited.
  venue.socket.send(tradesFrame([wireTrade('BTC', systemClock.now(), 3)]));
  await until(async () => (await one('SELECT count(*) FROM positions')) === 2, 'positions');
  expect(await one('SELECT string_agg(DISTINCT known::text, $$,$$) FROM current_positions')).toBe(
    'estimated',
  );
});

test('the same run after a cut, or after a restart of the stream: nothing is forgotten', async () => {
  const first = await start();
  await makeExact();
  const before = await readWorld(db.database);
  venue.socket.terminate();
  await until(async () => (await reconnects()) === 1, 'the reconnect');
  await first.stop();
  await start();
  expect(await one('SELECT count(*) FROM positions')).toBe(2);
  expect(await readWorld(db.database)).toEqual(before);
});

test('tasks wait until the stream follows the new run, and are told of the new epoch', async () => {
  const info = createInfoClient({
    url: `${venue.httpUrl}/info`,
    ledger: new LocalWeightLedger(systemClock),
    clock: systemClock,
  });
  const news = listenNews({
    url: db.url,
    applicationName: 'test news',
    log: silentLogger,
    clock: systemClock,
    random: systemRandom,
  });
  const first = await start();
  await makeExact();
  const { signal } = new AbortController();
  const options = { store: db, info, clock: systemClock, signal };
  const before = await followedWorld(options);
  const watch = new EpochWatch();
  watch.begin({ database: db.database, news }, before.epoch);

  venue.run = 'second';
  let waiting = '';
  const next = followedWorld({
    ...options,
    waiting: (reason) => {
      waiting = reason;
    },
  });
  await until(() => waiting !== '', 'the wait');
  await first.stop();
  await start();
  expect((await next).epoch).toBeGreaterThan(before.epoch);
  await expect(watch.changed).rejects.toMatchObject({ code: 'EPOCH_CHANGED' });
  watch.end();
  await news.close();
});
