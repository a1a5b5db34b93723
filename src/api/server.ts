/**
 * The API server: REST, update stream, documents, metrics and the web app's files on one port. It reads the database
 * and changes only its own tables; it can neither trade nor reach the venue.
 */

import { STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { UPDATES_PATH } from '../contract/updates.ts';
import type { Clock } from '../runtime/clock.ts';
import { ConfigError, errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Database } from '../store/database.ts';
import type { NewsListener } from '../store/news.ts';
import type { ServiceStatus } from '../store/service_heartbeats.ts';
import { AccessControl } from './access.ts';
import { sessionCookieName } from './cookie.ts';
import { DOCS_STYLE, type Document, docsPage } from './docs_page.ts';
import { ApiError } from './errors.ts';
import { type Allowed, allowedFor } from './guard.ts';
import { createHandlers } from './handlers.ts';
import { failingChecks, LoopLag, type ReadyCheck } from './health.ts';
import { createHttpApp, HTTP_LIMITS, type HttpLimits } from './http_app.ts';
import { type ApiMetrics, createApiMetrics, exposition } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { RateLimiter } from './rate_limit.ts';
import { methodsOf, registerOperations } from './routes.ts';
import { type Identity, StatsCollector } from './stats.ts';
import { systemReader } from './system.ts';
import { CONNECTION_LIMITS, type ConnectionLimits } from './updates/connection.ts';
import { LogChannels } from './updates/follow.ts';
import { PING_EVERY_MS, UpdatesHub } from './updates/hub.ts';
import { Tape } from './updates/tape.ts';
import { UpgradeGate } from './updates/upgrade.ts';
import { chooseBody, findWebFile, loadWebFiles, type WebFiles } from './web_files.ts';

/** Event loop blocked longer than this: not alive. */
const MAX_LOOP_LAG_MS = 2_000;

export interface ApiServerOptions {
  readonly db: Database;
  readonly news: NewsListener;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly identity: Identity;
  /** Name of this service in the heartbeats: "api". */
  readonly instance: string;
  readonly worldCreatedAt: number;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Where else it is reached, for example through a TLS proxy: "https://autotrade.example". */
  readonly publicUrls?: readonly string[];
  readonly trustedProxies?: readonly string[];
  /** Folder of the built web app. */
  readonly webRoot?: string;
  readonly managerFile?: string;
  readonly limits?: Partial<HttpLimits> & {
    readonly maxUpdateClients?: number;
    readonly maxUpdateClientsPerCaller?: number;
    readonly updates?: Partial<ConnectionLimits>;
  };
  /** Checks answers against the contract: for tests. */
  readonly checkAnswers?: boolean;
}

export interface ApiServer {
  readonly port: number;
  /** "http://127.0.0.1:8787" */
  readonly url: string;
  /** For this process's heartbeat. */
  status(): Promise<Pick<ServiceStatus, 'state' | 'detail' | 'metrics'>>;
  /** Every route as "METHOD path" with who may use it: for the test of the policy. */
  readonly routes: readonly { readonly method: string; readonly path: string; readonly access: string }[];
  /** Closes update streams with SERVER_STOPPING, finishes running requests and frees the port. */
  stop(): Promise<void>;
}

/** Starts the server. @throws ConfigError `PORT_TAKEN`. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { clock, log } = options;
  let port = options.port;
  let allowed: Allowed = allowedFor(port, options.publicUrls);
  const limits: HttpLimits = { ...HTTP_LIMITS, ...options.limits };
  const cookieName = () => sessionCookieName(port);
  const access = new AccessControl(options.db, clock);
  const stats = new StatsCollector({ ...options, log });
  const lag = new LoopLag(clock);
  let hub: UpdatesHub | undefined;
  const metrics = createApiMetrics(() => hub?.size ?? 0);
  const channels = new LogChannels({ ...options, readers: () => hub?.size ?? 0 });
  hub = createHub(options, access, stats, metrics, channels);
  const app = createHttpApp({
    ...options,
    access,
    cookieName,
    allowed: () => allowed,
    limits,
    onOutcome: (code) => metrics.requests.inc({ code }),
  });
  const routes: ApiServer['routes'][number][] = [];
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      routes.push({ method, path: route.url, access: String(route.config?.access) });
    }
  });
  const handlers = createHandlers({
    ...options,
    access,
    stats,
    system: systemReader({ ...options, stats }),
    cookieName,
    secureCookie: (options.publicUrls ?? []).some((url) => url.startsWith('https:')),
    onSignOut: (grant) => hub?.end((other) => other.via === grant.via && other.id === grant.id),
  });
  registerOperations(app, handlers, {
    checkAnswers: options.checkAnswers ?? false,
    addressRates: { signIn: new RateLimiter(limits.signIn) },
  });
  registerPlain(app, options, { stats, lag, metrics });
  registerWeb(app, options.webRoot === undefined ? new Map() : await loadWebFiles(options.webRoot));
  await app.ready();
  const gate = upgradeGate(app, options, { access, allowed: () => allowed, cookieName, metrics, hub });
  await stats.start();
  const tape = new Tape({ ...options, hub, stats });
  await listen(app, options);
  port = (app.server.address() as AddressInfo).port;
  allowed = allowedFor(port, options.publicUrls);
  return {
    port,
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    routes,
    status: async () => ({
      state: lag.ms > MAX_LOOP_LAG_MS ? 'degraded' : 'ready',
      detail: { updateClients: hub.size, loopLagMs: Math.round(lag.ms) },
      metrics: await metrics.registry.getMetricsAsJSON(),
    }),
    async stop() {
      gate.stop();
      tape.stop();
      channels.stop();
      hub.stop();
      await stats.stop();
      lag.stop();
      await app.close();
    },
  };
}

function createHub(
  options: ApiServerOptions,
  access: AccessControl,
  stats: StatsCollector,
  metrics: ApiMetrics,
  follower: LogChannels,
): UpdatesHub {
  const { identity } = options;
  const hub: UpdatesHub = new UpdatesHub({
    ...options,
    access,
    follower,
    limits: { ...CONNECTION_LIMITS, ...options.limits?.updates },
    hello: () => ({
      type: 'hello',
      serverTime: options.clock.now(),
      version: identity.version,
      network: identity.network,
      simulated: identity.network === 'simulator',
      world: identity.world,
      log: stats.current?.log ?? null,
      pingEveryMs: PING_EVERY_MS,
    }),
    onDropped: (reason) => metrics.dropped.inc({ reason }),
  });
  hub.greetWith('stats', () => stats.current && { type: 'stats', data: stats.current });
  hub.greetWith('services', () => stats.current && { type: 'services', items: stats.current.services });
  stats.onLook((data) => {
    hub.publish('stats', { type: 'stats', data });
    hub.publish('services', { type: 'services', items: data.services });
  });
  return hub;
}

interface Wiring {
  readonly access: AccessControl;
  readonly allowed: () => Allowed;
  readonly cookieName: () => string;
  readonly metrics: ApiMetrics;
  readonly hub: UpdatesHub;
}

function upgradeGate(app: FastifyInstance, options: ApiServerOptions, wiring: Wiring): UpgradeGate {
  const { limits } = options;
  return new UpgradeGate(app.server, {
    ...options,
    access: wiring.access,
    allowed: wiring.allowed,
    cookieName: wiring.cookieName,
    maxConnections: limits?.maxUpdateClients ?? 2_000,
    maxPerCaller: limits?.maxUpdateClientsPerCaller ?? 100,
    perAddress: limits?.perAddress ?? { burst: 200, perSecond: 20 },
    newId: () =>
      options.random
        .int(2 ** 48)
        .toString(36)
        .padStart(10, '0'),
    onOutcome: (code) => wiring.metrics.requests.inc({ code }),
    accept: (socket, grant) => wiring.hub.add(socket, grant),
  });
}

/** Routes that are not operations of the contract: health, metrics, documents. */
function registerPlain(
  app: FastifyInstance,
  options: ApiServerOptions,
  parts: { stats: StatsCollector; lag: LoopLag; metrics: ApiMetrics },
): void {
  const { db, clock, identity } = options;
  const checks: ReadyCheck[] = [
    { name: 'database', check: () => db.query('SELECT 1') },
    {
      name: 'news',
      check: async () => {
        if (!options.news.connected) throw new Error('not listening');
      },
    },
  ];
  app.get('/livez', { config: { access: 'public' } }, async (_request, reply) => {
    const alive = parts.lag.ms <= MAX_LOOP_LAG_MS;
    return reply
      .code(alive ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ alive });
  });
  app.get('/readyz', { config: { access: 'public' } }, async (_request, reply) => {
    const failing = await failingChecks(checks, clock);
    const ready = failing.length === 0;
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready, failing });
  });
  app.get('/metrics', { config: { access: 'viewer' } }, async (_request, reply) => {
    const own = { instance: options.instance, host: identity.host, registry: parts.metrics.registry };
    const text = await exposition(own, parts.stats.beats, clock.now());
    return reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(text);
  });
  const document = openApiDocument(identity.version);
  const json = JSON.stringify(document);
  const page = docsPage(document as unknown as Document);
  app.get('/api/docs/openapi.json', { config: { access: 'viewer' } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(json),
  );
  app.get('/api/docs', { config: { access: 'viewer' } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(page),
  );
  app.get('/api/docs/style.css', { config: { access: 'public' } }, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(DOCS_STYLE),
  );
  app.get(UPDATES_PATH, { config: { access: 'viewer' } }, async () => {
    throw new ApiError('REQUEST_INVALID', 'This address speaks WebSocket only.');
  });
}

const NOT_BUILT = 'The web app is not built. Run `npm run build`, then start again.\n';

/** The web app's files, its page for its own routes, and what is nobody's. */
function registerWeb(app: FastifyInstance, files: WebFiles): void {
  app.get('/*', { config: { access: 'public' } }, async (request, reply) => {
    const path = decodePath(request.url);
    const file = path === undefined ? undefined : findWebFile(files, path);
    if (file !== undefined) {
      reply
        .header('etag', file.etag)
        .header('cache-control', file.cacheControl)
        .header('vary', 'accept-encoding');
      if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
      const { body, encoding } = chooseBody(file, request.headers['accept-encoding']);
      if (encoding !== undefined) reply.header('content-encoding', encoding);
      return reply.type(file.type).send(body);
    }
    if (path === '/' && files.size === 0)
      return reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT);
    throw notFound(path ?? '', reply);
  });
  app.setNotFoundHandler((request, reply) => {
    throw notFound(decodePath(request.url) ?? '', reply);
  });
}

function notFound(path: string, reply: { header(name: string, value: string): unknown }): ApiError {
  const methods = methodsOf(path);
  if (methods.length === 0) return new ApiError('NOT_FOUND', `${STATUS_CODES[404]}: no such address.`);
  reply.header('allow', methods.join(', '));
  return new ApiError('METHOD_NOT_ALLOWED', `This address takes ${methods.join(', ')}.`);
}

/** The path of a URL, decoded; undefined if it cannot be. */
function decodePath(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split('?', 1)[0] ?? '');
  } catch {
    return undefined;
  }
}

async function listen(app: FastifyInstance, options: ApiServerOptions): Promise<void> {
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'EADDRINUSE' || code === 'EACCES' || code === 'EADDRNOTAVAIL') {
      throw new ConfigError(
        'PORT_TAKEN',
        `cannot listen on ${options.host}:${options.port} (${code}): another program uses it, or it is not allowed; set PORT or HOST`,
        { cause: error },
      );
    }
    throw new Error(`cannot listen on ${options.host}:${options.port}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}
