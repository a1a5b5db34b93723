import { afterEach, beforeEach, expect, test } from 'vitest';
import { FIRST_DEX } from '../../src/domain/coin.ts';
import { coinsMessage } from '../../src/main/roles/stream.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { insertSnapshots } from '../../src/store/account_snapshots.ts';
import { openDatabase } from '../../src/store/database.ts';
import { hasFeedGap } from '../../src/store/feed_extension.ts';
import { publishNews } from '../../src/store/news.ts';
import { ensureDayPartitions, utcDay } from '../../src/store/partitions.ts';
import { addToWatchlist } from '../../src/store/watchlist.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { type CuttingProxy, startCuttingProxy } from './cutting_proxy.ts';
import { ScriptedVenue, tradesFrame, wirePerp, wireTrade } from './scripted_venue.ts';
import { startLeader } from './start_leader.ts';

let db: TestDatabase;
let venue: ScriptedVenue;
const closers: (() => unknown)[] = [];
let now = 0;

beforeEach(async () => {
  db = await createTestDatabase();
  venue = await ScriptedVenue.start();
  now = systemClock.now();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  venue.close();
  await db.close();
});

const say = (...ids: number[]) =>
  venue.socket.send(tradesFrame(ids.map((id) => wireTrade('BTC', now + id * 10, id))));

async function one<T>(sql: string): Promise<T | undefined> {
  const { rows } = await db.database.query<{ value: T }>(`SELECT (${sql}) AS value`);
  return rows[0]?.value;
}

const trades = () => one<number>('SELECT count(*) FROM trades');

async function startLive(
  url = db.url,
  options: Parameters<typeof startLeader>[2] = {},
  watched = 1,
): Promise<Awaited<ReturnType<typeof startLeader>>> {
  const database = openDatabase({ url, log: silentLogger, applicationName: 'stream under test' });
  const started = await startLeader(database, { url: venue.httpUrl, websocketUrl: venue.url }, options);
  closers.push(async () => {
    await started.stop().catch(() => undefined);
    await database.close();
  });
  await until(() => {
    const { coins, connections } = started.leader.feed.status();
    return coins === watched && connections[0]?.state === 'live';
  }, 'the feed');
  return started;
}

test('the database is away: what came is kept and written when it is back, under the lease taken again', async () => {
  const target = new URL(db.url.reveal());
  const proxy: CuttingProxy = await startCuttingProxy(Number(target.port));
  closers.push(() => proxy.close());
  target.port = String(proxy.port);
  const { leader, lease } = await startLive(new Secret(target.href));
  const token = lease.token;
  say(1, 2);
  await until(async () => (await trades()) === 2, 'two trades');
  proxy.cut();
  say(3, 4);
  await until(() => leader.failedFlushes > 0, 'a failed flush');
  // More than one batch takes.
  const many = 50_000;
  for (let from = 5; from <= many; from += 1_000) {
    say(...Array.from({ length: Math.min(1_000, many - from + 1) }, (_, i) => from + i));
  }
  await until(() => leader.pipeline.isBehind, 'more trades than one batch');
  proxy.mend();
  await until(async () => (await trades()) === many, 'all trades');
  expect(lease.token).toBe(token + 1);
  expect(await one('SELECT max(seq) FROM trades')).toBe(many);
  expect(await one('SELECT count(*) FROM feed_gaps')).toBe(0);
  expect(await one('SELECT count(*) FROM (SELECT DISTINCT log_offset FROM position_changes) d')).toBe(
    2 * many,
  );
  expect(await one('SELECT max(trade_count) FROM traders')).toBe(many);
});

test('a standby that has taken over ends the former leader, which can write nothing more', async () => {
  const { leader } = await startLive();
  say(1);
  await until(async () => (await trades()) === 1, 'the first trade');
  const ended = expect(leader.ended).rejects.toMatchObject({ code: 'STORE_LEASE_LOST' });
  // As a new holder does: the session of the old one is ended and the token rises.
  await db.database.query(`UPDATE leases SET token = token + 1, holder = 'another' WHERE name = 'stream'`);
  say(2);
  await ended;
  expect(await trades()).toBe(1);
});

test('an account snapshot seeds its trader, and what follows is exact', async () => {
  await startLive();
  say(1);
  await until(async () => (await trades()) === 1, 'the first trade');
  const trader =
    (await one<number>(`SELECT trader_id FROM traders WHERE encode(address, 'hex') LIKE '11%'`)) ?? 0;
  const coin = (await one<number>(`SELECT coin_id FROM coins WHERE name = 'BTC'`)) ?? 0;
  expect(await one('SELECT known FROM current_positions LIMIT 1')).toBe('estimated');
  expect(await one(`SELECT reason FROM poll_requests WHERE trader_id = ${trader}`)).toBe('unseeded');
  await insertSnapshots(db.database, [
    {
      traderId: trader,
      dex: FIRST_DEX,
      stateTime: now + 10_005,
      requestedAt: now,
      receivedAt: now,
      accountValueUsd: '1000.5',
      notionalUsd: '0',
      marginUsedUsd: '0',
      withdrawableUsd: '0',
      positions: [{ coinId: coin, size: '4.5', entryPrice: '90.123' }],
    },
  ]);
  say(1_001);
  await until(async () => (await one('SELECT count(*) FROM snapshot_inbox')) === 0, 'the verdict');
  const position = await db.database.query<Record<string, unknown>>(
    `SELECT trim_scale(size)::text AS size, trim_scale(cost_usd)::text AS cost, known, verified_at
     FROM current_positions WHERE trader_id = ${trader}`,
  );
  // 4.5 at 90.123, and 1.5 more at 100.
  expect(position.rows).toEqual([{ size: '6', cost: '555.5535', known: 'exact', verified_at: now + 10_005 }]);
  expect(await one(`SELECT last_tracked_at FROM traders WHERE trader_id = ${trader}`)).toBe(now + 10_005);
  expect(
    await one(
      `SELECT known FROM position_changes WHERE trader_id = ${trader} ORDER BY log_offset DESC LIMIT 1`,
    ),
  ).toBe('exact');
  expect(await one('SELECT count(*) FROM drift_records')).toBe(0);

  // A cut makes it stale until the feed is whole again and nothing was missed.
  venue.onSubscribe = () => undefined;
  venue.socket.terminate();
  await until(
    async () => (await one(`SELECT known FROM current_positions WHERE trader_id = ${trader}`)) === 'stale',
    'stale',
  );
});

interface Polled {
  readonly at: number;
  readonly positions?: readonly {
    readonly coinId: number;
    readonly size: string;
    readonly entryPrice: string;
  }[];
  /** Symbols that whoever polled did not know. */
  readonly unknown?: readonly string[];
}

/** A worker's answer for trader 1 on the first dex, as of `now + at`; resolves when it was judged. */
async function polled({ at, positions = [], unknown = [] }: Polled): Promise<void> {
  const time = now + at;
  await ensureDayPartitions(db.database, 'account_snapshots', [utcDay(time)]);
  const unread = unknown.map((symbol) => ({ symbol, size: '1', entryPrice: '1', why: 'unknown_coin' }));
  await db.database.query(
    `WITH stored AS (
       INSERT INTO account_snapshots (snapshot_id, trader_id, dex, state_time, requested_at, received_at,
         account_value_usd, notional_usd, margin_used_usd, withdrawable_usd, coin_ids, sizes, entry_prices, unread)
       VALUES (nextval('account_snapshot_ids'), 1, '', $1, $1, $1, 1000, 0, 0, 0, $2, $3::numeric[], $4::numeric[], $5)
       RETURNING snapshot_id, state_time)
     INSERT INTO snapshot_inbox SELECT snapshot_id, state_time FROM stored`,
    [
      time,
      positions.map((one) => one.coinId),
      positions.map((one) => one.size),
      positions.map((one) => one.entryPrice),
      unread.length === 0 ? null : JSON.stringify(unread),
    ],
  );
  await db.database.transaction((tx) => publishNews(tx, 'snapshots', { epoch: 0, offset: 1 }));
}
const judged = () =>
  until(async () => (await one('SELECT count(*) FROM snapshot_inbox')) === 0, 'the verdict');
const positionIn = async (coin: string) =>
  (
    await db.database.query(
      `SELECT trim_scale(size)::text AS size, known FROM current_positions JOIN coins USING (coin_id)
       WHERE trader_id = 1 AND name = $1`,
      [coin],
    )
  ).rows[0];

test('what was held of a coin before it was followed is not taken for nothing', async () => {
  const { leader } = await startLive(db.url, { coinsRefreshMs: 500 });
  say(1);
  await until(async () => (await trades()) === 1, 'the first trade');
  await polled({ at: 10_000 });
  say(1_001);
  await judged();
  expect(await positionIn('BTC')).toEqual({ size: '1.5', known: 'exact' });
  venue.universe = [wirePerp('BTC'), wirePerp('ETH')];
  await until(() => leader.feed.status().coinsLive === 2, 'both coins to be live');
  venue.socket.send(tradesFrame([wireTrade('ETH', now + 30_000, 1)]));
  await until(async () => (await positionIn('ETH')) !== undefined, 'the new position');
  expect(await positionIn('ETH')).toEqual({ size: '1.5', known: 'stale' });
  expect(
    await one(`SELECT c.known FROM position_changes c JOIN coins USING (coin_id)
               WHERE name = 'ETH' AND trader_id = 1`),
  ).toBe('stale');
  expect(await one('SELECT reason FROM poll_requests WHERE trader_id = 1')).toBe('unseeded');
  const eth = leader.pipeline.coins.bySymbol('ETH')?.id ?? 0;
  const btc = leader.pipeline.coins.bySymbol('BTC')?.id ?? 0;
  const both = [
    { coinId: btc, size: '1.5', entryPrice: '100' },
    { coinId: eth, size: '-8.5', entryPrice: '90' },
  ];
  await polled({ at: 40_000, positions: both });
  venue.socket.send(tradesFrame([wireTrade('ETH', now + 50_000, 2)]));
  await judged();
  expect(await positionIn('ETH')).toEqual({ size: '-7', known: 'exact' });
});

test('a coin that the venue refuses: its holders are seeded, the others go on, and its trades are said to be missing', async () => {
  venue.universe = [wirePerp('BTC'), wirePerp('ETH')];
  const { leader, stop } = await startLive(db.url, { coinsRefreshMs: 500 }, 2);
  say(1);
  await until(async () => (await trades()) === 1, 'the first trade');
  const eth = leader.pipeline.coins.bySymbol('ETH')?.id ?? 0;
  const btc = leader.pipeline.coins.bySymbol('BTC')?.id ?? 0;
  await until(() => leader.feed.status().coinsLive === 2, 'both coins to be live');
  venue.onSubscribe = (socket, coin) => {
    if (coin === 'BTC') return venue.confirm(socket, coin);
    const echo = JSON.stringify({ type: 'trades', coin });
    socket.send(JSON.stringify({ channel: 'error', data: `Invalid subscription ${echo}` }));
  };
  venue.socket.terminate();
  await until(() => leader.feed.refused().has(eth), 'the refusal');
  say(1, 2);
  await until(async () => (await trades()) === 2, 'the second trade');
  await polled({
    at: 10_000,
    positions: [
      { coinId: btc, size: '3', entryPrice: '100' },
      { coinId: eth, size: '7', entryPrice: '90' },
    ],
  });
  say(1_001);
  await judged();
  expect(leader.auditor.counts).toMatchObject({ seeded: 1, again: 0 });
  expect(await positionIn('BTC')).toEqual({ size: '4.5', known: 'exact' });
  // Stored with the verdict: what comes of the coin later goes on from what was known before it.
  expect(await positionIn('ETH')).toEqual({ size: '0', known: 'estimated' });
  await until(
    async () => (await one<number>('SELECT alive_until FROM stream_state')) === now + 10_010,
    'the others',
  );
  const since = await one<number>(`SELECT refused_since FROM coin_feed WHERE coin_id = ${eth}`);
  expect(since).toBeLessThanOrEqual(now + 10);
  const span = { from: now + 5_000, to: now + 10_010 };
  expect(await hasFeedGap(db.database, { ...span, coinIds: [btc] })).toBe(false);
  expect(await hasFeedGap(db.database, { ...span, coinIds: [eth] })).toBe(true);
  // The next life knows that it was not followed until the last one ended.
  await stop();
  const next = await startLive(db.url, { coinsRefreshMs: 500 }, 2);
  expect(next.leader.pipeline.coveredUntil(btc)).toBe(now + 10_010);
  expect(next.leader.pipeline.coveredUntil(eth)).toBe(since === 0 ? undefined : since);
  expect(coinsMessage(next.leader.feed.status())).toMatch(/the exchange refuses ETH$/);
});

test('a snapshot by a worker that did not know a coin yet says nothing of it, and is asked for again', async () => {
  await startLive();
  say(1);
  await until(async () => (await trades()) === 1, 'the first trade');
  // The worker has taken the request that this poll answers.
  await db.database.query('DELETE FROM poll_requests');
  await polled({ at: 10_000, unknown: ['BTC'] });
  await judged();
  expect(await positionIn('BTC')).toEqual({ size: '1.5', known: 'estimated' });
  await until(
    async () => (await one(`SELECT reason FROM poll_requests WHERE trader_id = 1`)) === 'unknown coin',
    'another poll',
  );
});

test('a snapshot whose time lies ahead vouches for nothing', async () => {
  const { leader } = await startLive();
  say(1);
  say(2);
  await until(async () => (await trades()) === 2, 'the first trades');
  await polled({ at: 3_600_000 });
  await judged();
  expect(leader.auditor.counts.unreadable).toBe(1);
  expect(await positionIn('BTC')).toEqual({ size: '3', known: 'estimated' });
});

test('a position that was settled when its coin was delisted is closed by the next audit', async () => {
  const { leader } = await startLive(db.url, { coinsRefreshMs: 500 });
  say(1);
  await until(async () => (await trades()) === 1, 'the first trade');
  const btc = leader.pipeline.coins.bySymbol('BTC')?.id ?? 0;
  await polled({ at: 10_000, positions: [{ coinId: btc, size: '1.5', entryPrice: '100' }] });
  say(1_001);
  await judged();
  venue.universe = [{ ...wirePerp('BTC'), isDelisted: true }, wirePerp('ETH')];
  await until(() => venue.heard.includes('unsubscribe BTC'), 'the end of the subscription');
  await until(() => leader.feed.status().coinsLive === 1, 'the other coin to be live');
  const others = (time: number, id: number) => ({
    ...wireTrade('ETH', time, id),
    users: [`0x${'3'.repeat(40)}`, `0x${'4'.repeat(40)}`],
  });
  venue.socket.send(tradesFrame([others(now + 15_000, 1)]));
  await polled({ at: 20_000 });
  venue.socket.send(tradesFrame([others(now + 30_000, 2)]));
  await judged();
  expect(await positionIn('BTC')).toMatchObject({ size: '0' });
  expect(await one('SELECT cause FROM drift_records')).toBe('settlement');
});

test('changes of a watched trader are written at once', async () => {
  const { leader } = await startLive();
  say(1);
  await until(async () => (await trades()) === 1, 'the first trade');
  await addToWatchlist(db.database, 1, now);
  await until(() => leader.pipeline.isWatched(1), 'the watchlist');
  say(2);
  await until(async () => (await trades()) === 2, 'the second trade');
});

test('a coin that is listed is watched without a restart, one that is delisted is let go', async () => {
  const { leader } = await startLive(db.url, { coinsRefreshMs: 500 });
  venue.universe = [wirePerp('BTC'), wirePerp('ETH')];
  await until(() => venue.heard.includes('subscribe ETH'), 'the subscription to the new coin');
  await until(() => leader.feed.status().coinsLive === 2, 'both coins to be live');
  venue.socket.send(tradesFrame([wireTrade('ETH', now + 10, 1)]));
  await until(async () => (await trades()) === 1, 'a trade of the new coin');

  venue.universe = [{ ...wirePerp('BTC'), isDelisted: true }, wirePerp('ETH')];
  await until(() => venue.heard.includes('unsubscribe BTC'), 'the end of the subscription');
  await until(() => leader.feed.status().coins === 1, 'one coin');
  // One that vanishes from the list is delisted too; its trades stay.
  venue.universe = [wirePerp('SOL')];
  await until(() => venue.heard.includes('unsubscribe ETH'), 'the end of the other subscription');
  await until(() => venue.heard.includes('subscribe SOL'), 'the subscription to the third coin');
  const { rows } = await db.database.query('SELECT name, delisted FROM coins ORDER BY coin_id');
  expect(rows).toEqual([
    { name: 'BTC', delisted: true },
    { name: 'ETH', delisted: true },
    { name: 'SOL', delisted: false },
  ]);
  expect(await trades()).toBe(1);
});

test('a standby takes over and records what neither it nor the one before has heard', async () => {
  const first = await startLive();
  say(1, 2);
  await until(async () => (await trades()) === 2, 'two trades');
  // What the venue shows a newcomer begins long after the last trade that was heard.
  venue.onSubscribe = (socket, coin) => {
    venue.confirm(socket, coin);
    socket.send(
      tradesFrame(Array.from({ length: 30 }, (_, i) => wireTrade(coin, now + (500 + i) * 10, 500 + i))),
    );
  };
  const standby = startLive();
  await first.stop();
  const second = await standby;
  await until(async () => (await trades()) === 32, 'the trades of the replay');
  expect(second.lease.token).toBe(first.lease.token + 1);
  const { rows } = await db.database.query(
    'SELECT c.name, from_time, to_time FROM feed_gaps JOIN coins c USING (coin_id)',
  );
  expect(rows).toEqual([{ name: 'BTC', from_time: now + 20, to_time: now + 5_000 }]);
  expect(await one('SELECT exact_since FROM coin_feed')).toBe(now + 5_001);
  expect(await one('SELECT count(*) FROM (SELECT DISTINCT log_offset FROM position_changes) d')).toBe(64);
});

test('the list of traders is of the same flush as their totals, and what it lacks after a restart is written', async () => {
  const behind = () =>
    one<number>(
      `SELECT count(*) FROM traders t LEFT JOIN trader_listing l USING (trader_id)
       WHERE (t.last_seen_at, t.trade_count, t.notional_usd)
         IS DISTINCT FROM (l.last_seen_at, l.trade_count, l.notional_usd)`,
    );
  const first = await startLive();
  say(1, 2, 3);
  await until(async () => (await trades()) === 3, 'three trades');
  expect(await behind()).toBe(0);
  say(4);
  await until(async () => (await trades()) === 4, 'a fourth trade');
  expect(await behind()).toBe(0);
  await first.stop();
  await db.database.query('DELETE FROM trader_listing WHERE trader_id = 1');
  await db.database.query('UPDATE trader_listing SET trade_count = 1 WHERE trader_id = 2');
  expect(await behind()).toBe(2);
  await startLive();
  await until(async () => (await behind()) === 0, 'the list to be whole again');
});
