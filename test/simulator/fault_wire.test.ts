/** Faults that decide what a trader may believe: orders whose answer is lost, late frames, broken sockets, fates. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../until.ts';
import { type FrameClient, post } from './client.ts';
import { Operator, orderOf, subscribed, Trader } from './operator.ts';
import { startVenueWorld, type VenueWorld } from './venue_world.ts';

let world: VenueWorld;
let operator: Operator;
let trader: Trader;
const clients: FrameClient[] = [];
let lastCloid = 0;

beforeAll(async () => {
  world = await startVenueWorld({ control: 'fates', quoted: ['BTC'] });
  operator = new Operator(world.controlUrl);
  trader = new Trader(world, 0x44);
  await operator.lever('deposit', { user: trader.address, usd: 100_000 });
});
afterAll(() => world.close());
afterEach(async () => {
  await operator.clearFaults();
  for (const client of clients.splice(0)) client.close();
});

async function listen(...subscriptions: object[]): Promise<FrameClient> {
  const client = await subscribed(world, ...subscriptions);
  clients.push(client);
  return client;
}

const newCloid = (start = ''): string =>
  `0x${start}${(++lastCloid).toString(16).padStart(32 - start.length, '0')}`;
const statusOf = async (cloid: string): Promise<string> => {
  const answer = await trader.info<{ status: string; order?: { status: string } }>('orderStatus', {
    oid: cloid,
  });
  return answer.order?.status ?? answer.status;
};

/** What a client sees of an order: a status with a text, a broken connection, or nothing within its patience, ms. */
async function seen(cloid: string, patience: number): Promise<string> {
  const body = JSON.stringify(await trader.envelope(orderOf({ c: cloid })));
  try {
    const response = await fetch(`${world.server.url}/exchange`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(patience),
    });
    return `${response.status} ${(await response.text()).slice(0, 15)}`;
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? 'nothing' : 'broken';
  }
}

/** Of an order that must arrive although it is never answered, more: who gives up early may not have sent it yet. */
const patienceFor = (answer: string, status: string): number =>
  answer !== 'nothing' ? 30_000 : status === 'open' ? 3_000 : 300;

describe('an order whose answer is lost', () => {
  it.each([
    [{ kind: 'timeout', stage: 'before' }, 'nothing', 'unknownOid'],
    [{ kind: 'timeout', stage: 'after' }, 'nothing', 'open'],
    [{ kind: 'reset', stage: 'before' }, 'broken', 'unknownOid'],
    [{ kind: 'reset', stage: 'after' }, 'broken', 'open'],
    [{ kind: 'http-status', status: 500, stage: 'before' }, '500 null', 'unknownOid'],
    [{ kind: 'http-status', status: 502, stage: 'after' }, '502 <html>\r\n<head><', 'open'],
    [{ kind: 'http-status', status: 429 }, '429 null', 'unknownOid'],
    [{ kind: 'html', stage: 'after' }, '200 <html>\r\n<head><', 'open'],
    [{ kind: 'truncate' }, '200 {"status":"ok",', 'open'],
    [{ kind: 'schema-drift', drift: 'missing-field' }, '200 {"response":{"t', 'open'],
  ] as const)('%j', async (rule, answer, status) => {
    await operator.fault({ ...rule, path: '/exchange' });
    const cloid = newCloid();
    expect(await seen(cloid, patienceFor(answer, status))).toBe(answer);
    await operator.clearFaults();
    await until(async () => (await statusOf(cloid)) === status);
  });

  it.each([
    ['fa1701', 'nothing', 'unknownOid'],
    ['fa1702', 'nothing', 'open'],
    ['fa1703', '500 null', 'unknownOid'],
    ['fa1704', '500 null', 'open'],
    ['fa1705', '429 null', 'unknownOid'],
    ['fa1706', '200 <html>\r\n<head><', 'unknownOid'],
    ['fa1709', 'broken', 'unknownOid'],
    ['fa1710', 'broken', 'open'],
  ])('the sentinel cloid 0x%s…', async (start, answer, status) => {
    const cloid = newCloid(start);
    expect(await seen(cloid, patienceFor(answer, status))).toBe(answer);
    // The same cloid in a question would meet the same fault, so the truth is asked by its list.
    const open = async () =>
      (await trader.info<{ cloid?: string }[]>('openOrders')).some((order) => order.cloid === cloid);
    await until(async () => (await open()) === (status === 'open'));
  });

  it('slow: it arrives after the delay', async () => {
    await operator.fault({ kind: 'slow', delayMs: 250, path: '/exchange' });
    const started = performance.now();
    expect(await seen(newCloid(), 30_000)).toMatch(/^200 /);
    expect(performance.now() - started).toBeGreaterThanOrEqual(250);
  });

  it('of one account alone, whether it signs itself or its agent does', async () => {
    const [agent, other] = [new Trader(world, 0x45), new Trader(world, 0x46)];
    await operator.lever('deposit', { user: other.address, usd: 1000 });
    expect(await trader.approveAgent(agent, 'bot')).toMatchObject({ status: 'ok' });
    for (const stage of ['before', 'after'] as const) {
      await operator.clearFaults();
      await operator.fault({
        kind: 'http-status',
        status: 500,
        stage,
        path: '/exchange',
        user: trader.address.toUpperCase().replace('0X', '0x'),
      });
      const cloids = [newCloid(), newCloid()];
      for (const [i, by] of [trader, agent].entries())
        await expect(by.act(orderOf({ c: cloids[i] }))).rejects.toThrow('500 null');
      const found = stage === 'before' ? 'unknownOid' : 'open';
      await until(async () => (await statusOf(cloids[0] ?? '')) === found);
      expect(await statusOf(cloids[1] ?? '')).toBe(found);
      expect(await other.act({ type: 'noop' })).toMatchObject({ status: 'ok' });
    }
  });

  it('over the socket: no answer, or one of the fault', async () => {
    const client = await listen();
    await operator.fault({ kind: 'timeout', stage: 'after', path: '/exchange', count: 1 });
    const [lost, heard] = [newCloid(), newCloid()];
    for (const [id, c] of [lost, heard].entries())
      client.send({
        method: 'post',
        id,
        request: { type: 'action', payload: await trader.envelope(orderOf({ c })) },
      });
    const frame = await client.frame(({ channel }) => channel === 'post');
    expect(frame.data).toMatchObject({ id: 1, response: { payload: { status: 'ok' } } });
    await until(async () => (await statusOf(lost)) === 'open');
    expect(client.of('post')).toHaveLength(1);
  });
});

describe('frames', () => {
  const updates = { type: 'orderUpdates' };
  const oidsOf = (client: FrameClient): number[] =>
    client
      .of('orderUpdates')
      .flatMap(({ data }) => (data as { order: { oid: number } }[]).map(({ order }) => order.oid));
  const place = async (): Promise<number> => (await trader.order({})).resting?.oid ?? 0;

  it('drop: exactly what the rule says, the same for every listener', async () => {
    const subscription = { ...updates, user: trader.address };
    const [one, two] = [await listen(subscription), await listen(subscription)];
    await operator.fault({ kind: 'drop-frame', channel: 'orderUpdates', share: 0.5 });
    const placed: number[] = [];
    for (let i = 0; i < 30; i++) placed.push(await place());
    await operator.clearFaults();
    const last = await place();
    for (const client of [one, two]) await client.until(() => oidsOf(client).includes(last));
    expect(oidsOf(one)).toEqual(oidsOf(two));
    expect(oidsOf(one).length).toBeGreaterThan(5);
    expect(oidsOf(one).length).toBeLessThan(27);
    expect(placed).toEqual(expect.arrayContaining(oidsOf(one).slice(0, -1)));
  });

  it('delay: the frame comes, later than what came after it', async () => {
    const client = await listen({ ...updates, user: trader.address });
    await operator.fault({ kind: 'delay-frame', delayMs: 3_000, channel: 'orderUpdates', count: 1 });
    const [first, second] = [await place(), await place()];
    await client.until(() => oidsOf(client).length === 2);
    expect(oidsOf(client)).toEqual([second, first]);
  });

  it('reorder: two change places', async () => {
    const client = await listen({ ...updates, user: trader.address });
    await operator.fault({ kind: 'reorder-frame', channel: 'orderUpdates', count: 1 });
    const placed = [await place(), await place(), await place()];
    await client.until(() => oidsOf(client).length === 3);
    expect(oidsOf(client)).toEqual([placed[1], placed[0], placed[2]]);
  });

  it('silent stall: data ends, pongs go on, and what was missed is in the next snapshot', async () => {
    const client = await listen({ ...updates, user: trader.address });
    await operator.fault({ kind: 'silent-stall', channel: 'orderUpdates', user: trader.address });
    const missed = await place();
    client.send({ method: 'ping' });
    await client.frame(({ channel }) => channel === 'pong');
    expect(oidsOf(client)).toEqual([]);
    const again = await listen({ type: 'openOrders', user: trader.address });
    const { data } = await again.frame(({ channel }) => channel === 'openOrders');
    expect((data as { orders: { oid: number }[] }).orders.map(({ oid }) => oid)).toContain(missed);
  });

  it.each([
    ['drop-frame', 0],
    ['silent-stall', 0],
    ['duplicate-frame', 2],
  ])('%s meets the first frames of a subscription, after its acknowledgement', async (kind, times) => {
    await operator.fault({ kind, channel: 'userFundings' });
    const client = await listen({ type: 'userFundings', user: trader.address });
    client.send({ method: 'ping' });
    await client.frame(({ channel }) => channel === 'pong');
    const channels = client.frames.map(({ channel }) => channel);
    expect(channels).toEqual(['subscriptionResponse', ...Array(times).fill('userFundings'), 'pong']);
  });

  it('are nothing at all on some sockets, and as always on the others', async () => {
    const before = await listen();
    await operator.fault({ kind: 'half-open', count: 1 });
    before.send({ method: 'ping' });
    const after = await listen();
    after.send({ method: 'ping' });
    // Whichever the venue heard first is silent; the other is answered.
    await until(() => before.of('pong').length + after.of('pong').length === 1);
    const [silent, open] = before.of('pong').length === 0 ? [before, after] : [after, before];
    for (const client of [silent, open]) client.send({ method: 'ping' });
    await open.until(() => open.of('pong').length === 2);
    await operator.clearFaults();
    silent.send({ method: 'ping' });
    await silent.until(() => silent.of('pong').length === 1);
  });

  it.each([1000, 1006, 1008, 1011, 1012, 4000])('closes with %i', async (code) => {
    const client = await listen({ ...updates, user: trader.address });
    await operator.fault({ kind: 'close-socket', channel: 'orderUpdates', code });
    await place();
    await client.until(() => client.closed !== undefined);
    expect(client.closed?.code).toBe(code);
  });

  it('refuses to subscribe again: silence, or an error, until the rule ends', async () => {
    const client = await listen();
    const wanted = { ...updates, user: trader.address };
    await operator.fault({ kind: 'refuse-subscribe', channel: 'orderUpdates', count: 1 });
    client.subscribe(wanted);
    client.send({ method: 'ping' });
    await client.frame(({ channel }) => channel === 'pong');
    expect(client.frames).toHaveLength(1);
    client.subscribe(wanted);
    await client.frame(({ channel }) => channel === 'subscriptionResponse');
  });
});

describe('fates', () => {
  it('of actions follow their nonces, whatever the interleaving', async () => {
    await operator.fault({ kind: 'http-status', status: 500, share: 0.4, path: '/exchange' });
    const envelopes: object[] = [];
    for (let i = 0; i < 30; i++) envelopes.push(await trader.envelope({ type: 'noop' }));
    const send = async (body: object) => (await post(world.server.url, '/exchange', body)).status;
    const together = await Promise.all(envelopes.map(send));
    const backwards: number[] = [];
    for (const body of envelopes.toReversed()) {
      // Reads in between take no part in it.
      await trader.info('meta');
      backwards.unshift(await send(body));
    }
    expect(backwards).toEqual(together);
    expect(new Set(together)).toEqual(new Set([200, 500]));
  });

  it('of reads over the socket follow their ids, whatever the interleaving', async () => {
    await operator.fault({ kind: 'http-status', status: 500, share: 0.4, path: '/info' });
    const ids = Array.from({ length: 30 }, (_, i) => i);
    const request = { type: 'info', payload: { type: 'exchangeStatus' } };
    const refused = async (order: number[]) => {
      const client = await listen();
      for (const id of order) client.send({ method: 'post', id, request });
      await client.until(() => client.of('post').length === ids.length);
      const answers = client.of('post').map(({ data }) => data as { id: number; response: { type: string } });
      return answers.flatMap(({ id, response }) => (response.type === 'error' ? [id] : [])).sort();
    };
    const forwards = await refused(ids);
    expect(await refused(ids.toReversed())).toEqual(forwards);
    expect(forwards.length).toBeGreaterThan(3);
    expect(forwards.length).toBeLessThan(27);
  });

  it('of another seed are others', async () => {
    const other = await startVenueWorld({ control: 'other', quoted: [] });
    try {
      const elsewhere = new Operator(other.controlUrl);
      const rule = { kind: 'http-status', status: 500, share: 0.5, type: 'meta' };
      await operator.fault(rule);
      await elsewhere.fault(rule);
      const ask = async (url: string) => {
        const statuses: number[] = [];
        for (let id = 0; id < 40; id++)
          statuses.push(
            (
              await post(
                url,
                '/info',
                { type: 'meta' },
                { 'content-type': 'application/json', 'x-request-id': `${id}` },
              )
            ).status,
          );
        return statuses;
      };
      const here = await ask(world.server.url);
      expect(await ask(world.server.url)).toEqual(here);
      expect(await ask(other.server.url)).not.toEqual(here);
    } finally {
      await other.close();
    }
  });
});
