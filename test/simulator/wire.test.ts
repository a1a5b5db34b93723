import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { LimitSettings } from '../../src/simulator/wire/limits.ts';
import type { WireServer } from '../../src/simulator/wire/server.ts';
import { until } from '../until.ts';
import { FrameClient, info, post } from './client.ts';

interface Trade {
  coin: string;
  side: 'A' | 'B';
  px: string;
  sz: string;
  time: number;
  tid: number;
  users: [string, string];
}

const start = (limits: Partial<LimitSettings> = {}, tradesPerSecond = 50): Promise<WireServer> =>
  startSimulator({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: silentLogger,
    source: { kind: 'tape', seed: 'wire', tradesPerSecond },
    limits,
  });

const clients: FrameClient[] = [];
async function connect(server: WireServer): Promise<FrameClient> {
  const client = await FrameClient.open(server.websocketUrl);
  clients.push(client);
  return client;
}
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

describe('the feed over a socket', () => {
  let server: WireServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());

  it('acknowledges with defaults filled in, then sends the snapshot', async () => {
    const client = await connect(server);
    client.subscribe({ type: 'l2Book', coin: 'BTC' });
    await client.until(() => client.of('l2Book').length > 0);
    expect(client.frames[0]).toEqual({
      channel: 'subscriptionResponse',
      data: {
        method: 'subscribe',
        subscription: { type: 'l2Book', coin: 'BTC', nSigFigs: null, mantissa: null, fast: false },
      },
    });
  });

  it('replays exactly 30 trades, oldest first, then one frame per block', async () => {
    const client = await connect(server);
    client.subscribe({ type: 'trades', coin: 'BTC' });
    await client.until(() => client.of('trades').length > 4);
    const [replayed, ...live] = client.of('trades').map((frame) => frame.data as Trade[]);
    expect(replayed).toHaveLength(30);
    const times = (replayed ?? []).map((trade) => trade.time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const frame of live) expect(new Set(frame.map((trade) => trade.time)).size).toBe(1);
  });

  it('shows the replayed trades in recentTrades, newest first', async () => {
    const trades = await info<Trade[]>(server.url, { type: 'recentTrades', coin: 'ETH' });
    const client = await connect(server);
    client.subscribe({ type: 'trades', coin: 'ETH' });
    const frame = await client.frame(({ channel }) => channel === 'trades');
    const known = new Set(trades.map((trade) => trade.tid));
    const shared = (frame.data as Trade[]).filter((trade) => known.has(trade.tid));
    expect(shared.length).toBeGreaterThan(20);
    expect(trades[0]?.time).toBeGreaterThanOrEqual(trades.at(-1)?.time ?? 0);
  });

  it('answers with the exact error texts', async () => {
    const client = await connect(server);
    const trades = { type: 'trades', coin: 'BTC' };
    client.subscribe(trades);
    client.subscribe(trades);
    client.send({ method: 'unsubscribe', subscription: { type: 'bbo', coin: 'BTC' } });
    client.subscribe({ type: 'trades', coin: 'NOPE' });
    client.send('{"method":"subscribe","subscription":{"type":"liquidations"}}');
    client.send('not json');
    client.send('{"method":"ping"}');
    await client.frame(({ channel }) => channel === 'pong');
    expect(client.of('error').map((frame) => frame.data)).toEqual([
      'Already subscribed: {"type":"trades","coin":"BTC"}',
      'Already unsubscribed: {"type":"bbo","coin":"BTC"}',
      'Invalid subscription {"type":"trades","coin":"NOPE"}',
      'Error parsing JSON into valid websocket request: {"method":"subscribe","subscription":{"type":"liquidations"}}',
      'Error parsing JSON into valid websocket request: not json',
    ]);
    // Live trades may come at any time.
    expect(client.frames.filter(({ channel }) => channel !== 'trades').at(-1)).toEqual({ channel: 'pong' });
  });

  it('answers posts', async () => {
    const client = await connect(server);
    client.send({ method: 'post', id: 7, request: { type: 'info', payload: { type: 'exchangeStatus' } } });
    client.send({ method: 'post', id: 8, request: { type: 'info', payload: { type: 'nothing' } } });
    await client.until(() => client.of('post').length === 2);
    expect(client.of('post').map((frame) => frame.data)).toMatchObject([
      {
        id: 7,
        response: { type: 'info', payload: { type: 'exchangeStatus', data: { specialStatuses: null } } },
      },
      { id: 8, response: { type: 'error', payload: expect.stringMatching(/^422 Failed to deserialize/) } },
    ]);
  });

  it('gives a holder the position that follows from the trades', async () => {
    const trades = await info<Trade[]>(server.url, { type: 'recentTrades', coin: 'BTC' });
    const user = trades[0]?.users[0];
    const state = await info<{ assetPositions: unknown[]; marginSummary: object }>(server.url, {
      type: 'clearinghouseState',
      user,
    });
    expect(state.marginSummary).toHaveProperty('accountValue');
    expect(Array.isArray(state.assetPositions)).toBe(true);
  });
});

describe('http refusals', () => {
  let server: WireServer;
  beforeAll(async () => {
    server = await start({ restWeight: 1_000_000 });
  });
  afterAll(() => server.close());

  const json = { 'content-type': 'application/json' };
  const cases: [string, string, unknown, Record<string, string>, number, RegExp][] = [
    ['an unknown type', '/info', { type: 'leaderboard' }, json, 422, /^Failed to deserialize the JSON body/],
    ['a missing field', '/info', { type: 'l2Book' }, json, 422, /missing field `coin`/],
    ['a wrong kind', '/info', { type: 'candleSnapshot', req: 5 }, json, 422, /^Failed to deserialize/],
    ['an array', '/info', [1], json, 422, /^Failed to deserialize/],
    ['broken JSON', '/info', '{"type":', json, 400, /^Failed to parse the request body as JSON/],
    ['another content type', '/info', '{}', { 'content-type': 'text/plain' }, 415, /Content-Type/],
    ['another path', '/nope', {}, json, 404, /./],
    ['a 3 MB body', '/info', `"${'x'.repeat(3_000_000)}"`, json, 413, /length limit/],
    ['a prototype in the body', '/info', '{"__proto__":{"type":"meta"}}', json, 422, /^Failed/],
    ['an object as coin', '/info', { type: 'l2Book', coin: { toString: 1 } }, json, 422, /^Failed/],
  ];
  it.each(cases)('%s', async (_, path, body, headers, status, text) => {
    const answer = await post(server.url, path, body, headers);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(text);
  });

  it('an unknown coin has no book', async () => {
    expect(await info(server.url, { type: 'l2Book', coin: 'NOPE' })).toBeNull();
  });
});

describe('limits per client address', () => {
  const servers: WireServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });
  const limited = async (limits: Partial<LimitSettings>) => {
    const server = await start({ releaseDelayMs: 0, ...limits });
    servers.push(server);
    return server;
  };

  it('REST weight: 429 with the body null', async () => {
    const server = await limited({ restWeight: 45 });
    for (let call = 0; call < 2; call++) await info(server.url, { type: 'meta' });
    const answer = await post(server.url, '/info', { type: 'meta' });
    expect([answer.status, answer.text]).toEqual([429, 'null']);
    expect((await post(server.url, '/info', { type: 'allMids' })).status).toBe(200);
  });

  it('posts over the socket and actions spend the same weight as requests', async () => {
    const server = await limited({ restWeight: 4 });
    const client = await connect(server);
    const request = { type: 'info', payload: { type: 'allMids' } };
    client.send({ method: 'post', id: 1, request });
    await client.until(() => client.of('post').length === 1);
    // A batch of 40 costs two; the tape has nobody who could trade.
    const batch = { action: { type: 'order', orders: Array.from({ length: 40 }, () => ({})) } };
    expect((await post(server.url, '/exchange', batch)).status).toBe(501);
    expect((await post(server.url, '/info', { type: 'allMids' })).status).toBe(429);
    expect((await post(server.url, '/exchange', batch)).text).toBe('null');
    client.send({ method: 'post', id: 2, request });
    await client.until(() => client.of('post').length === 2);
    expect(client.of('post').map((frame) => frame.data)).toMatchObject([
      { id: 1, response: { type: 'info' } },
      { id: 2, response: { type: 'error', payload: '429 null' } },
    ]);
  });

  it('another address has its own', async () => {
    const server = await limited({ connections: 1, users: 1, subscriptions: 1, restWeight: 2 });
    const trades = { type: 'trades', coin: 'BTC' };
    await info(server.url, { type: 'allMids' });
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      const client = await FrameClient.open(server.websocketUrl, address);
      clients.push(client);
      client.subscribe(trades);
      client.send({ method: 'post', id: 1, request: { type: 'info', payload: { type: 'allMids' } } });
      await client.until(() => client.of('post').length + client.of('subscriptionResponse').length === 2);
      const spent = address === '127.0.0.1';
      expect(client.of('post')[0]?.data).toMatchObject({ response: { type: spent ? 'error' : 'info' } });
      const second = await FrameClient.open(server.websocketUrl, address);
      clients.push(second);
      await second.until(() => second.closed !== undefined);
      expect(second.closed?.code).toBe(1008);
    }
  });

  it('what a closed socket held is free after a while, not at once', async () => {
    const releaseDelayMs = 5_000;
    const server = await limited({ subscriptions: 1, users: 1, releaseDelayMs });
    const trades = { type: 'trades', coin: 'BTC' };
    const first = await connect(server);
    first.subscribe(trades);
    await first.until(() => first.of('subscriptionResponse').length === 1);
    const closedAt = systemClock.monotonic();
    first.close();
    const second = await connect(server);
    second.subscribe(trades);
    await second.until(() => second.of('error').length === 1);
    expect(second.of('error')[0]?.data).toBe('Cannot subscribe to more than 1 channels.');
    await until(() => {
      second.subscribe(trades);
      return second.of('subscriptionResponse').length > 0;
    });
    expect(systemClock.monotonic() - closedAt).toBeGreaterThanOrEqual(releaseDelayMs);
  });

  it('counts the rows of an answer', async () => {
    const server = await limited({ restWeight: 30 });
    await info(server.url, { type: 'recentTrades', coin: 'BTC' });
    expect((await post(server.url, '/info', { type: 'allMids' })).status).toBe(429);
  });

  it('connections: the next one is closed with 1008', async () => {
    const server = await limited({ connections: 2 });
    const first = await connect(server);
    await connect(server);
    const third = await connect(server);
    await third.until(() => third.closed !== undefined);
    expect(third.closed).toEqual({ code: 1008, reason: 'Cannot open more than 2 connections.' });
    first.close();
    await first.until(() => first.closed !== undefined);
    const fourth = await connect(server);
    fourth.send({ method: 'ping' });
    await fourth.frame(({ channel }) => channel === 'pong');
  });

  it('subscriptions and messages over all connections', async () => {
    const server = await limited({ subscriptions: 2, messagesPerMinute: 4 });
    const [one, two] = [await connect(server), await connect(server)];
    one.subscribe({ type: 'trades', coin: 'BTC' });
    one.subscribe({ type: 'trades', coin: 'ETH' });
    await one.until(() => one.of('subscriptionResponse').length === 2);
    two.subscribe({ type: 'trades', coin: 'SOL' });
    two.send({ method: 'ping' });
    two.send({ method: 'ping' });
    await two.until(() => two.of('error').length === 2);
    expect(two.of('error').map((frame) => frame.data)).toEqual([
      'Cannot subscribe to more than 2 channels.',
      'Cannot send more than 4 messages per minute.',
    ]);
  });

  it('new connections in a minute: the next one is closed with 1008, however many are open', async () => {
    const server = await limited({ newConnectionsPerMinute: 1 });
    const first = await connect(server);
    first.close();
    const second = await connect(server);
    await second.until(() => second.closed !== undefined);
    expect(second.closed).toEqual({
      code: 1008,
      reason: 'Cannot open more than 1 new connections per minute.',
    });
  });

  it('posts in flight: the next one is refused with its id', async () => {
    const meta = { type: 'info', payload: { type: 'meta' } };
    const closed = await connect(await limited({ pendingPosts: 0 }));
    closed.send({ method: 'post', id: 7, request: meta });
    const frame = await closed.frame(({ channel }) => channel === 'error');
    expect(frame.data).toBe('too many pending post requests id=7');
    const client = await connect(await limited({ pendingPosts: 1 }));
    for (const id of [1, 2, 3]) {
      client.send({ method: 'post', id, request: meta });
      await client.until(() => client.of('post').length === id || client.of('error').length > 0);
    }
    expect(client.of('error')).toEqual([]);
  });

  it('drops a connection that got nothing for the idle time, without a close frame', async () => {
    const server = await limited({ idleTimeoutMs: 200 });
    const client = await connect(server);
    await client.until(() => client.closed !== undefined);
    expect(client.closed?.code).toBe(1006);
  });
});
