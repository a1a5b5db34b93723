/**
 * The load: a venue of its own in its own process, that sends prepared frames over real WebSockets at a given rate.
 * Talks to the bench over the process channel.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../src/runtime/clock.ts';
import { COINS, coinName, type Frame, frames, SIZE_DECIMALS } from './frames.ts';

/** `rate` in trades/s; 0 is as fast as they are read. */
export type VenueCommand =
  | { readonly do: 'prepare'; readonly trades: number; readonly seed: string; readonly startMs: number }
  | { readonly do: 'send'; readonly rate: number }
  | {
      readonly do: 'stroll';
      readonly rate: number;
      readonly seconds: number;
      readonly seed: string;
      readonly startMs: number;
    };
export type VenueReport =
  | { readonly port: number }
  | { readonly prepared: number; readonly frames: number }
  | { readonly sent: number; readonly fresh: number }
  /** Trade ids and when (ms) each was first sent. */
  | { readonly strolled: readonly (readonly [tradeId: number, sentAt: number])[] };

const TICK_MS = 5;
/** Bytes in a socket's buffer beyond which the sender waits. */
const MAX_BUFFERED = 4 << 20;

let prepared: Frame[] = [];
const socketOfCoin = new Map<string, WebSocket>();

const answers: Record<string, (body: Record<string, unknown>) => unknown> = {
  perpDexs: () => [null],
  meta: () => ({
    universe: Array.from({ length: COINS }, (_, index) => ({
      name: coinName(index),
      szDecimals: SIZE_DECIMALS,
      maxLeverage: 20,
    })),
  }),
  recentTrades: () => [],
};

const server = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  const body = JSON.parse(text) as { type: string };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answers[body.type]?.(body) ?? null));
});

const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as {
      method: string;
      subscription?: { type: string; coin: string };
    };
    if (message.method === 'ping') socket.send('{"channel":"pong"}');
    if (message.subscription === undefined) return;
    socketOfCoin.set(message.subscription.coin, socket);
    socket.send(JSON.stringify({ channel: 'subscriptionResponse', data: message }));
  });
});

async function send(rate: number): Promise<void> {
  const startedAt = systemClock.monotonic();
  let sent = 0;
  let fresh = 0;
  for (const frame of prepared) {
    const socket = socketOfCoin.get(coinName(frame.coin));
    if (socket === undefined) throw new Error(`nobody subscribed to ${coinName(frame.coin)}`);
    socket.send(frame.text);
    fresh += frame.fresh;
    sent++;
    if (sent % 64 !== 0) continue;
    while (
      (rate > 0 && (fresh * 1000) / rate > systemClock.monotonic() - startedAt) ||
      socket.bufferedAmount > MAX_BUFFERED
    ) {
      await systemClock.sleep(TICK_MS);
    }
  }
  process.send?.({ sent, fresh } satisfies VenueReport);
}

/** Makes frames ahead; pings are answered meanwhile. */
async function prepare(command: Extract<VenueCommand, { do: 'prepare' }>): Promise<void> {
  prepared = [];
  let trades = 0;
  for (const frame of frames(command.seed, command.startMs)) {
    prepared.push(frame);
    trades += frame.fresh;
    if (trades >= command.trades) break;
    if (prepared.length % 1_000 === 0) await systemClock.sleep(0);
  }
  process.send?.({ prepared: trades, frames: prepared.length } satisfies VenueReport);
}

/** Sends frames as they are made, each at its moment, and notes when. */
async function stroll(command: Extract<VenueCommand, { do: 'stroll' }>): Promise<void> {
  const sentAt = new Map<number, number>();
  const startedAt = systemClock.monotonic();
  for (const frame of frames(command.seed, command.startMs)) {
    const due = startedAt + (sentAt.size * 1000) / command.rate;
    if (due - startedAt > command.seconds * 1000) break;
    const wait = due - systemClock.monotonic();
    if (wait > 0) await systemClock.sleep(wait);
    const now = systemClock.now();
    for (const [, tradeId] of frame.text.matchAll(/"tid":(\d+)/g)) {
      if (!sentAt.has(Number(tradeId))) sentAt.set(Number(tradeId), now);
    }
    socketOfCoin.get(coinName(frame.coin))?.send(frame.text);
  }
  process.send?.({ strolled: [...sentAt] } satisfies VenueReport);
}

process.on('message', (command: VenueCommand) => {
  if (command.do === 'send') {
    void send(command.rate);
    return;
  }
  if (command.do === 'stroll') {
    void stroll(command);
    return;
  }
  void prepare(command);
});
process.on('disconnect', () => process.exit(0));

server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port } satisfies VenueReport);
});
