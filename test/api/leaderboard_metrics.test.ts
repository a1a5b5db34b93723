/** Metrics that are not in the published bytes: read as columns when somebody sorts or filters by them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ErrorBody } from '../../src/contract/errors.ts';
import type { LeaderboardPage } from '../../src/contract/leaderboard.ts';
import { until } from '../until.ts';
import { addressOf, insertTraders, publish, sortinoOf, TRADERS } from './ranked_traders.ts';
import { type ApiRig, startApi } from './rig.ts';

let rig: ApiRig;
beforeAll(async () => {
  rig = await startApi();
  await insertTraders(rig.test.database);
  await publish(rig.test.database, 1);
  await until(async () => (await page('')).version === 1);
});
afterAll(() => rig?.close());

const page = async (query: string): Promise<LeaderboardPage> => {
  const response = await rig.get(`/api/v1/leaderboard${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as LeaderboardPage;
};

/** All pages of a listing, page by page. */
async function allOf(query: string) {
  const items: LeaderboardPage['items'] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const next: LeaderboardPage = await page(`?limit=25&${query}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    items.push(...next.items);
    cursor = next.nextCursor;
  }
  return items;
}

const EVERYBODY = Array.from({ length: TRADERS }, (_, i) => i + 1);
const ranksBySortino = (traders: readonly number[]) =>
  traders.filter((k) => sortinoOf(k) !== null).sort((a, b) => (sortinoOf(b) ?? 0) - (sortinoOf(a) ?? 0));

it.each([
  ['classic', EVERYBODY],
  ['copy', EVERYBODY.filter((k) => k % 10 !== 0)],
] as const)(
  'sorts the %s board by a metric that is not in the published bytes, without those of whom it is unknown',
  async (board, traders) => {
    const wanted = ranksBySortino(traders);
    const descending = await allOf(`board=${board}&sort=sortino`);
    expect(descending.map((item) => item.address)).toEqual(wanted.map(addressOf));
    expect(descending.map((item) => item.metrics.sortino)).toEqual(wanted.map(sortinoOf));
    const ascending = await allOf(`board=${board}&sort=sortino&order=asc`);
    expect(ascending.map((item) => item.address)).toEqual(wanted.map(addressOf).reverse());
  },
);

it('filters by it, together with published metrics, other orders and my terms', async () => {
  const inside = (k: number) => (sortinoOf(k) ?? -9) >= -1.5 && (sortinoOf(k) ?? 99) <= 4;
  const found = await allOf('board=classic&filter=sortino:-1.5:4,winRate:0.42:&sort=volume&order=asc');
  const wanted = EVERYBODY.filter((k) => inside(k) && k >= 20);
  expect(wanted.length).toBeGreaterThan(20);
  expect(found.map((item) => item.address)).toEqual(wanted.map(addressOf));
  expect(found.map((item) => item.metrics.sortino)).toEqual(wanted.map(sortinoOf));
  // Trader k needs 10 k USD.
  const mine = await allOf('equity=500&takerBp=2&sort=sortino');
  const followed = EVERYBODY.filter((k) => k <= 50 && k % 10 !== 0);
  expect(mine.map((item) => item.address)).toEqual(ranksBySortino(followed).map(addressOf));
});

it('carries the metrics that were asked for, and no others', async () => {
  const { items } = await page('?board=classic&limit=200&metrics=ownSharpe,sortino,calmar&sort=blowUps');
  expect(items).toHaveLength(TRADERS);
  for (const { address, metrics } of items) {
    const k = Number.parseInt(address, 16);
    expect(metrics).toMatchObject({
      sharpe: Math.fround(k / 400),
      ownSharpe: Math.fround(k / 10),
      sortino: sortinoOf(k),
      calmar: null,
      blowUps: 1,
    });
    expect(metrics).not.toHaveProperty('skew');
  }
  const usual = await page('?limit=1');
  expect(usual.items[0]?.metrics).not.toHaveProperty('sortino');
});

it('takes a stored name for the published metric that it is', async () => {
  const { items } = await page('?board=classic&limit=3&sort=volumeUsd&filter=bestEpisodeUsd:100:');
  expect(items.map((item) => item.metrics.volume)).toEqual([120_000, 119_000, 118_000]);
});

it('goes on with a cursor of an older version, and never puts columns of two versions together', async () => {
  const first = await page('?limit=40&board=classic&sort=sortino');
  expect(first.version).toBe(1);
  await publish(rig.test.database, 2);
  // Nobody has told the server yet, or just now: a column that it has to read tells it.
  const newest = await page('?limit=200&board=classic&sort=liquidations');
  expect(newest.version).toBe(2);
  expect(newest.items.map((item) => item.metrics.liquidations)).toEqual(EVERYBODY.map(() => 2));
  const second = await page(`?limit=200&board=classic&sort=sortino&cursor=${first.nextCursor}`);
  expect(second.version).toBe(2);
  const seen = [...first.items, ...second.items].map((item) => item.address);
  expect(seen).toEqual(ranksBySortino(EVERYBODY).map(addressOf));
});

it.each(['sort=sortinos', 'filter=sortinos:1:', 'metrics=skew,sortinos'])(
  'names the nearest metric to what is none: %s',
  async (query) => {
    const response = await rig.get(`/api/v1/leaderboard?${query}`);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as ErrorBody;
    expect(error.code).toBe('REQUEST_INVALID');
    expect(error.message).toContain('"sortinos" is no metric; the nearest is sortino');
  },
);
