import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { POLL_PRIORITY } from '../../src/store/audits.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { ScriptedVenue, tradesFrame, wireTrade } from './scripted_venue.ts';
import { startLeader } from './start_leader.ts';

const HOLDERS = 3_000;

let db: TestDatabase;
let venue: ScriptedVenue;
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  db = await createTestDatabase();
  venue = await ScriptedVenue.start();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  venue.close();
  await db.close();
});

async function one<T>(sql: string): Promise<T | undefined> {
  return (await db.database.query<{ value: T }>(`SELECT (${sql}) AS value`)).rows[0]?.value;
}

async function start() {
  const database = openDatabase({ url: db.url, log: silentLogger, applicationName: 'stream under test' });
  const started = await startLeader(database, { url: venue.httpUrl, websocketUrl: venue.url });
  closers.push(async () => {
    await started.stop().catch(() => undefined);
    await database.close();
  });
  return started;
}

/** Traders 1.. hold the coin and were found right a minute ago. */
async function fill(now: number): Promise<void> {
  await db.database.query(
    `INSERT INTO coins (coin_id, dex, name, size_decimals, max_leverage, delisted, first_seen_at, watched_since)
     VALUES (1, '', 'BTC', 2, 40, false, 0, 0)`,
  );
  await db.database.query(
    `INSERT INTO traders SELECT i, decode(lpad(to_hex(i), 40, '0'), 'hex'), 0, 0, 1, 1, 1, 1, NULL
     FROM generate_series(1, ${HOLDERS}) i`,
  );
  await db.database.query(
    `INSERT INTO positions SELECT i, 1, 1.5, 100, 1, 0, 1, 1, 'exact', $1::int8, 0 FROM generate_series(1, ${HOLDERS}) i`,
    [now - 60_000],
  );
}

test('polls after a gap are requested beside the flushes, and by the next life if this one ends', async () => {
  const now = systemClock.now();
  await fill(now);
  // Page after page fails until the database lets them in: the flush with the gap does not wait for them.
  await db.database.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON poll_requests FOR EACH ROW WHEN (NEW.reason = 'feed gap')
      EXECUTE FUNCTION refuse()`);
  const first = await start();
  await until(() => first.leader.feed.status().connections[0]?.state === 'live', 'the feed');
  // After the cut the venue's newest trades do not reach back to the last that was heard.
  const frame = (from: number) =>
    tradesFrame(Array.from({ length: 30 }, (_, i) => wireTrade('BTC', now + from + i, from + i)));
  venue.socket.send(frame(1));
  await until(() => first.leader.feed.status().coinsLive === 1, 'the coin to be live');
  venue.onSubscribe = (socket, coin) => {
    venue.confirm(socket, coin);
    socket.send(frame(1_000));
  };
  venue.socket.terminate();
  await until(async () => (await one('SELECT count(*) FROM feed_gaps')) === 1, 'the gap');
  const gapEnd = await one<number>('SELECT to_time FROM feed_gaps');
  expect(gapEnd).toBe(now + 1_000);
  venue.socket.send(tradesFrame([wireTrade('BTC', now + 2_000, 5_000)]));
  await until(async () => (await one('SELECT max(trade_id) FROM trades')) === 5_000, 'trades after it');
  expect(await one(`SELECT count(*) FROM poll_requests WHERE reason = 'feed gap'`)).toBe(0);
  expect(await one('SELECT polls_due_to FROM coin_feed')).toBe(gapEnd);
  await first.stop();

  // The next life hears nothing, so that no other gap is recorded.
  venue.onSubscribe = () => undefined;
  await db.database.query('DROP TRIGGER refuse ON poll_requests');
  await start();
  await until(async () => (await one('SELECT polls_due_to FROM coin_feed')) === null, 'the requests');
  // Two more are the sides of what was traded here, who were never seeded.
  expect(
    await one(
      `SELECT count(*) FROM poll_requests WHERE trader_id <= ${HOLDERS} AND priority = ${POLL_PRIORITY.stale}`,
    ),
  ).toBe(HOLDERS);
  expect(await one('SELECT count(*) FROM feed_gaps')).toBe(1);
});
