import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { until } from '../until.ts';
import { FrameClient, info, post } from './client.ts';

const USER = `0x${'5a'.repeat(20)}`;
let simulator: Simulator;
const clients: FrameClient[] = [];

beforeAll(async () => {
  simulator = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: silentLogger,
    source: { kind: 'venue', seed: 'faults', tradesPerSecond: 60, warmUpMs: 20_000 },
    limits: { restWeight: 1_000_000, newConnectionsPerMinute: 1000, connections: 100, releaseDelayMs: 0 },
    control: { port: 0, seed: 'fates' },
  });
});
afterAll(() => simulator.close());
afterEach(async () => {
  await control('DELETE', 'faults');
  for (const client of clients.splice(0)) client.close();
});

async function control(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${simulator.controlUrl}/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json() };
}
const fault = (rule: object) => control('POST', 'faults', rule);

async function connect(): Promise<FrameClient> {
  const client = await FrameClient.open(simulator.websocketUrl);
  clients.push(client);
  return client;
}
async function subscribed(subscription: object): Promise<FrameClient> {
  const client = await connect();
  client.subscribe(subscription);
  await client.frame(({ channel }) => channel === 'subscriptionResponse');
  return client;
}
const meta = { type: 'meta' };

describe('faults of requests', () => {
  it('status, with and without Retry-After', async () => {
    await fault({ kind: 'http-status', status: 429, type: 'meta', retryAfterSeconds: 7, count: 1 });
    const response = await fetch(`${simulator.url}/info`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(meta),
    });
    expect([response.status, await response.text(), response.headers.get('retry-after')]).toEqual([
      429,
      'null',
      '7',
    ]);
    expect((await post(simulator.url, '/info', meta)).status).toBe(200);
  });

  it.each([
    ['html with 200', { kind: 'html' }, 200, /^<html>/],
    ['503 with html', { kind: 'http-status', status: 503 }, 503, /^<html>/],
    ['500 null', { kind: 'http-status', status: 500 }, 500, /^null$/],
    ['truncated JSON', { kind: 'truncate' }, 200, /^\{"time":\d+$/],
  ])('%s', async (_, rule, status, text) => {
    await fault({ ...rule, type: 'exchangeStatus' });
    const answer = await post(simulator.url, '/info', { type: 'exchangeStatus' });
    expect(answer.status).toBe(status);
    expect(answer.text.slice(0, rule.kind === 'truncate' ? undefined : 6)).toMatch(
      rule.kind === 'truncate' ? /^\{"ti/ : text,
    );
  });

  it.each([
    ['null', { kind: 'schema-drift', drift: 'null' }, (text: string) => /:null/.test(text)],
    [
      'extra field',
      { kind: 'schema-drift', drift: 'extra-field' },
      (text: string) => /addedInARelease/.test(text),
    ],
    ['prototype', { kind: 'schema-drift', drift: 'prototype' }, (text: string) => /__proto__/.test(text)],
    [
      'number as string',
      { kind: 'schema-drift', drift: 'number-as-string' },
      (text: string) => /"szDecimals":"\d"/.test(text),
    ],
  ])('schema drift: %s', async (_, rule, drifted) => {
    await fault({ ...rule, type: 'metaAndAssetCtxs' });
    expect(drifted((await post(simulator.url, '/info', { type: 'metaAndAssetCtxs' })).text)).toBe(true);
  });

  it('reset and timeout: no answer arrives', async () => {
    await fault({ kind: 'reset', stage: 'before', type: 'meta', count: 1 });
    await expect(post(simulator.url, '/info', meta)).rejects.toThrow();
    await fault({ kind: 'timeout', stage: 'before', type: 'meta', count: 1 });
    await expect(
      fetch(`${simulator.url}/info`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(meta),
        signal: AbortSignal.timeout(300),
      }),
    ).rejects.toThrow(/timeout/i);
  });

  it('a lagging replica shows older state', async () => {
    await fault({ kind: 'lagging-replica', lagMs: 60_000, type: 'exchangeStatus' });
    const first = await info<{ time: number }>(simulator.url, { type: 'exchangeStatus' });
    await until(async () => {
      const { json } = await control('GET', 'truth');
      return (json as { time: number }).time > first.time;
    });
    const second = await info<{ time: number }>(simulator.url, { type: 'exchangeStatus' });
    expect(second.time).toBe(first.time);
  });

  it('the fate depends on seed and request id, whatever the order', async () => {
    await fault({ kind: 'http-status', status: 500, share: 0.5, type: 'meta' });
    const ask = async (id: number) => {
      const response = await fetch(`${simulator.url}/info`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': `r${id}` },
        body: JSON.stringify(meta),
      });
      await response.arrayBuffer();
      return response.status;
    };
    const ids = Array.from({ length: 40 }, (_, id) => id);
    const forwards = await Promise.all(ids.map(ask));
    const backwards: number[] = [];
    for (const id of ids.toReversed()) backwards.unshift(await ask(id));
    expect(backwards).toEqual(forwards);
    expect(new Set(forwards)).toEqual(new Set([200, 500]));
  });

  it('a sentinel address asks for its fault by the ordinary interface', async () => {
    const user = `0xfa1704${'0'.repeat(34)}`;
    expect((await post(simulator.url, '/info', { type: 'clearinghouseState', user })).status).toBe(500);
  });
});

describe('faults of the stream', () => {
  const trades = { type: 'trades', coin: 'BTC' };

  it('duplicate, drop and silent stall', async () => {
    await fault({ kind: 'duplicate-frame', channel: 'allMids', name: 'twice' });
    const client = await subscribed({ type: 'allMids' });
    await client.until(() => client.of('allMids').length >= 3);
    const [first, second] = client.of('allMids').map((frame) => JSON.stringify(frame));
    expect(second).toBe(first);

    await control('DELETE', 'faults');
    await fault({ kind: 'silent-stall' });
    const before = client.of('allMids').length;
    const watcher = await connect();
    watcher.send({ method: 'ping' });
    await watcher.frame(({ channel }) => channel === 'pong');
    client.send({ method: 'ping' });
    await client.frame(({ channel }) => channel === 'pong');
    expect(client.of('allMids').length).toBeLessThanOrEqual(before + 2);
    await control('DELETE', 'faults');
    await client.until(() => client.of('allMids').length > before + 2);
  });

  it('a half-open socket answers nothing, not even pings', async () => {
    const client = await subscribed(trades);
    await fault({ kind: 'half-open' });
    const frames = client.frames.length;
    client.send({ method: 'ping' });
    const other = await connect();
    other.send({ method: 'ping' });
    await until(async () => ((await control('GET', 'faults')).json as unknown[]).length === 1);
    expect(client.frames.length).toBe(frames);
    await control('DELETE', 'faults');
    client.send({ method: 'ping' });
    await client.frame(({ channel }) => channel === 'pong');
  });

  it('closes with a code, refuses resubscription and connections', async () => {
    const client = await subscribed({ type: 'allMids' });
    await fault({ kind: 'close-socket', channel: 'allMids', code: 1011 });
    await client.until(() => client.closed !== undefined);
    expect(client.closed?.code).toBe(1011);

    await control('DELETE', 'faults');
    await fault({ kind: 'refuse-subscribe', error: 'Internal error' });
    const refused = await connect();
    refused.subscribe(trades);
    expect((await refused.frame(({ channel }) => channel === 'error')).data).toBe('Internal error');

    await fault({ kind: 'refuse-connect', status: 502 });
    await expect(connect()).rejects.toThrow(/502/);
  });

  it('reorders frames of a topic', async () => {
    await fault({ kind: 'reorder-frame', channel: 'l2Book', count: 1 });
    const client = await subscribed({ type: 'l2Book', coin: 'BTC', fast: true });
    await client.until(() => client.of('l2Book').length >= 4);
    const times = client.of('l2Book').map((frame) => (frame.data as { time: number }).time);
    expect(times).not.toEqual([...times].sort((a, b) => a - b));
  });
});

describe('levers of the venue', () => {
  const state = () =>
    info<{ marginSummary: { accountValue: string } }>(simulator.url, {
      type: 'clearinghouseState',
      user: USER,
    });

  it('deposits, and tells the truth', async () => {
    expect((await control('POST', 'venue/deposit', { user: USER, usd: 1234 })).status).toBe(200);
    await until(async () => (await state()).marginSummary.accountValue === '1234.0');
    const { json } = await control('GET', 'truth');
    expect(json).toMatchObject({ conservation: { difference: '0' } });
    const [[dex, first]] = (await control('GET', `truth/${USER}`)).json as [[string, { time: number }]];
    expect([dex, first.time > 0]).toEqual(['', true]);
  });

  it('delists a coin', async () => {
    await control('POST', 'venue/delist', { symbol: 'CRV' });
    await until(async () => {
      const { universe } = await info<{ universe: { name: string; isDelisted?: boolean }[] }>(
        simulator.url,
        meta,
      );
      return universe.find((coin) => coin.name === 'CRV')?.isDelisted === true;
    });
  });

  it('restarts: sockets break, nothing answers, then all is as before', async () => {
    const client = await subscribed({ type: 'allMids' });
    await control('POST', 'restart', { downMs: 300 });
    await client.until(() => client.closed !== undefined);
    expect(client.closed?.code).toBe(1006);
    expect((await post(simulator.url, '/info', meta)).status).toBe(502);
    await until(async () => (await post(simulator.url, '/info', meta)).status === 200);
    await connect();
  });

  it.each([
    ['an unknown fault', 'POST', 'faults', { kind: 'earthquake' }, 400],
    ['a share above one', 'POST', 'faults', { kind: 'drop-frame', share: 2 }, 400],
    ['an unknown lever', 'POST', 'venue/fly', {}, 404],
    ['a lever without its argument', 'POST', 'venue/deposit', { user: USER }, 400],
    ['an unknown path', 'GET', 'nothing', undefined, 404],
    ['a close code that no frame can carry', 'POST', 'faults', { kind: 'close-socket', code: 1005 }, 400],
    ['a close code of nobody', 'POST', 'faults', { kind: 'close-socket', code: 2000 }, 400],
    ['the truth of no address', 'GET', 'truth/everybody', undefined, 400],
  ])('%s is a clear error', async (_, method, path, body, status) => {
    const answer = await control(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.json).toHaveProperty('error');
  });

  it('takes JSON with its charset named', async () => {
    const response = await fetch(`${simulator.controlUrl}/venue/deposit`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ user: USER, usd: 1 }),
    });
    expect(response.status).toBe(200);
  });

  it('does not answer browsers', async () => {
    const response = await fetch(`${simulator.controlUrl}/faults`, {
      headers: { origin: 'http://evil.example' },
    });
    expect(response.status).toBe(403);
  });
});

it('says that the control port is taken, and leaves no server behind', async () => {
  const taken = createServer();
  const port = await portOf(taken);
  const spare = createServer();
  const wirePort = await portOf(spare);
  await new Promise((resolve) => spare.close(resolve));
  const options = {
    host: '127.0.0.1',
    port: wirePort,
    clock: systemClock,
    log: silentLogger,
    source: { kind: 'tape' as const, seed: 'taken', tradesPerSecond: 1 },
  };
  await expect(startSimulator({ ...options, control: { port, seed: 'x' } })).rejects.toThrow(
    `port ${port} on 127.0.0.1 is in use; stop the other program or set SIMULATOR_CONTROL_PORT`,
  );
  await (await startSimulator(options)).close();
  await new Promise((resolve) => taken.close(resolve));
});

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
