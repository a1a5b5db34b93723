/**
 * The API server: REST, update stream, documents, metrics and the web app's files on one port. It reads the database
 * and changes only its own tables; it can neither trade nor reach the venue.
 */

import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type Cache, MemoryCache } from '../jobs/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import { ConfigError, errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Database } from '../store/database.ts';
import type { NewsListener } from '../store/news.ts';
import type { ServiceStatus } from '../store/service_heartbeats.ts';
import { AccessControl } from './access.ts';
import { Boards, type OpenBoard } from './boards.ts';
import { type ClientAddress, clientAddressBehind } from './client_address.ts';
import { sessionCookieName } from './cookie.ts';
import { type Allowed, allowedFor } from './guard.ts';
import { createHandlers } from './handlers.ts';
import { LoopLag } from './health.ts';
import { createHttpApp, HTTP_LIMITS, type HttpLimits } from './http_app.ts';
import { type ApiMetrics, createApiMetrics } from './metrics.ts';
import { ownUrl, type Place } from './place.ts';
import { MAX_LOOP_LAG_MS, registerPlain, registerWeb } from './plain_routes.ts';
import { RateLimiter } from './rate_limit.ts';
import { registerOperations } from './routes.ts';
import { type Identity, StatsCollector } from './stats.ts';
import { systemReader } from './system.ts';
import { CONNECTION_LIMITS, type ConnectionLimits } from './updates/connection.ts';
import { LogChannels } from './updates/follow.ts';
import { PING_EVERY_MS, UpdatesHub } from './updates/hub.ts';
import type { LoggedChange } from './updates/log_tail.ts';
import { Tape } from './updates/tape.ts';
import { UpgradeGate } from './updates/upgrade.ts';
import { loadWebFiles } from './web_files.ts';

/** Pages of leaderboards kept in memory; one takes some hundred KiB at most. */
const CACHED_PAGES = 500;

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
  /** Reads a published leaderboard. */
  readonly openBoard: (bytes: ArrayBuffer) => OpenBoard;
  /** Default: in this process. */
  readonly cache?: Cache;
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
  const reached = new Reached(options);
  const clientAddress = clientAddressBehind(options.trustedProxies ?? []);
  const access = new AccessControl(options.db, options.clock);
  const stats = new StatsCollector(options);
  const boards = new Boards(options);
  const lag = new LoopLag(options.clock);
  const { hub, channels, metrics } = createUpdates(options, access, stats);
  const limits: HttpLimits = { ...HTTP_LIMITS, ...options.limits };
  const app = createHttpApp({
    ...options,
    access,
    cookieName: reached.cookieName,
    allowed: reached.allowed,
    limits,
    onOutcome: (code) => metrics.requests.inc({ code }),
  });
  const routes = listRoutes(app);
  const handlers = createHandlers({
    ...options,
    access,
    stats,
    boards,
    cache: options.cache ?? new MemoryCache(options.clock, CACHED_PAGES),
    system: systemReader({ ...options, stats }),
    cookieName: reached.cookieName,
    secureCookie: (options.publicUrls ?? []).some((url) => url.startsWith('https:')),
    onSignOut: (grant) => hub.end((other) => other.via === grant.via && other.id === grant.id),
  });
  registerOperations(app, handlers, {
    checkAnswers: options.checkAnswers ?? false,
    addressRates: { signIn: new RateLimiter(limits.signIn) },
  });
  registerPlain(app, { ...options, stats, lag, metrics });
  registerWeb(app, options.webRoot === undefined ? new Map() : await loadWebFiles(options.webRoot));
  await app.ready();
  const gate = upgradeGate(app, options, reached, { access, clientAddress, metrics, hub });
  const tape = new Tape({ ...options, hub, stats });
  const stop = async () => {
    for (const part of [gate, tape, channels, hub, lag, boards]) part.stop();
    await stats.stop();
    await app.close();
  };
  try {
    await stats.start();
    await listen(app, options);
  } catch (error) {
    await stop();
    throw error;
  }
  reached.port = (app.server.address() as AddressInfo).port;
  return {
    port: reached.port,
    url: ownUrl({ host: options.host, port: reached.port }).origin,
    routes,
    status: async () => ({
      state: lag.ms > MAX_LOOP_LAG_MS ? 'degraded' : 'ready',
      detail: { updateClients: hub.size, loopLagMs: Math.round(lag.ms) },
      metrics: await metrics.registry.getMetricsAsJSON(),
    }),
    stop,
  };
}

/** What the server answers to; the port is known once it listens. */
class Reached {
  readonly #place: Place;
  #port: number;
  #allowed: Allowed;

  constructor(place: Place) {
    this.#place = place;
    this.#port = place.port;
    this.#allowed = allowedFor(place);
  }

  get port(): number {
    return this.#port;
  }

  set port(port: number) {
    this.#port = port;
    this.#allowed = allowedFor({ ...this.#place, port });
  }

  readonly allowed = (): Allowed => this.#allowed;
  readonly cookieName = (): string => sessionCookieName(this.#port);
}

/** Collects every route that is registered from now on. */
function listRoutes(app: FastifyInstance): ApiServer['routes'][number][] {
  const routes: ApiServer['routes'][number][] = [];
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      routes.push({ method, path: route.url, access: String(route.config?.access) });
    }
  });
  return routes;
}

interface Updates {
  readonly hub: UpdatesHub;
  readonly channels: LogChannels;
  readonly metrics: ApiMetrics;
}

function createUpdates(options: ApiServerOptions, access: AccessControl, stats: StatsCollector): Updates {
  const { clock } = options;
  let hub: UpdatesHub | undefined;
  const readers = () => hub?.size ?? 0;
  const metrics = createApiMetrics(readers, () => stats.current);
  const channels = new LogChannels({
    ...options,
    readers,
    onJoin: (result) => metrics.joins.inc({ result }),
    onSent: (changes) => observeLag(metrics, changes, clock.now()),
  });
  hub = createHub(options, access, stats, metrics, channels);
  return { hub, channels, metrics };
}

/** The oldest change of a frame stands for all of it: a storm must not cost a histogram per change. */
function observeLag(metrics: ApiMetrics, changes: readonly LoggedChange[], now: number): void {
  const oldest = changes[0]?.change;
  if (oldest === undefined) return;
  metrics.commitLag.observe(Math.max(0, now - oldest.committedAt) / 1000);
  metrics.exchangeLag.observe(Math.max(0, now - oldest.exchangeTime) / 1000);
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

function upgradeGate(
  app: FastifyInstance,
  options: ApiServerOptions,
  reached: Reached,
  parts: {
    readonly access: AccessControl;
    readonly clientAddress: ClientAddress;
    readonly metrics: ApiMetrics;
    readonly hub: UpdatesHub;
  },
): UpgradeGate {
  const { limits } = options;
  return new UpgradeGate(app.server, {
    ...options,
    access: parts.access,
    clientAddress: parts.clientAddress,
    allowed: reached.allowed,
    cookieName: reached.cookieName,
    maxConnections: limits?.maxUpdateClients ?? 2_000,
    maxPerCaller: limits?.maxUpdateClientsPerCaller ?? 100,
    perAddress: limits?.perAddress ?? { burst: 200, perSecond: 20 },
    newId: () =>
      options.random
        .int(2 ** 48)
        .toString(36)
        .padStart(10, '0'),
    onOutcome: (code) => parts.metrics.requests.inc({ code }),
    accept: (socket, grant) => parts.hub.add(socket, grant),
  });
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
