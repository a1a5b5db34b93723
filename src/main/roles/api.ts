/** Role `api`: REST, update stream and the web app's files. Maps settings to the server's options. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type ApiServer, startApiServer } from '../../api/server.ts';
import { RedisCache } from '../../jobs/cache.ts';
import { BoardSnapshot } from '../../ranking/snapshot.ts';
import type { Settings } from '../../runtime/config/groups.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { RunningRole } from '../../runtime/lifecycle.ts';
import type { ServiceContext } from '../service_context.ts';
import { openStore } from '../store.ts';
import { PACKAGE_FOLDER, VERSION } from '../version.ts';
import { words } from '../web_url.ts';

/** Enough for the pages of one household; a burst waits its turn instead of crowding the database. */
const CONNECTIONS = 6;

export async function startApiRole(
  context: ServiceContext<Settings<'base' | 'storage' | 'api' | 'simulator'>>,
): Promise<RunningRole> {
  const { config, clock, random, log, instance } = context;
  let api: ApiServer | undefined;
  const store = await openStore({
    context,
    instance,
    restarts: context.restarts,
    maxConnections: CONNECTIONS,
    status: async () => (await api?.status()) ?? { state: 'starting', detail: {}, metrics: [] },
  });
  const namespace = `${store.world.network}:${store.world.worldId}`;
  const redis = config.REDIS_URL && new Redis(config.REDIS_URL.reveal(), { maxRetriesPerRequest: 1 });
  redis?.on('error', (error: unknown) => log.warn({ error: errorMessage(error) }, 'Redis connection lost'));
  try {
    api = await startApiServer({
      db: store.database,
      news: store.news,
      clock,
      random,
      log,
      identity: { version: VERSION, network: config.NETWORK, world: store.world.worldId, host: hostname() },
      instance,
      worldCreatedAt: store.world.createdAt,
      host: config.HOST,
      port: config.PORT,
      publicUrls: words(config.PUBLIC_URL),
      trustedProxies: words(config.TRUSTED_PROXIES),
      webRoot: join(PACKAGE_FOLDER, 'dist', 'web'),
      openBoard: (bytes) => new BoardSnapshot(bytes),
      ...(redis === undefined ? {} : { cache: new RedisCache({ redis, namespace, log }) }),
      managerFile: join(config.DATA_DIR, 'run', 'services.json'),
    });
  } catch (error) {
    redis?.disconnect();
    await store.close();
    throw error;
  }
  const server = api;
  log.info({ url: server.url }, 'API serves');
  return {
    async stop() {
      await server.stop();
      redis?.disconnect();
      await store.close();
    },
  };
}
