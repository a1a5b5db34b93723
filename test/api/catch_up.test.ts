import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectionLimits } from '../../src/api/updates/connection.ts';
import type { ChangeFilter } from '../../src/contract/updates.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { until } from '../until.ts';
import { appendChanges, beginLog } from './log.ts';
import { addCoins, addressOf, addTraders, EPOCH } from './market.ts';
import { type ApiRig, startApi } from './rig.ts';
import { openStream, type StreamClient } from './stream_client.ts';

let rig: ApiRig;
afterEach(() => rig.close());

async function start(limits: Partial<ConnectionLimits> = {}): Promise<void> {
  rig = await startApi({ limits: { updates: limits } });
  await addCoins(rig.test.database, ['BTC', 'ETH']);
  await addTraders(rig.test.database, [{ id: 1 }]);
  await beginLog(rig.test.database);
}

const stream = (url = rig.api.url) =>
  openStream(url, {
    check: false,
    headers: { authorization: `Bearer ${rig.token}`, host: new URL(rig.api.url).host },
  });

/** Appends changes; with 200 trades each, a thousand of them are some 3.5 MB on the wire. */
const append = (count: number, trades = 200) =>
  appendChanges(
    rig.test.database,
    Array.from({ length: count }, () => ({ trader: 1, trades })),
  );

/** A reader of everything; `place` throws at the first gap, repetition or reset, and when the line was lost. */
class Reader {
  readonly client: StreamClient;
  /** Trades in the largest frame. */
  largest = 0;
  #place = 0;
  #read = 0;

  constructor(client: StreamClient) {
    this.client = client;
    client.send({ type: 'follow', id: 'f', filter: {}, after: { epoch: EPOCH, offset: 0 } });
  }

  place(): number {
    const { messages, socket } = this.client;
    for (; this.#read < messages.length; this.#read++) {
      const message = messages[this.#read];
      if (message?.type === 'reset') throw new Error(`reset: ${message.reason}`);
      if (message?.type !== 'changes') continue;
      const { after, upto, items } = message;
      if (after !== this.#place || items.length !== upto - after || items[0]?.offset !== after + 1)
        throw new Error(`${this.#place}, then (${after}, ${upto}] with ${items.length} changes`);
      this.#place = upto;
      this.largest = Math.max(
        this.largest,
        items.reduce((sum, change) => sum + change.tradeIds.length, 0),
      );
    }
    if (socket.readyState !== socket.OPEN) throw new Error(`lost at ${this.#place}`);
    return this.#place;
  }
}

/** A line to the server that carries so many bytes each ms. */
async function startLine(port: number, bytesPerMs: number): Promise<{ url: string; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ port, host: '127.0.0.1' });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => [near, far].map((each) => each.destroy()));
    }
    near.on('data', (data) => far.write(data));
    let freeAt = systemClock.monotonic();
    far.on('data', (data) => {
      near.write(data);
      freeAt = Math.max(freeAt, systemClock.monotonic()) + data.length / bytesPerMs;
      far.pause();
      systemClock.after(freeAt - systemClock.monotonic(), () => far.resume());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe('catching up', () => {
  it.each(['memory', 'the database'])(
    'goes at the pace of an ordinary line while the market moves, from %s',
    async (source) => {
      await start();
      const witness = source === 'memory' ? new Reader(await stream()) : undefined;
      await witness?.client.saw('followed');
      let backlog = 0;
      while (backlog < 3_000) {
        backlog = await append(250);
        if (witness) await until(() => witness.place() >= backlog, 'the witness');
      }
      let moving = true;
      let head = backlog;
      const market = (async () => {
        while (moving) {
          head = await append(8, 1);
          await systemClock.sleep(100);
        }
      })();
      const line = await startLine(rig.api.port, 2_000);
      try {
        const reader = new Reader(await stream(line.url));
        await until(() => reader.place() > backlog, 'the reader to be live');
        moving = false;
        await market;
        await until(() => reader.place() === head, 'the last change');
        expect(reader.largest).toBeLessThan(20_000);
        await reader.client.close();
      } finally {
        moving = false;
        await market;
        line.close();
        await witness?.client.close();
      }
    },
  );

  it('of several channels at once takes turns', async () => {
    await start();
    const head = await append(500);
    const line = await startLine(rig.api.port, 4_000);
    const reader = await stream(line.url);
    const after = { epoch: EPOCH, offset: 0 };
    const others = ['increased', 'reduced', 'closed', 'flipped'] as const;
    const filters: ChangeFilter[] = [
      {},
      { coin: 'BTC' },
      { trader: addressOf(1) },
      ...others.map((kind): ChangeFilter => ({ kinds: ['opened', kind] })),
    ];
    for (const [index, filter] of filters.entries()) {
      reader.send({ type: 'follow', id: `${index}`, filter, after });
    }
    await until(() => {
      if (reader.socket.readyState !== reader.socket.OPEN) throw new Error('the line was lost');
      const ends = reader.messages.filter((message) => message.type === 'changes' && message.upto === head);
      return ends.length >= filters.length;
    }, 'all channels to be up to date');
    line.close();
  });

  it('drops a reader that takes nothing, and tells it why once it reads again', async () => {
    await start({ drainLimitMs: 300 });
    await append(4_000);
    const reader = await stream();
    reader.send({ type: 'follow', id: 'f', filter: {}, after: { epoch: EPOCH, offset: 0 } });
    await reader.saw('followed');
    reader.socket.pause();
    await until(async () => {
      const metrics = await (await rig.get('/metrics')).text();
      return /autotrade_updates_dropped_total\{reason="TOO_SLOW",service="api",host="here"\} 1$/m.test(
        metrics,
      );
    }, 'the reader to be dropped');
    reader.socket.resume();
    expect(await reader.closed()).toEqual([4408, 'TOO_SLOW']);
  });
});
