import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiToken } from '../../src/api/access.ts';
import { exportPieces } from '../../src/api/export.ts';
import type { AccountValue } from '../../src/contract/account_value.ts';
import type { EventList, TraderEvents, TraderPositions } from '../../src/contract/events.ts';
import type { PositionChange } from '../../src/contract/positions.ts';
import type { System } from '../../src/contract/system.ts';
import type { TraderList } from '../../src/contract/traders.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { readDrift } from '../../src/store/read_system.ts';
import { appendChanges, beginLog } from './log.ts';
import { addCoins, addressOf, addTraders, EPOCH } from './market.ts';
import { type ApiRig, startApi } from './rig.ts';

let rig: ApiRig;
let operator: string;
const TOTAL = 60;
beforeAll(async () => {
  rig = await startApi({ limits: { perCaller: { burst: 10_000, perSecond: 1_000 } } });
  const db = rig.test.database;
  operator = (await createApiToken(db, systemClock, { name: 'operator', role: 'operator' })).reveal();
  await addCoins(db, ['BTC', '=HYPERLINK("evil")']);
  await addTraders(db, [{ id: 1 }, { id: 2 }, { id: 3 }]);
  await beginLog(db);
  await appendChanges(
    db,
    Array.from({ length: TOTAL }, (_, index) => ({
      trader: 1 + (index % 2),
      coin: 1 + (index % 3 === 0 ? 1 : 0),
      kind: index % 5 === 0 ? 'closed' : 'opened',
      known: index === 7 ? 'estimated' : 'exact',
      pnl: index === 7 ? '-2.50' : '0',
    })),
  );
  // Retention has passed the first ten.
  await db.query('DELETE FROM position_changes WHERE log_offset <= 10');
});
afterAll(() => rig.close());

const json = async <T>(path: string): Promise<T> => {
  const response = await rig.get(path);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
};
const offsets = (items: readonly PositionChange[]) => items.map((change) => change.offset);
const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the log in pages', () => {
  it('goes from a place to the head, each change once', async () => {
    const seen: number[] = [];
    let next = `${EPOCH}:10`;
    for (;;) {
      const page = await json<EventList>(`/api/v1/events?after=${next}&limit=7`);
      seen.push(...offsets(page.items));
      next = page.next ?? '';
      if (!page.more) break;
    }
    expect(seen).toEqual(span(11, TOTAL));
    expect(next).toBe(`${EPOCH}:${TOTAL}`);
    expect((await json<EventList>(`/api/v1/events?after=${next}`)).items).toEqual([]);
  });

  it('without a place, gives the newest', async () => {
    expect(offsets((await json<EventList>('/api/v1/events?limit=3')).items)).toEqual(span(TOTAL - 2, TOTAL));
  });

  it('filters by trader, coin and kinds, and still says how far it looked', async () => {
    const page = await json<EventList>(
      `/api/v1/events?after=${EPOCH}:10&trader=${addressOf(2)}&kinds=closed,flipped&limit=1000`,
    );
    expect(offsets(page.items)).toEqual(
      span(11, TOTAL).filter((offset) => offset % 2 === 0 && (offset - 1) % 5 === 0),
    );
    expect(page.next).toBe(`${EPOCH}:${TOTAL}`);
    expect((await json<EventList>(`/api/v1/events?coin=DOGE`)).items).toEqual([]);
    expect((await json<EventList>(`/api/v1/events?trader=${addressOf(99)}`)).items).toEqual([]);
    const coin = encodeURIComponent('=HYPERLINK("evil")');
    const rows = (await json<EventList>(`/api/v1/events?after=${EPOCH}:10&coin=${coin}`)).items;
    expect(offsets(rows)).toEqual(span(11, TOTAL).filter((offset) => (offset - 1) % 3 === 0));
  });

  it.each([`${EPOCH}:3`, `${EPOCH - 1}:20`, `${EPOCH}:1000`])('says that %s is gone', async (after) => {
    for (const path of ['/api/v1/events', '/api/v1/events/export']) {
      const response = await rig.get(`${path}?after=${after}`);
      expect(response.status).toBe(410);
      expect(((await response.json()) as { error: { code: string } }).error.code).toBe('LOG_PLACE_GONE');
    }
  });

  it.each([
    'after=1',
    'after=1:x',
    'kinds=dance',
    'kinds=',
    'trader=0x1',
    'limit=1001',
    'format=xml',
    'coin=',
  ])('refuses %s', async (query) => {
    expect((await rig.get(`/api/v1/events?${query}`)).status).toBe(400);
  });
});

describe('one trader', () => {
  it('shows the history backwards, page by page', async () => {
    const seen: number[] = [];
    for (let cursor = ''; ; ) {
      const page = await json<TraderEvents>(`/api/v1/traders/${addressOf(1)}/events?limit=4${cursor}`);
      seen.push(...offsets(page.items));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(seen).toEqual(
      span(11, TOTAL)
        .filter((offset) => offset % 2 === 1)
        .reverse(),
    );
    expect((await rig.get(`/api/v1/traders/${addressOf(99)}/events`)).status).toBe(404);
  });

  it('shows positions with what is known of them', async () => {
    const db = rig.test.database;
    await db.query(
      `INSERT INTO positions (trader_id, coin_id, size, cost_usd, episode, episode_pnl_usd, opened_at, changed_at, known,
         verified_at, log_offset)
       VALUES (3, 1, '-0.250', '1000.00', 1, '12.50', 5, 6, 'exact', 7, 0), (3, 2, '0', '0', 1, '1', 5, 6, 'exact', 7, 0)`,
    );
    const path = `/api/v1/traders/${addressOf(3)}/positions`;
    const exact = {
      coin: 'BTC',
      size: '-0.25',
      entryPrice: { v: '4000', state: 'ok' },
      realisedPnlUsd: { v: '12.5', state: 'ok' },
      known: 'exact',
      openedAt: 5,
      changedAt: 6,
      verifiedAt: 7,
    };
    expect(await json<TraderPositions>(path)).toEqual({ at: `${EPOCH}:${TOTAL}`, items: [exact] });
    // A loss on the feed of the coin makes it stale; the figures say so.
    await db.query('UPDATE coin_feed SET exact_since = 100 WHERE coin_id = 1');
    expect((await json<TraderPositions>(path)).items[0]).toMatchObject({
      known: 'stale',
      entryPrice: { v: '4000', state: 'stale', reason: expect.stringContaining('missed') },
    });
    await db.query('UPDATE coin_feed SET exact_since = 0 WHERE coin_id = 1');
  });

  it('shows what is not exact as such', async () => {
    const { items } = await json<EventList>(
      `/api/v1/events?after=${EPOCH}:10&trader=${addressOf(2)}&limit=1`,
    );
    expect(items[0]).toMatchObject({ kind: 'opened', realisedPnlUsd: { v: null, state: 'na' } });
    await appendChanges(rig.test.database, [
      { trader: 2, known: 'estimated', pnl: '-2.50', kind: 'reduced' },
    ]);
    const { items: last } = await json<EventList>('/api/v1/events?limit=1');
    expect(last[0]?.realisedPnlUsd).toMatchObject({ v: '-2.5', state: 'partial' });
    await rig.test.database.query('DELETE FROM position_changes WHERE log_offset > $1', [TOTAL]);
    await rig.test.database.query('UPDATE stream_state SET next_offset = $1', [TOTAL + 1]);
  });

  it('gives the account value by dex, bounded, the last of each interval', async () => {
    const db = rig.test.database;
    await db.query('SELECT create_day_partition($1, 1)', ['account_snapshots']);
    for (let i = 0; i < 100; i++) {
      await db.query(
        `INSERT INTO account_snapshots (snapshot_id, trader_id, dex, state_time, requested_at, received_at,
           account_value_usd, notional_usd, margin_used_usd, withdrawable_usd, coin_ids, sizes, entry_prices)
         VALUES ($1, 1, $2, $3, 0, 0, $4, '5.0', 0, 0, '{}', '{}', '{}')`,
        [i, i % 10 === 0 ? 'xyz' : '', 86_400_000 + i * 1000, `${i - 50}.10`],
      );
    }
    const path = `/api/v1/traders/${addressOf(1)}/account-value?from=86400000&to=86500000`;
    const { series } = await json<AccountValue>(`${path}&points=10`);
    expect(series.map((one) => one.dex)).toEqual(['', 'xyz']);
    const points = series[0]?.points ?? [];
    expect(points.length).toBeLessThanOrEqual(11);
    expect(points.at(0)).toEqual({ time: 86_409_000, accountValueUsd: '-41.1', notionalUsd: '5' });
    expect(points.map((point) => point.time)).toEqual(
      points.map((point) => point.time).sort((a, b) => a - b),
    );
    expect((await rig.get(`/api/v1/traders/${addressOf(1)}/account-value?from=5&to=5`)).status).toBe(400);
  });
});

describe('the account value of a unified account', () => {
  const START = 86_400_000;
  const path = `/api/v1/traders/${addressOf(2)}/account-value?from=${START}&to=${START + 100_000}`;
  let snapshot = 1_000;
  const see = (at: number, dex: string, value: string, mode: string | null) =>
    rig.test.database.query(
      `INSERT INTO account_snapshots (snapshot_id, trader_id, dex, state_time, requested_at, received_at,
         account_value_usd, notional_usd, margin_used_usd, withdrawable_usd, coin_ids, sizes, entry_prices, account_mode)
       VALUES ($1, 2, $2, $3, 0, 0, $4, '5.5', 0, 0, '{}', '{}', '{}', $5)`,
      [snapshot++, dex, START + at, value, mode],
    );
  const setMode = (mode: string) =>
    rig.test.database.query(
      `INSERT INTO account_modes VALUES (2, $1, 1) ON CONFLICT (trader_id) DO UPDATE SET mode = excluded.mode`,
      [mode],
    );
  const valuesOf = async (points: number) => {
    const { series } = await json<AccountValue>(`${path}&points=${points}`);
    return series.map(({ dex, covers, points: list }) => [
      dex,
      covers,
      list.map((point) => [point.time - START, point.accountValueUsd, point.notionalUsd]),
    ]);
  };

  it('is one series of all dexs together, without what was seen before its mode was known', async () => {
    await rig.test.database.query('SELECT create_day_partition($1, 1)', ['account_snapshots']);
    await see(1_000, '', '0', null);
    await see(1_100, 'xyz', '2', null);
    // A poll of both dexs, one of the first and another that only a request asked, and again one of all.
    await see(10_000, '', '1000.25', 'unifiedAccount');
    await see(10_100, 'xyz', '-2.50', 'unifiedAccount');
    await see(19_999, '', '1010.25', 'unifiedAccount');
    await see(20_001, 'abc', '7', 'unifiedAccount');
    await see(30_000, '', '900', 'unifiedAccount');
    await see(30_100, 'abc', '0', 'unifiedAccount');
    await see(30_200, 'xyz', '1', 'unifiedAccount');
    await setMode('unifiedAccount');
    const together = [
      [10_000, '997.75', '11'],
      [19_999, '1014.75', '16.5'],
      [30_000, '901', '16.5'],
    ];
    expect(await valuesOf(1_000)).toEqual([['', 'account', together]]);
    expect(await valuesOf(10)).toEqual([['', 'account', together.slice(1)]]);
    await setMode('portfolioMargin');
    expect(await valuesOf(1_000)).toEqual([['', 'account', together]]);
  });

  it('is that of its dexs again when it no longer is one, without what was seen while it was', async () => {
    await see(40_000, '', '50', 'default');
    await setMode('default');
    expect(await valuesOf(1_000)).toEqual([
      [
        '',
        'dex',
        [
          [1_000, '0', '5.5'],
          [40_000, '50', '5.5'],
        ],
      ],
      ['xyz', 'dex', [[1_100, '2', '5.5']]],
    ]);
  });
});

describe('export', () => {
  it('breaks off rather than skip what retention took after it began', async () => {
    const range = { filter: {}, epoch: EPOCH, after: 5, through: TOTAL, limit: 100 };
    const pieces = exportPieces(rig.test.database, range, 'ndjson');
    await expect(pieces.next()).rejects.toMatchObject({ code: 'LOG_PLACE_GONE' });
  });

  it('gives CSV that is safe to open, and can be continued from its last row', async () => {
    const response = await rig.get(`/api/v1/events/export?after=${EPOCH}:10&limit=20`);
    expect(response.headers.get('content-type')).toContain('text/csv');
    expect(response.headers.get('x-log-head')).toBe(`${EPOCH}:${TOTAL}`);
    const lines = (await response.text()).trimEnd().split('\r\n');
    expect(lines[0]?.startsWith('epoch,offset,')).toBe(true);
    expect(lines).toHaveLength(21);
    expect(lines.join('\n')).toContain(`"'=HYPERLINK(""evil"")"`);
    const [epoch, offset] = (lines.at(-1) ?? '').split(',');
    const rest = await (await rig.get(`/api/v1/events/export?after=${epoch}:${offset}&format=ndjson`)).text();
    const rows = rest
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as PositionChange);
    expect(offsets(rows)).toEqual(span(31, TOTAL));
  });

  it('without a place, begins at the oldest that is kept', async () => {
    const text = await (await rig.get('/api/v1/events/export?format=ndjson')).text();
    expect(
      offsets(
        text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as PositionChange),
      ),
    ).toEqual(span(11, TOTAL));
  });
});

describe('the watchlist', () => {
  it('is kept by operators, safe to repeat, and told as news', async () => {
    const news: unknown[] = [];
    const client = await rig.test.database.pool.connect();
    client.on('notification', (message) => news.push(JSON.parse(message.payload ?? '')));
    await client.query('LISTEN news');
    const call = (method: string, address: string, token = operator) =>
      fetch(`${rig.api.url}/api/v1/watchlist/${address}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await call('PUT', addressOf(2), rig.token)).status).toBe(403);
    expect((await call('PUT', addressOf(2))).status).toBe(204);
    expect((await call('PUT', addressOf(2))).status).toBe(204);
    expect((await call('PUT', addressOf(99))).status).toBe(404);
    expect((await call('PUT', 'nobody')).status).toBe(400);
    const watched = () => json<TraderList>('/api/v1/traders?watched=true');
    expect((await watched()).items.map((trader) => [trader.address, trader.watched])).toEqual([
      [addressOf(2), true],
    ]);
    const asked = await rig.test.database.query(
      'DELETE FROM poll_requests RETURNING trader_id, dex, priority::int4, reason',
    );
    expect(asked.rows).toEqual([{ trader_id: 2, dex: '', priority: 0, reason: 'watched' }]);
    expect((await call('DELETE', addressOf(2))).status).toBe(204);
    expect((await call('DELETE', addressOf(2))).status).toBe(204);
    expect((await watched()).items).toEqual([]);
    await client.query('SELECT 1');
    client.release(true);
    expect(news.filter((item) => (item as { topic: string }).topic === 'watchlist')).toHaveLength(4);
  });
});

describe('system', () => {
  it('tells sweep ages, gaps, drift and tasks', async () => {
    const db = rig.test.database;
    const now = systemClock.now();
    await db.query('UPDATE traders SET last_tracked_at = $1 WHERE trader_id = 1', [now - 120_000]);
    await db.query('UPDATE traders SET last_tracked_at = $1 WHERE trader_id = 2', [now - 30 * 86_400_000]);
    await db.query(
      `INSERT INTO feed_gaps (coin_id, from_time, to_time, reason, recorded_at) VALUES (1, 1, 2, 'cut', $1)`,
      [now],
    );
    await db.query(
      `INSERT INTO drift_records (snapshot_id, trader_id, coin_id, book_size, venue_size, known, cause, state_time, recorded_at)
       VALUES (1, 1, 1, '1.50', '-2', 'exact', 'liquidation', 5, $1)`,
      [now],
    );
    const system = await json<System>('/api/v1/system');
    expect(system.sweep).toMatchObject({ tracked: 2, never: 1, waiting: 0, p95AgeMs: { state: 'unknown' } });
    expect(system.sweep.ages.filter((bin) => bin.traders > 0)).toEqual([
      { upToMs: 300_000, traders: 1 },
      { upToMs: null, traders: 1 },
    ]);
    expect(system.gaps).toMatchObject([{ coin: 'BTC', from: 1, to: 2, reason: 'cut' }]);
    expect(system.drift).toMatchObject([
      { trader: addressOf(1), bookSize: '1.5', venueSize: '-2', cause: 'liquidation' },
    ]);
    expect(system.audits).toMatchObject({
      lastDay: 0,
      driftLastDay: 1,
      driftPer100k: { v: null, state: 'unknown' },
    });
    expect(system.queues).toBeNull();
    expect(system.known).toEqual([{ known: 'exact', positions: 1 }]);
  });

  it('explains a drift by the one of the other side, whichever was found first', async () => {
    const db = rig.test.database;
    await db.query('DELETE FROM drift_records');
    // Trader, coin, book, venue, cause, ms of the state; newest last.
    const rows = [
      [1, 1, '2', '0', 'liquidation', 1_000],
      [2, 1, '-2', '0', 'unexplained', 2_000],
      [1, 2, '5', '5.5', 'unexplained', 3_000],
      [3, 2, '1', '0.5', 'unexplained', 4_000],
      [3, 1, '7', '7.25', 'unexplained', 5_000],
      [2, 2, '0', '0.5', 'unexplained', 4_001 + 86_400_000],
    ];
    for (const row of rows) {
      await db.query(
        `INSERT INTO drift_records (snapshot_id, trader_id, coin_id, book_size, venue_size, known, cause, state_time, recorded_at)
         VALUES (1, $1, $2, $3, $4, 'exact', $5, $6, 0)`,
        row,
      );
    }
    const drift = await readDrift(db, 10);
    expect(drift.map((one) => one.cause).reverse()).toEqual([
      'liquidation',
      'deleveraging',
      'missed_trade',
      'missed_trade',
      'unexplained',
      'unexplained',
    ]);
  });
});
