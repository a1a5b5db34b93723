/**
 * What everybody writes first: for each event, for each client, `ws.send(json)`. The next event goes out as soon as the
 * last one has left the process, so this is its best rate.
 */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { systemClock } from '../../src/runtime/clock.ts';

/** Of the size that our frames have for one change. */
function event(offset: number): string {
  const now = systemClock.now();
  const address = `0x${offset.toString(16).padStart(40, 'a')}`;
  return JSON.stringify({
    type: 'event',
    epoch: 1_700_000_000_000,
    offset,
    trader: address,
    coin: 'COIN7',
    kind: 'increased',
    cause: 'trades',
    sizeBefore: '1.5',
    sizeAfter: '2.75',
    price: '64.213',
    notionalUsd: '80.26625',
    realisedPnlUsd: { v: '0', state: 'zero' },
    known: 'exact',
    tradeIds: [1_000_000_000 + offset],
    exchangeTime: now,
    receivedAt: now,
    committedAt: now,
  });
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }, () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});

async function broadcast(): Promise<void> {
  for (let offset = 1; ; offset++) {
    const json = event(offset);
    for (const client of server.clients) client.send(json);
    while ([...server.clients].some((client) => client.bufferedAmount > 0)) await systemClock.sleep(0);
    await systemClock.sleep(0);
  }
}

process.once('message', () => void broadcast());
process.on('disconnect', () => process.exit(0));
