import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface WireTradeLike {
  readonly coin: string;
  readonly side: 'A' | 'B';
  readonly px: string;
  readonly sz: string;
  readonly time: number;
  readonly hash: string;
  readonly tid: number;
  readonly users: readonly [string, string];
}

export const wireTrade = (coin: string, time: number, tid: number): WireTradeLike => ({
  coin,
  side: 'B',
  px: '100.0',
  sz: '1.5',
  time,
  hash: `0x${'0'.repeat(64)}`,
  tid,
  users: [`0x${'1'.repeat(40)}`, `0x${'2'.repeat(40)}`],
});

export const tradesFrame = (trades: readonly unknown[]): string =>
  JSON.stringify({ channel: 'trades', data: trades });

interface WirePerp {
  readonly name: string;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly isDelisted?: true;
}

export const wirePerp = (name: string): WirePerp => ({ name, szDecimals: 2, maxLeverage: 40 });

interface Subscribe {
  readonly method: string;
  readonly subscription?: { readonly type: string; readonly coin: string };
}

/** A WebSocket server that does what the test says; by default it confirms and answers pings, and sends nothing. */
export class ScriptedVenue {
  readonly #server: WebSocketServer;
  readonly #http: Server;
  readonly sockets: WebSocket[] = [];
  /** Everything that clients sent, as "subscribe BTC", "unsubscribe BTC", "ping". */
  readonly heard: string[] = [];
  /** What to do with a subscribe instead of confirming it. */
  onSubscribe: ((socket: WebSocket, coin: string) => void) | undefined;
  answersPings = true;
  /** The run of the simulated exchange that it says to be. */
  run = 'first';
  /** What /info lists; of the past it knows nothing. */
  universe: readonly WirePerp[] = [wirePerp('BTC')];

  private constructor(server: WebSocketServer, http: Server) {
    this.#server = server;
    this.#http = http;
    server.on('connection', (socket) => {
      this.sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('message', (data) => this.#onMessage(socket, JSON.parse(String(data)) as Subscribe));
    });
  }

  static async start(): Promise<ScriptedVenue> {
    const http = createServer();
    const venue = new ScriptedVenue(new WebSocketServer({ server: http }), http);
    http.on('request', async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const { type } = JSON.parse(text) as { type: string };
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(venue.#answer(type)));
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return venue;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/ws`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** The newest connection. */
  get socket(): WebSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('nobody has connected');
    return socket;
  }

  confirm(socket: WebSocket, coin: string, method = 'subscribe'): void {
    const subscription = { type: 'trades', coin };
    socket.send(JSON.stringify({ channel: 'subscriptionResponse', data: { method, subscription } }));
  }

  count(message: string): number {
    return this.heard.filter((one) => one === message).length;
  }

  close(): void {
    for (const socket of this.sockets) socket.terminate();
    this.#server.close();
    this.#http.closeAllConnections();
    this.#http.close();
  }

  #answer(type: string): unknown {
    if (type === 'perpDexs') return [null];
    if (type === 'simulatedRun') return { run: this.run };
    if (type === 'meta') return { universe: this.universe };
    return type === 'recentTrades' ? [] : null;
  }

  #onMessage(socket: WebSocket, message: Subscribe): void {
    const coin = message.subscription?.coin ?? '';
    this.heard.push(coin === '' ? message.method : `${message.method} ${coin}`);
    if (message.method === 'ping') {
      if (this.answersPings) socket.send('{"channel":"pong"}');
    } else if (message.method === 'subscribe' && this.onSubscribe !== undefined)
      this.onSubscribe(socket, coin);
    else this.confirm(socket, coin, message.method);
  }
}
