/** Every WebSocket channel of the venue: acknowledgement, first frame, live frames. */
import { inflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/domain/address.ts';
import { encodeFastContexts } from '../../src/simulator/exchange/context_channels.ts';
import { type Frame, FrameClient } from './client.ts';
import { startVenueWorld, type VenueWorld } from './venue_world.ts';

const USER = parseAddress(`0x${'ab'.repeat(20)}`);
const MIXED_CASE = `0x${'aB'.repeat(20)}`;
let world: VenueWorld;
const clients: FrameClient[] = [];

beforeAll(async () => {
  world = await startVenueWorld();
  await world.deposit(USER, 10_000);
});
afterAll(() => world.close());
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

async function connect(): Promise<FrameClient> {
  const client = await FrameClient.open(world.server.websocketUrl);
  clients.push(client);
  return client;
}

/** Buys 0.001 BTC at the market. */
const buy = () =>
  world.act(USER, {
    type: 'order',
    orders: [{ a: 0, b: true, p: '120000', s: '0.001', r: false, t: { limit: { tif: 'Ioc' } } }],
    grouping: 'na',
  });
const rest = (p = '90000') =>
  world.act(USER, {
    type: 'order',
    orders: [{ a: 0, b: true, p, s: '0.001', r: false, t: { limit: { tif: 'Gtc' } } }],
    grouping: 'na',
  });

const user = { user: USER };
/** Subscription, what the acknowledgement adds to it, channel of the first frame, and what it holds. */
const SNAPSHOTS: [string, object, object, string, object][] = [
  [
    'userFills',
    user,
    { aggregateByTime: false },
    'userFills',
    { ...user, isSnapshot: true, fills: expect.any(Array) },
  ],
  ['userFundings', user, {}, 'userFundings', { ...user, isSnapshot: true, fundings: expect.any(Array) }],
  [
    'userNonFundingLedgerUpdates',
    user,
    {},
    'userNonFundingLedgerUpdates',
    { ...user, isSnapshot: true, nonFundingLedgerUpdates: [{ delta: { type: 'deposit', usdc: '10000.0' } }] },
  ],
  ['userTwapSliceFills', user, {}, 'userTwapSliceFills', { ...user, isSnapshot: true, twapSliceFills: [] }],
  ['userTwapHistory', user, {}, 'userTwapHistory', { ...user, isSnapshot: true, history: [] }],
  ['userHistoricalOrders', user, {}, 'userHistoricalOrders', { ...user, isSnapshot: true }],
  ['clearinghouseState', user, { dex: '' }, 'clearinghouseState', { ...user, dex: '' }],
  [
    'allDexsClearinghouseState',
    user,
    {},
    'allDexsClearinghouseState',
    { clearinghouseStates: expect.any(Array) },
  ],
  ['openOrders', { ...user, dex: 'xyz' }, {}, 'openOrders', { ...user, dex: 'xyz', orders: [] }],
  [
    'spotState',
    { ...user, ignorePortfolioMargin: true },
    {},
    'spotState',
    { spotState: { balances: expect.any(Array) } },
  ],
  ['twapStates', user, { dex: '' }, 'twapStates', { dex: '', states: [] }],
  [
    'activeAssetData',
    { ...user, coin: 'ETH' },
    {},
    'activeAssetData',
    { coin: 'ETH', markPx: expect.any(String) },
  ],
  [
    'webData3',
    user,
    {},
    'webData3',
    { userState: { ...user, isVault: false }, perpDexStates: expect.any(Array) },
  ],
  ['assetCtxs', { dex: 'xyz' }, {}, 'assetCtxs', { dex: 'xyz', ctxs: expect.any(Array) }],
  ['allDexsAssetCtxs', {}, {}, 'allDexsAssetCtxs', { ctxs: expect.any(Array) }],
  ['allMids', { dex: 'xyz' }, {}, 'allMids', { dex: 'xyz', mids: expect.any(Object) }],
  [
    'activeAssetCtx',
    { coin: 'BTC' },
    {},
    'activeAssetCtx',
    { coin: 'BTC', ctx: { markPx: expect.any(String) } },
  ],
  ['activeAssetCtx', { coin: 'PURR/USDC' }, {}, 'activeSpotAssetCtx', { coin: 'PURR/USDC' }],
];

describe('subscriptions', () => {
  it.each(SNAPSHOTS)('%s %j', async (type, fields, added, channel, data) => {
    const client = await connect();
    client.subscribe({ type, ...fields, ...('user' in fields ? { user: MIXED_CASE } : {}) });
    const first = await client.frame((frame) => frame.channel !== 'subscriptionResponse');
    expect(client.frames[0]).toEqual({
      channel: 'subscriptionResponse',
      data: { method: 'subscribe', subscription: { type, ...fields, ...added } },
    });
    expect(first.channel).toBe(channel);
    expect(first.data).toMatchObject(data);
  });

  it.each([
    [
      'a user that is no address',
      { type: 'userFills', user: '0x12' },
      /^Error parsing JSON into valid websocket request/,
    ],
    [
      'an unknown coin',
      { type: 'bbo', coin: 'NOPE' },
      /^Invalid subscription \{"type":"bbo","coin":"NOPE"\}$/,
    ],
    ['an unknown dex', { type: 'openOrders', user: USER, dex: 'nope' }, /^Invalid subscription/],
    ['an unknown interval', { type: 'candle', coin: 'BTC', interval: '7m' }, /^Error parsing JSON/],
    ['webData2, which is gone', { type: 'webData2', user: USER }, /^Error parsing JSON/],
  ])('%s is refused', async (_, subscription, text) => {
    const client = await connect();
    client.subscribe(subscription);
    expect((await client.frame(({ channel }) => channel === 'error')).data).toMatch(text);
  });

  it('the 16th user of an address is one too many', async () => {
    const client = await connect();
    for (let n = 0; n < 16; n++)
      client.subscribe({ type: 'orderUpdates', user: `0x${n.toString(16).padStart(40, '0')}` });
    await client.until(() => client.frames.length === 16);
    expect(client.of('error').map((frame) => frame.data)).toEqual(['Cannot track more than 15 total users.']);
  });
});

describe('live frames', () => {
  async function live(
    type: string,
    fields: object,
    fits: (frame: Frame) => boolean,
    cause: () => Promise<unknown>,
  ) {
    const client = await connect();
    client.subscribe({ type, ...fields });
    await client.frame(({ channel }) => channel === 'subscriptionResponse');
    await cause();
    return (await client.frame(fits)).data;
  }
  const on = (channel: string) => (frame: Frame) => frame.channel === channel;
  const later = (channel: string) => (frame: Frame) =>
    frame.channel === channel && !('isSnapshot' in (frame.data as object));

  it('userFills omits isSnapshot, and userEvents carries no user', async () => {
    expect(Object.keys((await live('userFills', user, later('userFills'), buy)) as object)).toEqual([
      'user',
      'fills',
    ]);
    const event = (await live('userEvents', user, on('user'), buy)) as { fills: { crossed: boolean }[] };
    expect(Object.keys(event)).toEqual(['fills']);
    expect(event.fills[0]?.crossed).toBe(true);
  });

  it('orderUpdates is a list without a user', async () => {
    const rows = (await live('orderUpdates', user, on('orderUpdates'), () => rest())) as { status: string }[];
    expect(rows[0]).toMatchObject({ status: 'open', order: { coin: 'BTC', side: 'B', limitPx: '90000.0' } });
  });

  it('openOrders and userHistoricalOrders follow an order', async () => {
    const orders = (await live(
      'openOrders',
      user,
      (frame) => frame.channel === 'openOrders' && (frame.data as { orders: unknown[] }).orders.length > 1,
      () => rest('91000'),
    )) as { orders: { limitPx: string }[] };
    expect(orders.orders.map((order) => order.limitPx)).toContain('91000.0');
    const history = await live('userHistoricalOrders', user, later('userHistoricalOrders'), () =>
      rest('92000'),
    );
    expect(history).toMatchObject({ user: USER, orderHistory: [{ status: 'open' }] });
  });

  it('clearinghouseState follows a fill', async () => {
    const client = await connect();
    client.subscribe({ type: 'clearinghouseState', ...user });
    const sizeOf = (frame: Frame) =>
      (frame.data as { clearinghouseState: { assetPositions: { position: { szi: string } }[] } })
        .clearinghouseState.assetPositions[0]?.position.szi;
    await client.until(() => client.of('clearinghouseState').length > 0);
    const before = sizeOf(client.of('clearinghouseState')[0] as Frame);
    await buy();
    await client.until(() => client.of('clearinghouseState').some((frame) => sizeOf(frame) !== before));
  });

  it('userNonFundingLedgerUpdates and candle', async () => {
    const update = await live('userNonFundingLedgerUpdates', user, later('userNonFundingLedgerUpdates'), () =>
      world.deposit(USER, 5),
    );
    expect(update).toMatchObject({ nonFundingLedgerUpdates: [{ delta: { type: 'deposit', usdc: '5.0' } }] });
    const candle = await live('candle', { coin: 'BTC', interval: '1m' }, on('candle'), buy);
    expect(candle).toMatchObject({ s: 'BTC', i: '1m', n: expect.any(Number), o: expect.any(String) });
  });
});

describe('fastAssetCtxs', () => {
  const decode = (data: unknown) =>
    JSON.parse(inflateRawSync(Buffer.from(String(data), 'base64')).toString());

  it('is base64 of raw DEFLATE of JSON, as the documented example', () => {
    const example = 'q1ZyCnFWsqpWyk0syg6oULJSsjQ3NTDQM1Wq1VFyDfFAkTI2MzXQMwJLVVRWWfmFuTiiyBuamOoZKdXWAgA=';
    const contexts = decode(example);
    expect(contexts).toMatchObject({ BTC: { markPx: '97500.5' }, ETH: expect.anything() });
    expect(decode(encodeFastContexts(contexts))).toEqual(contexts);
  });

  it('sends everything first', async () => {
    const client = await connect();
    client.subscribe({ type: 'fastAssetCtxs' });
    const frame = await client.frame(({ channel }) => channel === 'fastAssetCtxs');
    expect(decode(frame.data)).toMatchObject({
      BTC: { markPx: expect.any(String), midPx: expect.any(String) },
    });
  });
});
