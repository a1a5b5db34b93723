import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stats } from '../../src/contract/stats.ts';
import type { TraderList } from '../../src/contract/traders.ts';
import { until } from '../until.ts';
import { addCoins, addressOf, addTraders, addTrades } from './market.ts';
import { type ApiRig, startApi } from './rig.ts';

let rig: ApiRig;
beforeAll(async () => {
  rig = await startApi();
  await addCoins(rig.test.database, ['BTC', 'ETH']);
  // Every third trader has the same trade count, so that ties are paged too.
  await addTraders(
    rig.test.database,
    Array.from({ length: 30 }, (_, index) => ({ id: index + 1, trades: Math.floor(index / 3) })),
  );
  await addTrades(rig.test.database, 1, 20);
});
afterAll(() => rig.close());

async function pages(query: string): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const response = await rig.get(`/api/v1/traders?limit=7&${query}${cursor}`);
    expect(response.status).toBe(200);
    const page = (await response.json()) as TraderList;
    seen.push(...page.items.map((item) => item.address));
    if (page.nextCursor === null) return seen;
    cursor = `&cursor=${page.nextCursor}`;
  }
}

describe('traders', () => {
  const ids = Array.from({ length: 30 }, (_, index) => index + 1);

  it.each([
    ['sort=lastSeen&order=desc', [...ids].reverse()],
    ['sort=firstSeen&order=asc', ids],
    ['sort=notional&order=desc', [...ids].reverse()],
    ['sort=trades&order=asc', ids],
    ['sort=trades&order=desc', [...ids].reverse()],
    ['sort=address&order=asc', ids],
    ['sort=address&order=desc', [...ids].reverse()],
  ])('pages through all by %s, each once', async (query, expected) => {
    expect(await pages(query)).toEqual(expected.map(addressOf));
  });

  it('goes on in order when rows are added while somebody pages', async () => {
    const first = (await (
      await rig.get('/api/v1/traders?limit=10&sort=firstSeen&order=asc')
    ).json()) as TraderList;
    await addTraders(rig.test.database, [{ id: 31 }]);
    const second = (await (
      await rig.get(`/api/v1/traders?limit=50&sort=firstSeen&order=asc&cursor=${first.nextCursor}`)
    ).json()) as TraderList;
    expect([...first.items, ...second.items].map((item) => item.address)).toEqual(
      [...ids, 31].map(addressOf),
    );
    await rig.test.database.query('DELETE FROM traders WHERE trader_id = 31');
  });

  it('finds by the beginning of an address, odd digits and capitals included', async () => {
    expect(await pages('search=0x000A')).toEqual([addressOf(10)]);
    expect(await pages('search=001')).toHaveLength(15);
    expect(await pages('search=0x')).toHaveLength(30);
    expect(await pages('search=ffff')).toEqual([]);
  });

  it('lists the watched ones', async () => {
    await rig.test.database.query('INSERT INTO watchlist VALUES (3, 1), (5, 1)');
    expect(await pages('watched=true')).toEqual([addressOf(5), addressOf(3)]);
    expect(await pages('watched=false')).toHaveLength(28);
    await rig.test.database.query('DELETE FROM watchlist');
  });

  it('shows one trader', async () => {
    const response = await rig.get(`/api/v1/traders/${addressOf(7).toUpperCase().replace('0X', '0x')}`);
    expect(await response.json()).toMatchObject({
      address: addressOf(7),
      tradeCount: 2,
      notionalUsd: '70.5',
      coins: [],
    });
    expect((await rig.get(`/api/v1/traders/${addressOf(999)}`)).status).toBe(404);
  });

  it.each([
    'limit=-1',
    'limit=0',
    'limit=201',
    'limit=ten',
    'limit=',
    'limit=5&limit=6',
    'sort=password',
    'order=sideways',
    'search=0xzz',
    'search=%27%20OR%201=1',
    'colour=red',
    'cursor=',
    'cursor=%00',
    `search=${'a'.repeat(41)}`,
  ])('refuses %s with a sentence that names it', async (query) => {
    const response = await rig.get(`/api/v1/traders?${query}`);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('REQUEST_INVALID');
    expect(error.message).toContain(query.startsWith('colour') ? 'colour' : (query.split('=')[0] ?? ''));
  });

  it('refuses a cursor of another listing, a forged one and garbage', async () => {
    const page = (await (await rig.get('/api/v1/traders?limit=5&sort=trades')).json()) as TraderList;
    const forge = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const mark = (JSON.parse(Buffer.from(page.nextCursor ?? '', 'base64url').toString()) as string[])[0];
    for (const [sort, cursor] of [
      ['notional', page.nextCursor],
      ['trades', 'AAAA'],
      ['trades', forge([mark, "1'; DROP TABLE traders", 1])],
      ['trades', forge([mark, '99999999999999999999999', 1])],
      ['trades', forge([mark, '1', -1])],
      ['trades', forge([mark, '1', 1e300])],
    ]) {
      const response = await rig.get(`/api/v1/traders?limit=5&sort=${sort}&cursor=${cursor}`);
      expect(response.status, cursor ?? '').toBe(400);
      expect(((await response.json()) as { error: { code: string } }).error.code).toBe('CURSOR_INVALID');
    }
  });
});

describe('stats and tape', () => {
  it('counts what is committed and says that the exchange is simulated', async () => {
    const stats = await until(async () => {
      const body = (await (await rig.get('/api/v1/stats')).json()) as Stats;
      return body.trades.total === 20 && body.trades.perSecond.state !== 'unknown' ? body : undefined;
    });
    expect(stats).toMatchObject({ simulated: true, network: 'simulator', world: 'test' });
    expect(stats.traders.total).toBe(30);
    expect(stats.coins.listed).toBe(2);
    expect(stats.feed).toMatchObject({ state: 'unknown', dataAgeMs: null });
    expect(stats.trades.perSecond.state).toMatch(/partial|ok|zero/);
  });

  it('shows the newest trades first, decimals as exact text', async () => {
    const { items } = (await (await rig.get('/api/v1/trades/recent?limit=3')).json()) as { items: unknown[] };
    expect(items).toHaveLength(3);
    expect(items[0]).toMatchObject({
      tradeId: 20,
      coin: 'BTC',
      price: '100.5',
      size: '0.02',
      notionalUsd: '2.01',
      side: 'buy',
      buyer: addressOf(1),
      seller: addressOf(2),
    });
  });
});
