import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import type { Address } from '../domain/address.ts';
import { ManualClock, systemClock } from '../runtime/clock.ts';
import { allMids } from './info/all_mids.ts';
import { clearinghouseState } from './info/clearinghouse_state.ts';
import { meta } from './info/meta.ts';
import { metaAndAssetContexts } from './info/meta_and_asset_contexts.ts';
import { perpDexs } from './info/perp_dexs.ts';
import { recentTrades } from './info/recent_trades.ts';
import type { InfoRequest } from './info/request.ts';
import { spotClearinghouseState } from './info/spot_clearinghouse_state.ts';
import { createInfoClient } from './transport.ts';
import { LocalWeightLedger } from './weight/local_ledger.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/info`;
}

const answering =
  (status: number, body: string, type = 'application/json'): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': type }).end(body);

async function clientFor(handler: RequestListener, timeoutMs = 5_000, query = '') {
  const ledger = new LocalWeightLedger(systemClock);
  const client = createInfoClient({
    url: `${await serve(handler)}${query}`,
    ledger,
    clock: systemClock,
    timeoutMs,
    maxAnswerBytes: 100_000,
  });
  return { client, ledger };
}

const sweep = { lane: 'sweep' } as const;

describe('every way to fail is told apart', () => {
  test.each([
    ['VENUE_RATE_LIMITED', true, answering(429, 'null')],
    ['VENUE_UNAVAILABLE', true, answering(502, '<html>Bad Gateway</html>', 'text/html')],
    ['VENUE_REFUSED', false, answering(422, 'Failed to deserialize the JSON body', 'text/plain')],
    ['VENUE_NOT_JSON', true, answering(200, '<html>maintenance</html>')],
    ['VENUE_NOT_JSON', true, answering(200, '{}', 'text/html')],
    ['VENUE_BAD_JSON', true, answering(200, '{"BTC":"1.0"')],
    ['VENUE_SCHEMA', false, answering(200, '{"BTC":1.5}')],
    ['VENUE_SCHEMA', false, answering(200, 'null')],
    ['VENUE_TOO_LARGE', false, answering(200, JSON.stringify({ x: 'y'.repeat(200_000) }))],
    ['VENUE_NETWORK', true, ((request) => void request.socket.destroy()) as RequestListener],
  ])('%s, retryable: %s', async (code, retryable, handler) => {
    const { client, ledger } = await clientFor(handler);
    await expect(client.ask(allMids(), sweep)).rejects.toMatchObject({ code, retryable });
    // An unknown outcome counts as spent.
    expect((await ledger.snapshot()).used).toBe(2);
  });

  test.each([404, 502, 200])('the key of a node is not repeated from its page (HTTP %s)', async (status) => {
    const echo: RequestListener = (request, response) =>
      answering(status, `<p>Cannot POST ${request.url}</p>`, 'text/html')(request, response);
    const { client } = await clientFor(echo, 5_000, '?token=hunter2%2B');
    const failed = await client.ask(allMids(), sweep).catch((error: unknown) => error);
    expect(String(failed)).toContain('Cannot POST /info?token=[redacted]');
    expect(inspect(failed, { depth: 9 })).not.toContain('hunter2');
  });

  test('an answer that never ends is a timeout, an aborted request is not', async () => {
    const never: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
    };
    const { client } = await clientFor(never, 50);
    await expect(client.ask(allMids(), sweep)).rejects.toMatchObject({ code: 'VENUE_TIMEOUT' });
    const abort = new AbortController();
    const asked = client.ask(allMids(), { ...sweep, signal: abort.signal });
    abort.abort(new Error('stopping'));
    await expect(asked).rejects.toThrow('stopping');
  });
});

test('takes the most an answer can cost and gives back what it did not', async () => {
  const trade = {
    coin: 'BTC',
    side: 'B',
    px: '66373.0',
    sz: '0.0009',
    time: 1784684116576,
    hash: '0x0',
    tid: 268453629049937,
    users: ['0x20bc9cd229dfd681740834d9b4f55641ce435da3', '0x0e7d09a53f348fcef8bb139af9ebb552f4a33fe9'],
  };
  let usedMeanwhile = 0;
  const { client, ledger } = await clientFor(async (_request, response) => {
    usedMeanwhile = (await ledger.snapshot()).used;
    answering(200, JSON.stringify(Array(41).fill(trade)))(_request, response);
  });
  expect(await client.ask(recentTrades('BTC'), { lane: 'repairs' })).toHaveLength(41);
  expect(usedMeanwhile).toBe(30);
  expect((await ledger.snapshot()).usedByLane.repairs).toBe(23);
});

test('prototype pollution in an answer stays data', async () => {
  const { client } = await clientFor(answering(200, '{"__proto__":{"polluted":"1"},"BTC":"1.0"}'));
  await client.ask(allMids(), sweep).catch(() => undefined);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

const recorded = new URL('../../../shared/data/http/', import.meta.url);
describe.skipIf(!existsSync(recorded))('recorded answers of the venue fit the schemas', () => {
  const user = `0x${'0'.repeat(40)}` as Address;
  const cases: [string, Pick<InfoRequest<unknown>, 'body' | 'schema'>][] = [
    ['go-hyperliquid/Meta.json', meta()],
    ['go-hyperliquid/MetaAndAssetCtxs.json', metaAndAssetContexts()],
    ['go-hyperliquid/AllMids_WithDex.json', allMids()],
    ['go-hyperliquid/PerpDexs.json', perpDexs()],
    ['go-hyperliquid/UserState_WithDex.json', clearinghouseState(user)],
    ['go-hyperliquid/SpotUserState.json', spotClearinghouseState(user)],
    ['hyperliquid-python-sdk/test_get_all_mids.json', allMids()],
  ];
  test.each(cases)('%s', (file, request) => {
    const pairs = JSON.parse(readFileSync(new URL(file, recorded), 'utf8')) as {
      request: { type?: string };
      response: unknown;
    }[];
    const answers = pairs.filter((pair) => pair.request.type === request.body.type);
    expect(answers.length).toBeGreaterThan(0);
    for (const { response } of answers) {
      const result = request.schema.safeParse(response);
      expect(result.error?.issues ?? []).toEqual([]);
    }
  });
});

test('waiting for weight ends with the caller', async () => {
  const clock = new ManualClock();
  const ledger = new LocalWeightLedger(clock, { limit: 2, windowMs: 60_000, reserve: {} });
  await ledger.acquire(2, 'sweep');
  const client = createInfoClient({ url: await serve(answering(200, '{}')), ledger, clock });
  const asked = expect(client.ask(allMids(), { ...sweep, maxWaitMs: 100 })).rejects.toMatchObject({
    code: 'WEIGHT_EXHAUSTED',
  });
  await clock.advance(100);
  await asked;
});
