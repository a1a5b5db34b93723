/**
 * A small server that answers in the shapes of the contract with made-up data, for tests of what the real system
 * gives only rarely: failures, silence, a newer version, thousands of rows. Part of the tests, never shipped.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ClientMessage, ServerMessage } from '../../src/contract/updates.ts';
import { boardAnswer } from './fixture_leaderboard.ts';
import { accountValue, COIN_LIST, channelOf, systemReport } from './fixture_positions.ts';
import { FixtureWorld } from './fixture_world.ts';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export const LINK_CODE = 'fixture-code-0123456789abcdef';

export interface FollowRefusal {
  readonly code: string;
  readonly message: string;
}

export interface FixtureApi {
  readonly origin: string;
  readonly world: FixtureWorld;
  /** What to answer instead, by "METHOD /path"; null answers as usual. */
  readonly failures: Map<string, { status: number; code: string; message: string }>;
  /** Drops every WebSocket and refuses new ones while true. */
  setOffline(offline: boolean): void;
  /** Stops sending while true: the sockets stay open. */
  setSilent(silent: boolean): void;
  /** What to answer to whoever follows the event log; null answers as usual. */
  refuseFollows(refusal: FollowRefusal | null): void;
  /** Queries of the leaderboard so far. */
  boardQueries(): readonly string[];
  close(): Promise<void>;
}

function answer(response: ServerResponse, status: number, body: unknown): ServerResponse {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  return response.end(body === undefined ? undefined : JSON.stringify(body));
}

const problem = (code: string, message: string) => ({ error: { code, message, requestId: 'fixture-1' } });

async function sendFile(root: string, path: string, response: ServerResponse): Promise<void> {
  const wanted = extname(path) === '' ? '/index.html' : path;
  try {
    const body = await readFile(join(root, normalize(wanted)));
    response.writeHead(200, {
      'content-type': TYPES[extname(wanted)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return parts.length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString('utf8'));
}

const signedIn = (request: IncomingMessage): boolean =>
  /autotrade_fixture=1/.test(request.headers.cookie ?? '');

async function sessionRoute(request: IncomingMessage, response: ServerResponse): Promise<ServerResponse> {
  const session = { role: 'admin', via: 'session', expiresAt: null };
  if (request.method === 'POST') {
    const body = (await bodyOf(request)) as { code?: string };
    if (body.code !== LINK_CODE) {
      const text = 'The sign-in link was used before or is older than ten minutes; make a new one.';
      return answer(response, 401, problem('AUTH_LINK_INVALID', text));
    }
    response.setHeader('set-cookie', 'autotrade_fixture=1; HttpOnly; SameSite=Strict; Path=/');
    return answer(response, 200, session);
  }
  if (request.method === 'DELETE') {
    response.setHeader('set-cookie', 'autotrade_fixture=0; HttpOnly; SameSite=Strict; Path=/; Max-Age=0');
    return answer(response, 204, undefined);
  }
  return answer(response, 200, session);
}

/** Answers about one trader: itself, or what follows its address in the path. */
function traderAnswer(world: FixtureWorld, address: string, part: string): unknown {
  const { epoch, offset } = world.book.place();
  if (part === '') return world.detail(address);
  if (part === '/positions') return { at: `${epoch}:${offset}`, items: world.book.positions(address) };
  if (part === '/events') return { items: world.book.events(address).slice(0, 500), nextCursor: null };
  if (part === '/account-value') return accountValue(Date.now());
  return null;
}

function restAnswer(world: FixtureWorld, url: URL): unknown {
  const [, address, part] = /^\/api\/v1\/traders\/(0x[0-9a-f]{40})(.*)$/.exec(url.pathname) ?? [];
  if (address !== undefined) return traderAnswer(world, address, part ?? '');
  if (url.pathname.startsWith('/api/v1/leaderboard')) return boardAnswer(world.rows, url);
  if (url.pathname === '/api/v1/coins') return COIN_LIST;
  if (url.pathname === '/api/v1/stats') return world.stats();
  if (url.pathname === '/api/v1/system') return systemReport(world.rows.length, world.rows[0]?.address ?? '');
  if (url.pathname === '/api/v1/traders') return world.list(url.searchParams);
  if (url.pathname === '/api/v1/trades/recent') return { items: world.recent(50) };
  return null;
}

function rest(
  world: FixtureWorld,
  request: IncomingMessage,
  url: URL,
  response: ServerResponse,
): ServerResponse {
  const watch = /^\/api\/v1\/watchlist\/(0x[0-9a-f]{40})$/.exec(url.pathname)?.[1];
  if (watch !== undefined && world.watch(watch, request.method === 'PUT'))
    return answer(response, 204, undefined);
  const body = restAnswer(world, url);
  return body === null
    ? answer(response, 404, problem('NOT_FOUND', 'No such thing.'))
    : answer(response, 200, body);
}

const CONFLICT: FollowRefusal = { code: 'CONFLICT', message: 'Followed already.' };

/** Sends frames of the topics that a socket asked for, four times a second. */
function serveUpdates(
  socket: WebSocket,
  world: FixtureWorld,
  silent: () => boolean,
  refuse: () => FollowRefusal | null,
): void {
  const topics = new Set<string>();
  const send = (message: ServerMessage) => socket.send(JSON.stringify(message));
  /** How to stop following each channel. */
  const followed = new Map<string, () => void>();
  send(world.hello());
  const stop = world.onTick((tick) => {
    if (silent()) return;
    if (topics.has('stats')) send({ type: 'stats', data: world.stats() });
    if (topics.has('trades')) send({ type: 'trades', items: tick.trades, skipped: 0 });
    if (topics.has('traders')) send(tick.traders);
  });
  socket.on('close', () => {
    stop();
    for (const end of followed.values()) end();
  });
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as ClientMessage;
    if (message.type === 'subscribe') {
      for (const topic of message.topics) topics.add(topic);
      send({ type: 'subscribed', id: message.id, topics: message.topics });
      if (message.topics.includes('stats')) send({ type: 'stats', data: world.stats() });
    } else if (message.type === 'unsubscribe') {
      for (const topic of message.topics) topics.delete(topic);
      send({ type: 'unsubscribed', id: message.id, topics: message.topics });
    } else if (message.type === 'follow') {
      const { id, filter } = message;
      const channel = channelOf(filter);
      const refusal = followed.has(channel) ? CONFLICT : refuse();
      if (refusal === null) {
        followed.set(
          channel,
          world.book.follow(id, filter, (frame) => !silent() && send(frame)),
        );
      } else send({ type: 'refused', id, channel, ...refusal });
    } else if (message.type === 'unfollow') {
      followed.get(message.channel)?.();
      followed.delete(message.channel);
      send({ type: 'unfollowed', id: message.id, channel: message.channel });
    }
  });
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/** @param root folder of the built app. */
export async function startFixtureApi(root: string): Promise<FixtureApi> {
  const world = new FixtureWorld();
  const failures: FixtureApi['failures'] = new Map();
  const boards: string[] = [];
  let offline = false;
  let silent = false;
  let followRefusal: FollowRefusal | null = null;
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', 'http://fixture');
      if (url.pathname === '/api/v1/leaderboard') boards.push(url.search);
      const failure = failures.get(`${request.method} ${url.pathname}`);
      if (failure) return answer(response, failure.status, problem(failure.code, failure.message));
      if (!url.pathname.startsWith('/api/')) return sendFile(root, url.pathname, response);
      if (url.pathname === '/api/v1/session' && (request.method !== 'GET' || signedIn(request))) {
        return sessionRoute(request, response);
      }
      if (!signedIn(request)) return answer(response, 401, problem('AUTH_REQUIRED', 'Not signed in.'));
      return rest(world, request, url, response);
    })();
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'autotrade.v1' });
  server.on('upgrade', (request, socket, head) => {
    if (offline || !signedIn(request)) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (open) =>
      serveUpdates(
        open,
        world,
        () => silent,
        () => followRefusal,
      ),
    );
  });
  const port = await listen(server);
  world.start();
  return {
    origin: `http://127.0.0.1:${port}`,
    world,
    failures,
    boardQueries: () => boards,
    setOffline(next) {
      offline = next;
      if (next) for (const socket of sockets.clients) socket.terminate();
    },
    setSilent(next) {
      silent = next;
    },
    refuseFollows(next) {
      followRefusal = next;
    },
    async close() {
      world.stop();
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
