import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revokeApiToken } from '../../src/api/access.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { until } from '../until.ts';
import { addCoins, addressOf, addTraders, addTrades } from './market.ts';
import { type ApiRig, startApi } from './rig.ts';
import { openStream } from './stream_client.ts';

let rig: ApiRig;
const bearer = () => ({ authorization: `Bearer ${rig.token}` });
beforeAll(async () => {
  rig = await startApi({
    limits: {
      updates: { maxBufferedBytes: 20_000, skipViewsBytes: 1_000_000, closeGraceMs: 500 },
      maxUpdateClientsPerCaller: 3,
      perAddress: { burst: 1_000, perSecond: 1_000 },
      signIn: { burst: 1_000, perSecond: 1_000 },
    },
  });
  await addCoins(rig.test.database, ['BTC']);
  await addTraders(rig.test.database, [{ id: 1 }, { id: 2 }, { id: 3 }]);
  await addTrades(rig.test.database, 1, 5);
});
afterAll(() => rig.close());

describe('coming in', () => {
  it('takes a token, a cookie with our Origin, and a ticket once', async () => {
    const byToken = await openStream(rig.api.url, { headers: bearer() });
    expect((await byToken.saw('hello')).simulated).toBe(true);
    await byToken.close();

    const cookie = await rig.signIn();
    const byCookie = await openStream(rig.api.url, { headers: { cookie, origin: rig.api.url } });
    await byCookie.close();

    const made = await fetch(`${rig.api.url}/api/v1/ws-ticket`, { method: 'POST', headers: bearer() });
    const { ticket } = (await made.json()) as { ticket: string };
    const protocols = ['autotrade.v1', `ticket.${ticket}`];
    const byTicket = await openStream(rig.api.url, { protocols });
    expect(byTicket.socket.protocol).toBe('autotrade.v1');
    await byTicket.close();
    await expect(openStream(rig.api.url, { protocols })).rejects.toThrow('refused 401');
  });

  it('refuses everybody else', async () => {
    const cookie = await rig.signIn();
    const refused = (headers: Record<string, string>, protocols = ['autotrade.v1']) =>
      expect(openStream(rig.api.url, { headers, protocols })).rejects;
    await refused({}).toThrow('refused 401');
    await refused({ authorization: 'Bearer nonsense' }).toThrow('refused 401');
    await refused({}, ['autotrade.v1', `ticket.${'A'.repeat(43)}`]).toThrow('refused 401');
    await refused({ cookie }).toThrow('refused 403');
    await refused({ cookie, origin: 'https://evil.example' }).toThrow('refused 403');
    await refused({ cookie, origin: 'null' }).toThrow('refused 403');
    await refused({ ...bearer(), origin: 'https://evil.example' }).toThrow('refused 403');
    await refused({ ...bearer(), host: 'evil.example' }).toThrow('refused 421');
    await refused(bearer(), ['other']).toThrow('refused 400');
    const elsewhere = openStream(`${rig.api.url}/elsewhere`, { headers: bearer() });
    await expect(elsewhere).rejects.toThrow('refused 404');
  });

  it('does not take a token out of the URL', async () => {
    await expect(openStream(`${rig.api.url}/ws/v1/updates?token=${rig.token}&x=`, {})).rejects.toThrow(
      'refused 401',
    );
  });

  it('limits the connections of one caller', async () => {
    const open = await Promise.all([1, 2, 3].map(() => openStream(rig.api.url, { headers: bearer() })));
    await expect(openStream(rig.api.url, { headers: bearer() })).rejects.toThrow('refused 429');
    await open[0]?.close();
    const again = await until(() => openStream(rig.api.url, { headers: bearer() }).catch(() => undefined));
    await Promise.all([...open.slice(1), again].map((client) => client.close()));
  });
});

describe('views', () => {
  it('shows statistics at once and then every second, trades and traders as they are committed', async () => {
    const client = await openStream(rig.api.url, { headers: bearer() });
    client.send({ type: 'subscribe', id: 's', topics: ['stats', 'services', 'trades', 'traders'] });
    expect((await client.saw('subscribed')).topics).toEqual(['stats', 'services', 'trades', 'traders']);
    await client.saw('stats');
    await client.saw('services');
    await addTrades(rig.test.database, 6, 3);
    const tape = await client.saw('trades', (message) => message.items.some((trade) => trade.tradeId === 8));
    expect(tape.items.map((trade) => trade.tradeId)).toEqual(
      tape.items.map((trade) => trade.tradeId).sort((a, b) => a - b),
    );
    const traders = await client.saw('traders');
    expect(traders.items.map((trader) => trader.address).sort()).toEqual([addressOf(1), addressOf(2)]);
    await client.saw('stats', (message) => message.data.trades.total === 8);
    await addTraders(rig.test.database, [{ id: 4 }]);
    await client.saw('traders', (message) => message.fresh === 1 && message.total === 4);
    // After unsubscribing from the tape, nothing more of it comes.
    client.send({ type: 'unsubscribe', id: 'u', topics: ['trades'] });
    await client.saw('unsubscribed');
    const seen = client.messages.filter((message) => message.type === 'trades').length;
    await addTrades(rig.test.database, 9, 1);
    await client.saw('stats', (message) => message.data.trades.total === 9);
    expect(client.messages.filter((message) => message.type === 'trades')).toHaveLength(seen);
    await client.close();
  });

  it('counts what it leaves out at a high rate', async () => {
    const client = await openStream(rig.api.url, { headers: bearer() });
    client.send({ type: 'subscribe', id: 's', topics: ['trades'] });
    await client.saw('subscribed');
    await addTrades(rig.test.database, 10, 300);
    const last = await client.saw('trades', (message) => message.items.at(-1)?.tradeId === 309);
    const frames = client.messages.filter((message) => message.type === 'trades');
    const shown = frames.reduce((sum, frame) => sum + frame.items.length, 0);
    const skipped = frames.reduce((sum, frame) => sum + frame.skipped, 0);
    expect(last.items.length).toBeLessThanOrEqual(100);
    expect(shown + skipped).toBeGreaterThanOrEqual(300);
    await client.close();
  });
});

describe('manners', () => {
  it('answers a ping, names what it does not understand, and hangs up after the tenth mistake', async () => {
    const client = await openStream(rig.api.url, { headers: bearer() });
    client.send({ type: 'ping', id: 'p' });
    expect((await client.saw('pong')).id).toBe('p');
    client.send('{"type":"subscribe","id":"x","topics":["passwords"]}');
    expect((await client.saw('refused')).id).toBe('x');
    for (const bad of [
      '{',
      '[]',
      '{"type":"dance"}',
      '{"__proto__":{}}',
      '"x"',
      'null',
      `${'['.repeat(100)}`,
      '{}',
      '1',
    ])
      client.send(bad);
    await until(() => client.messages.filter((message) => message.type === 'refused').length === 10);
    client.send('one too many');
    expect(await client.closed()).toEqual([4400, 'MESSAGE_INVALID']);
  });

  it('hangs up on a flood and on a large message', async () => {
    const flood = await openStream(rig.api.url, { headers: bearer() });
    for (let i = 0; i < 100; i++) flood.send({ type: 'ping', id: String(i) });
    expect(await flood.closed()).toEqual([4429, 'RATE_LIMITED']);
    const large = await openStream(rig.api.url, { headers: bearer() });
    large.send('x'.repeat(20_000));
    expect((await large.closed())[0]).toBe(1009);
  });

  it('ends with the session, and with the token', async () => {
    const cookie = await rig.signIn();
    const client = await openStream(rig.api.url, { headers: { cookie, origin: rig.api.url } });
    await fetch(`${rig.api.url}/api/v1/session`, {
      method: 'DELETE',
      headers: { cookie, origin: rig.api.url },
    });
    expect(await client.closed()).toEqual([4401, 'SESSION_ENDED']);
    const byToken = await openStream(rig.api.url, { headers: bearer() });
    await revokeApiToken(rig.test.database, systemClock, 'test');
    expect(await byToken.closed()).toEqual([4401, 'SESSION_ENDED']);
  });

  it('drops a reader that does not read, and nobody else', async () => {
    const cookie = await rig.signIn();
    const headers = { cookie, origin: rig.api.url };
    const good = await openStream(rig.api.url, { headers });
    good.send({ type: 'subscribe', id: 's', topics: ['stats'] });
    // A raw socket that subscribes and then stops reading: the kernel's buffers fill, then ours.
    const socket = connect({ port: rig.api.port, host: '127.0.0.1' });
    const key = Buffer.alloc(16).toString('base64');
    socket.write(
      `GET /ws/v1/updates HTTP/1.1\r\nHost: 127.0.0.1:${rig.api.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: autotrade.v1\r\n` +
        `Cookie: ${cookie}\r\nOrigin: ${rig.api.url}\r\n\r\n`,
    );
    await once(socket, 'data');
    socket.pause();
    const ask = Buffer.from('{"type":"subscribe","id":"s","topics":["stats","services"]}');
    const again = Buffer.from('{"type":"unsubscribe","id":"s","topics":["stats","services"]}');
    const frame = (payload: Buffer) =>
      Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
    await rig.test.database.query(
      `INSERT INTO service_heartbeats SELECT 'worker@' || i, 'worker', 'h', 1, 0, $1, 0, 0, 'ready',
         jsonb_build_object('message', repeat('x', 400)), '[]' FROM generate_series(1, 2000) i`,
      [systemClock.now()],
    );
    socket.on('error', () => undefined);
    await good.saw('stats', (message) => message.data.services.length > 1_900);
    await until(async () => {
      if (socket.writable) socket.write(Buffer.concat([frame(ask), frame(again)]));
      await systemClock.sleep(250);
      const metrics = await (await fetch(`${rig.api.url}/metrics`, { headers: { cookie } })).text();
      return /autotrade_updates_dropped_total\{reason="TOO_SLOW",service="api",host="here"\} 1$/m.test(
        metrics,
      );
    }, 'the slow reader, and only that one, to be dropped');
    expect(good.socket.readyState).toBe(good.socket.OPEN);
    socket.destroy();
    await good.close();
    await rig.test.database.query('DELETE FROM service_heartbeats');
  });
});
