import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LeaderboardExplanation, LeaderboardPage } from '../../src/contract/leaderboard.ts';
import { ensureDayPartitions, ensureOffsetPartitions, utcDay } from '../../src/store/partitions.ts';
import { until } from '../until.ts';
import { addressOf, insertTraders, NOW, publish, TRADERS } from './ranked_traders.ts';
import { type ApiRig, startApi } from './rig.ts';

let rig: ApiRig;

beforeAll(async () => {
  rig = await startApi();
  await insertTraders(rig.test.database);
  // A position of half the leader's equity, in lots of $50.
  await rig.test.database.query('INSERT INTO trader_details (trader_id, base) VALUES (119, $1)', [
    JSON.stringify({ episodes: [], minutes: [], loads: [], held: [[0.5, 50]] }),
  ]);
});
afterAll(() => rig?.close());

const page = async (query: string): Promise<LeaderboardPage> => {
  const response = await rig.get(`/api/v1/leaderboard${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as LeaderboardPage;
};

it('says that there is no board yet, and how far it is', async () => {
  const empty = await page('');
  expect(empty).toMatchObject({ version: 0, computedAt: null, items: [], nextCursor: null });
  const progress = await rig.get('/api/v1/leaderboard/progress');
  expect(await progress.json()).toMatchObject({
    traders: TRADERS,
    seeded: 0,
    backfilled: 0,
    judged: 0,
    evidenced: 0,
    perMinute: 0,
  });
});

it('pages through everybody once, best first, and filters and sorts by any metric', async () => {
  await publish(rig.test.database, 1);
  await until(async () => (await page('')).version === 1);
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const next: LeaderboardPage = await page(`?limit=50${cursor === '' ? '' : `&cursor=${cursor}`}`);
    seen.push(...next.items.map((item) => item.address));
    cursor = next.nextCursor;
  }
  const eligible = Array.from({ length: TRADERS }, (_, i) => TRADERS - i).filter((k) => k % 10 !== 0);
  expect(seen).toEqual(eligible.map(addressOf));
  const least = await page('?window=all&sort=volume&order=asc&filter=winRate:0.45:0.455,volume::54000');
  expect(least.items.map((item) => item.metrics.volume)).toEqual([51_000, 52_000, 53_000, 54_000]);
  const classic = await page('?board=classic&limit=200');
  expect(classic.items).toHaveLength(TRADERS);
  const gated = classic.items.find((item) => item.address === addressOf(20));
  expect(gated?.gates.map((gate) => gate.code)).toEqual(['HISTORY']);
  expect(gated?.metrics.copyScore).toBeNull();
  expect(gated?.evidence.level).toBe('none');
});

it('ranks for my equity, fees and delay, with pages of their own', async () => {
  const usual = await page('?limit=200');
  const same = await page('?limit=200&takerBp=4.5&latencyMs=1500');
  expect(same.items.map((item) => item.address)).toEqual(usual.items.map((item) => item.address));
  expect(same.items[0]?.metrics.copyScore).toBeCloseTo(usual.items[0]?.metrics.copyScore ?? 0, 5);
  // Traders trade twice their capital a day, so 2 bp less is 4 bp a day.
  const cheap = await page('?limit=1&takerBp=2.5');
  const [before, after] = [usual.items[0]?.metrics, cheap.items[0]?.metrics];
  expect((after?.copyReturn ?? 0) - (before?.copyReturn ?? 0)).toBeCloseTo(80 * 4e-4, 5);
  expect(after?.copyScore).toBeGreaterThan(before?.copyScore ?? 1);
  // Trader k needs 10 k USD.
  const small = await page('?limit=200&equity=500');
  const followed = Array.from({ length: 50 }, (_, i) => 50 - i).filter((k) => k % 10 !== 0);
  expect(small.items.map((item) => item.address)).toEqual(followed.map(addressOf));
  expect(small.items.map((item) => item.rank)).toEqual(followed.map((_, place) => place + 1));
  expect(small.ranked).toBe(followed.length);
  const next = await page(
    `?limit=10&equity=500&cursor=${(await page('?limit=10&equity=500')).nextCursor ?? ''}`,
  );
  expect(next.items[0]?.address).toBe(addressOf(followed[10] ?? 0));
  // Impact is 2 bp a day for $1,000 and twice that for $4,000, and the leader earned 2 % a day.
  const rich = (await page('?limit=200&equity=4000')).items.find((item) => item.address === addressOf(119));
  expect(rich?.metrics.copyReturn).toBeCloseTo(1.19 - 80 * 2e-4, 5);
  expect(rich?.metrics.copyRatio).toBeCloseTo((1.19 - 80 * 2e-4) / (80 * 0.02), 5);
  expect(rich?.metrics.scale).toBeCloseTo(0.4, 6);
  expect(rich?.metrics.reproduced).toBeCloseTo(1 - (0.05 * 1_190) / 4_000, 5);
  const least = (await page('?limit=3&equity=1000&sort=reproduced&order=asc')).items;
  expect(least.map((item) => item.address)).toEqual([99, 98, 97].map(addressOf));
  const sorted = await page('?limit=3&equity=500&sort=volume&order=asc&filter=minCapital:95:');
  expect(sorted.items.map((item) => item.metrics.minCapital)).toEqual([110, 120, 130]);
});

it.each([
  'copyScore',
  'classicScore',
  'sharpe',
  'cost',
  'copyReturn',
  'winRate',
  'volume',
  'drawdown',
  'riskRatio',
  'maxProfit',
  'maxLoss',
  'netPnl',
  'ageDays',
  'holdMs',
  'equity',
  'minCapital',
] as const)('sorts and filters by %s', async (metric) => {
  const all = (await page(`?board=classic&limit=200&sort=${metric}&order=asc`)).items;
  const values = all.flatMap((item) => item.metrics[metric] ?? []);
  expect(values.length).toBeGreaterThan(100);
  expect(values).toEqual([...values].sort((a, b) => a - b));
  const middle = values[Math.floor(values.length / 2)] ?? 0;
  const bound = Number(middle.toFixed(6));
  const some = await page(`?board=classic&limit=200&filter=${metric}:${bound}:`);
  expect(some.items.length).toBeGreaterThan(0);
  for (const item of some.items)
    expect(item.metrics[metric] ?? -1e9).toBeGreaterThanOrEqual(Math.fround(bound));
});

it('answers 304 to who has the current version, until the next computation', async () => {
  const first = await rig.get('/api/v1/leaderboard?limit=5');
  const etag = first.headers.get('etag') ?? '';
  expect(etag).not.toBe('');
  const again = await rig.get('/api/v1/leaderboard?limit=5', { 'if-none-match': etag });
  expect(again.status).toBe(304);
  expect(await again.text()).toBe('');
  await publish(rig.test.database, 2);
  await until(async () => (await page('?limit=5')).version === 2);
  const after = await rig.get('/api/v1/leaderboard?limit=5', { 'if-none-match': etag });
  expect(after.status).toBe(200);
});

it('explains a trader, and says where it stood', async () => {
  const response = await rig.get(`/api/v1/leaderboard/${addressOf(119)}/explain`);
  const told = (await response.json()) as LeaderboardExplanation;
  expect(told.copy).toMatchObject({ rank: 1, of: 108 });
  expect(told.metrics['winRate']).toEqual({ value: 0.5, absent: null, n: 40 });
  expect(told.metrics['sharpe']).toEqual({ value: 11.9, absent: null, n: 40 });
  expect(told.history.state).toBe('none');
  expect(told.evidence.percentile).toBeCloseTo(100 * (1 - 0.5 / 108), 9);
  expect(told.classic).toMatchObject({ of: TRADERS });
  expect((await rig.get(`/api/v1/leaderboard/${addressOf(9_999)}/explain`)).status).toBe(404);
});

it("explains what copying would be for a follower's own terms", async () => {
  const asked = async (query: string) => {
    const response = await rig.get(`/api/v1/leaderboard/${addressOf(119)}/explain${query}`);
    expect(response.status).toBe(200);
    return ((await response.json()) as LeaderboardExplanation).follower;
  };
  const usual = await asked('');
  expect(usual).toMatchObject({ equityUsd: 1_000, takerBp: 4.5, latencyMs: 1_500, scale: 0.1 });
  expect(usual?.outcome).toMatchObject({ impact: 0.02, fees: expect.closeTo(0.072, 9) });
  const mine = await asked('?equity=190&takerBp=2&latencyMs=0');
  // Of $95 one lot of $50 can be held.
  expect(mine?.reproduced).toBeCloseTo(50 / 95, 9);
  expect(mine?.outcome?.impact).toBeCloseTo(0.02 * Math.sqrt(0.19), 9);
  expect(mine?.outcome).toMatchObject({ gross: 0.6, delay: 0, spread: expect.closeTo(0.01, 9) });
  expect(mine?.curve[0]).toEqual({ delayMs: 0, copyRatio: mine?.copyRatio });
  expect(mine?.curve.map(({ delayMs }) => delayMs)).toEqual([0, 1_000, 3_000, 10_000, 60_000]);
  // It needs $1,190.
  expect(mine?.place).toBeNull();
  const place = (await asked('?equity=2000'))?.place;
  expect(place).toMatchObject({ rank: 1, of: 108 });
});

it('tells where a trader stood, a point for each change, also from before there were pages', async () => {
  const { database } = rig.test;
  const points = async (trader: number, query = 'from=0') => {
    const response = await rig.get(`/api/v1/leaderboard/${addressOf(trader)}/ranks?${query}`);
    return ((await response.json()) as { points: { rank: number | null }[] }).points;
  };
  // Both publications have noted the same.
  const now = expect.objectContaining({ time: NOW, rank: 1, of: 108, score: expect.any(Number) });
  expect(await points(119)).toEqual([now]);
  expect(await points(120)).toEqual([]);
  expect(await points(120, 'from=0&board=classic')).toHaveLength(1);
  const before = NOW - 86_400_000;
  await ensureDayPartitions(database, 'rank_history', [utcDay(before)]);
  await database.query(
    `INSERT INTO rank_history SELECT id, 90, $1, 7, 50, 0.5, NULL, 60, NULL FROM unnest('{119,120}'::int8[]) id`,
    [before],
  );
  expect(await points(119)).toEqual([{ time: before, rank: 7, of: 50, score: 0.5 }, now]);
  // No more on the board.
  expect((await points(120)).map(({ rank }) => rank)).toEqual([7, null]);
  expect(await points(119, `from=${NOW}`)).toEqual([now]);
});

it('measures how far the price ran after changes of position, by the trades that are kept', async () => {
  const { database } = rig.test;
  const drift = async (trader: number) => {
    const response = await rig.get(`/api/v1/leaderboard/${addressOf(trader)}/explain`);
    return ((await response.json()) as LeaderboardExplanation).measuredDecay;
  };
  const nothing = [1_000, 3_000, 10_000, 60_000].map((offsetMs) => ({ offsetMs, driftBp: null, n: 0 }));
  expect(await drift(117)).toEqual(nothing);
  await ensureDayPartitions(
    database,
    'trades',
    [-1, 0, 1].map((day) => utcDay(NOW) + day),
  );
  await ensureOffsetPartitions(database, 'position_changes', { epoch: 3, fromOffset: 0, throughOffset: 9 });
  await database.query('INSERT INTO stream_state VALUES (true, 3, 0, 9, 1, 0, 0, 0, 0)');
  /** [coin, ms after NOW, seq, price]: the highest id of a block is not its last trade. */
  const trades = [
    [1, -5, 1, 90],
    [1, 0, 2, 95],
    [1, 0, 3, 100],
    [1, 900, 4, 101],
    [1, 2_999, 5, 102],
    [1, 9_000, 6, 103],
    [1, 60_001, 7, 999],
    [2, 86_399_999, 8, 50],
    [2, 86_400_500, 9, 49],
    [2, 86_459_000, 10, 51],
    [1, 86_400_000, 11, 1],
    [3, 0, 12, 10],
  ];
  for (const [coin, after, seq, price] of trades)
    await database.query('INSERT INTO trades VALUES ($1, $2, $3, $4, $5, 1, 1, 2, true, 0)', [
      coin,
      NOW + (after ?? 0),
      100 - (seq ?? 0),
      seq,
      price,
    ]);
  /** Opens 2 long, then a short of another coin is closed; an audit's change has no price, a quiet coin none later. */
  const changes = [
    [1, 1, 'opened', 'trades', 0, 2, 100, 200, NOW],
    [2, 2, 'closed', 'trades', -3, 0, 50, 150, NOW + 86_399_999],
    [3, 1, 'opened', 'audit', 0, 5, null, null, NOW],
    [4, 3, 'opened', 'trades', 0, 9, 10, 90, NOW],
  ];
  for (const [offset, coin, kind, cause, before, after, price, notional, time] of changes)
    await database.query(
      `INSERT INTO position_changes
       VALUES (3, $1, 118, $2, $3, $4, $5, $6, $7, $8, 0, 0, 1, 0, 0, 'exact', '{}', $9, 0, 0)`,
      [offset, coin, kind, cause, before, after, price, notional, time],
    );
  // The long: +1, +2, +3 of 100, and 60 s later the same trade. The short: the price fell by 2 %, then rose by 2 %.
  expect(await drift(118)).toEqual([
    { offsetMs: 1_000, driftBp: 100 - 200, n: 2 },
    { offsetMs: 3_000, driftBp: 200 - 200, n: 2 },
    { offsetMs: 10_000, driftBp: 300 - 200, n: 2 },
    { offsetMs: 60_000, driftBp: 300 + 200, n: 2 },
  ]);
  // For a minute nobody asks the database again.
  await database.query('DELETE FROM position_changes');
  expect((await drift(118))[0]?.n).toBe(2);
});

it('counts the judged as they were published', async () => {
  await until(async () => {
    const progress = await rig.get('/api/v1/leaderboard/progress');
    const { judged, evidenced } = (await progress.json()) as { judged: number; evidenced: number };
    return judged === TRADERS && evidenced === 108;
  });
});

it.each([
  '?filter=winRate',
  '?filter=winRate::',
  '?filter=nonsense:1:',
  '?filter=winRate:1e9:',
  '?sort=nonsense',
  '?metrics=',
  '?metrics=sortino,nonsense',
  '?window=14d',
  '?limit=100000',
  '?cursor=abc',
  '?board=copy&extra=1',
  '?equity=0',
])('refuses %s with what is wrong', async (query) => {
  const response = await rig.get(`/api/v1/leaderboard${query}`);
  expect(response.status).toBe(400);
});
