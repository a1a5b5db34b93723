import { afterEach, beforeEach, expect, test } from 'vitest';
import { FIRST_DEX } from '../../src/domain/coin.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { insertSnapshots } from '../../src/store/account_snapshots.ts';
import { setWatchedCoins, syncCoins } from '../../src/store/coins.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { ScriptedVenue, tradesFrame, wirePerp, wireTrade } from './scripted_venue.ts';
import { startLeader } from './start_leader.ts';

type Started = Awaited<ReturnType<typeof startLeader>>;

let db: TestDatabase;
let venue: ScriptedVenue;
let running: Started | undefined;
let now = 0;
/** Everything that the venue has traded; it repeats the newest 30 after a subscribe. */
let traded: ReturnType<typeof wireTrade>[];

beforeEach(async () => {
  db = await createTestDatabase();
  venue = await ScriptedVenue.start();
  now = systemClock.now();
  traded = [];
  venue.onSubscribe = (socket, coin) => {
    venue.confirm(socket, coin);
    socket.send(tradesFrame(traded.slice(-30)));
  };
});
afterEach(async () => {
  await stop();
  venue.close();
  await db.close();
});

async function start(): Promise<void> {
  const to = { url: venue.httpUrl, websocketUrl: venue.url };
  running = await startLeader(db.database, to, { coinsRefreshMs: 200 });
}

async function stop(): Promise<void> {
  await running?.stop();
  running = undefined;
}

async function one<T>(sql: string): Promise<T | undefined> {
  const { rows } = await db.database.query<{ value: T }>(`SELECT (${sql}) AS value`);
  return rows[0]?.value;
}

/** Trader 1 buys 1.5 of trader 2, and the stream has written it. */
async function trade(id: number): Promise<void> {
  const made = wireTrade('BTC', now + id * 10, id);
  traded.push(made);
  venue.socket.send(tradesFrame([made]));
  await until(async () => (await one<number>('SELECT count(*) FROM trades')) === traded.length, 'the trade');
}

/** What the venue says of trader 1 at a time (ms from the beginning), by a worker that knows the coin by this id. */
async function polled(at: number, coinId: number, size: string): Promise<void> {
  await insertSnapshots(db.database, [
    {
      traderId: 1,
      dex: FIRST_DEX,
      stateTime: now + at,
      requestedAt: now,
      receivedAt: now,
      accountValueUsd: '1000.5',
      notionalUsd: '0',
      marginUsedUsd: '0',
      withdrawableUsd: '0',
      positions: [{ coinId, size, entryPrice: '100' }],
    },
  ]);
}

const judged = () =>
  until(async () => (await one('SELECT count(*) FROM snapshot_inbox')) === 0, 'the verdict');

/** "coin id: size how-known" of trader 1, as shown; flat ones too. */
const shown = () =>
  one(`SELECT string_agg(coin_id || ': ' || trim_scale(size) || ' ' || known, ', ' ORDER BY coin_id)
       FROM current_positions WHERE trader_id = 1`);

/** Sizes that the log leads to, by trader and coin id, and those of the checkpoint. */
async function foldsAgree(): Promise<void> {
  const fold = `SELECT DISTINCT ON (trader_id, coin_id) trader_id, coin_id, size_after AS size FROM position_changes
    ORDER BY trader_id, coin_id, log_offset DESC`;
  await until(
    async () =>
      (await one(`SELECT count(*) FROM (${fold}) f FULL JOIN positions p USING (trader_id, coin_id)
                  WHERE f.size IS DISTINCT FROM p.size`)) === 0,
    'the checkpoint to be where the log is',
  );
}

const finer = [{ ...wirePerp('BTC'), szDecimals: 3 }];
const renumbered = () =>
  until(async () => (await one('SELECT count(*) FROM coins')) === 2, 'the other id of the coin');
const closed = () =>
  until(
    async () => (await one(`SELECT count(*) FROM position_changes WHERE cause = 'new_precision'`)) === 2,
    'the end of what is held under the former id',
  );

const ways: [string, () => Promise<void>][] = [
  [
    'while the stream runs',
    async () => {
      venue.universe = finer;
      await renumbered();
    },
  ],
  [
    'while no stream runs',
    async () => {
      await stop();
      venue.universe = finer;
      await start();
      await renumbered();
    },
  ],
  [
    'and the stream dies as soon as it has noted it',
    async () => {
      await stop();
      venue.universe = finer;
      const [perp] = [{ dex: FIRST_DEX, name: 'BTC', sizeDecimals: 3, maxLeverage: 40, delisted: false }];
      await db.database.transaction(async (tx) => {
        const coins = await syncCoins(tx, [perp], new Set([FIRST_DEX]), now);
        await setWatchedCoins(
          tx,
          coins.map((coin) => coin.id),
          now,
        );
      });
      await start();
    },
  ],
];

test.each(ways)(
  'a coin gets another precision %s: nothing of it is exact until it is polled',
  async (_, change) => {
    await start();
    await until(
      () => running?.leader.feed.status().coinsLive === 1 || venue.count('subscribe BTC') > 0,
      'the feed',
    );
    await trade(1);
    await polled(10_000, 1, '4.5');
    await trade(1_001);
    await judged();
    await until(async () => (await shown()) === '1: 6 exact', 'an exact position');

    await change();
    await closed();
    await until(() => running?.leader.feed.status().coinsLive === 1, 'the coin to be live');
    await trade(1_500);
    await foldsAgree();
    expect(await shown()).toBe('1: 0 stale, 2: 1.5 stale');
    expect(
      await one(`SELECT string_agg(DISTINCT kind || ' ' || known, ', ') FROM position_changes
                    WHERE cause = 'new_precision' AND trader_id = 1`),
    ).toBe('closed stale');
    expect(await one('SELECT reason FROM feed_gaps WHERE coin_id = 1')).toBe(
      'the precision of the coin changed',
    );
    expect(await one('SELECT count(*) FROM poll_requests WHERE trader_id IN (1, 2)')).toBe(2);
    const { book } = (running as Started).leader.pipeline;
    expect(
      [...book.slotsOf(1)].map((slot) => [book.state(slot).size, book.knownOf(slot)]),
    ).not.toContainEqual([expect.anything(), 1]);

    // As of a time at which the coin still had its former id: who could say what was traded since under which?
    await polled(10_005, 1, '6');
    await judged();
    expect(await shown()).toBe('1: 0 stale, 2: 1.5 stale');
    // By a worker that has not heard of the other id.
    await polled(20_000, 1, '7.5');
    await trade(2_500);
    await judged();
    await until(async () => (await shown()) === '1: 0 stale, 2: 9 exact', 'what the venue holds');
    await foldsAgree();

    // The venue repeats what was traded under both ids.
    await stop();
    await start();
    await until(() => running?.leader.feed.status().coinsLive === 1, 'the coin to be live again');
    await trade(2_600);
    await foldsAgree();
    await until(async () => (await shown()) === '1: 0 stale, 2: 10.5 exact', 'the same after a restart');
    expect(await one('SELECT trade_count FROM traders WHERE trader_id = 1')).toBe(traded.length);
    expect(await one('SELECT count(*) FROM feed_gaps WHERE coin_id = 2')).toBe(0);
  },
);
