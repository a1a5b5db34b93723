/** What every role that uses the database does first: find it, migrate it, check its world, beat. */
import { hostname } from 'node:os';
import { errorMessage } from '../runtime/errors.ts';
import type { Secret } from '../runtime/secret.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { resolveDatabaseUrl } from '../store/embedded/home.ts';
import { StoreError } from '../store/errors.ts';
import { runMigrations } from '../store/migrate.ts';
import { listenNews, type NewsListener } from '../store/news.ts';
import { type ServiceStatus, startHeartbeat } from '../store/service_heartbeats.ts';
import { type Network, stampWorld, type World, type WorldId } from '../store/world.ts';
import type { ServiceContext } from './service_context.ts';

export interface StoreSettings {
  readonly NETWORK: Network;
  readonly DATA_DIR: string;
  readonly DATABASE_URL: Secret | undefined;
  readonly SIMULATOR_SEED: string;
  readonly SIMULATOR_REPLAY: string | undefined;
}

export interface OpenStoreOptions {
  readonly context: Pick<ServiceContext<StoreSettings>, 'config' | 'clock' | 'random' | 'log' | 'waiting'>;
  /** "worker" or "copier@main". */
  readonly instance: string;
  /** How often the manager restarted this process. */
  readonly restarts: number;
  readonly maxConnections?: number;
  /** Added to each heartbeat. Default: state "ready", nothing more. */
  readonly status?: (
    database: Database,
  ) => Promise<Omit<ServiceStatus, 'rssBytes'>> | Omit<ServiceStatus, 'rssBytes'>;
}

export interface OpenStore {
  readonly database: Database;
  readonly world: World;
  readonly news: NewsListener;
  /** Last beat, then closes the listener and the pool. */
  close(): Promise<void>;
}

/**
 * The world that the settings name. A simulated market of another seed or another capture is another world: its
 * traders and prices must not be mixed with these.
 */
export function worldOf(settings: StoreSettings): WorldId {
  if (settings.NETWORK !== 'simulator') return { network: settings.NETWORK, worldId: settings.NETWORK };
  const replay = settings.SIMULATOR_REPLAY;
  return {
    network: 'simulator',
    worldId: replay === undefined ? `seed ${settings.SIMULATOR_SEED}` : `replay ${replay}`,
  };
}

const RETRY_MS = 2_000;

/**
 * Finds the database and, unless it is another world's, brings it to this build's schema. One that is away (restarting, failing over, cut off, out of
 * disk) is waited for, however long: to end instead would use up the restarts that are meant for faults of our own.
 */
async function reachDatabase({ context, instance }: OpenStoreOptions) {
  const { config, clock, log } = context;
  for (let attempt = 0; ; attempt++) {
    try {
      const url = await resolveDatabaseUrl({ databaseUrl: config.DATABASE_URL, dataDir: config.DATA_DIR });
      const connection = { url, log, applicationName: instance };
      const report = await runMigrations({ ...connection, world: worldOf(config) });
      if (report.applied.length > 0) log.info({ applied: report.applied }, 'database migrated');
      return connection;
    } catch (error) {
      if (!(error instanceof StoreError) || !error.retryable) throw error;
      const reason = `the database cannot be reached: ${errorMessage(error)}`;
      // One line, then one a minute.
      if (attempt % (60_000 / RETRY_MS) === 0) log.warn(`${reason}; tried again until it answers`);
      context.waiting?.(reason);
      await clock.sleep(RETRY_MS);
    }
  }
}

/**
 * Waits for a database that cannot be reached.
 * @throws ConfigError when there is no database, it belongs to another world, or it is of a newer version.
 */
export async function openStore(options: OpenStoreOptions): Promise<OpenStore> {
  const { config, clock, random, log } = options.context;
  const connection = await reachDatabase(options);
  const { url } = connection;
  const database = openDatabase({ ...connection, maxConnections: options.maxConnections ?? 4 });
  try {
    const world = await stampWorld(database, worldOf(config), clock);
    const news = listenNews({ url, applicationName: `${options.instance} news`, log, clock, random });
    const [role = ''] = options.instance.split('@');
    const host = hostname();
    const heartbeat = startHeartbeat({
      database,
      clock,
      log,
      identity: {
        instance: options.instance,
        role,
        host,
        pid: process.pid,
        startedAt: clock.now(),
        restarts: options.restarts,
      },
      status: async () => ({
        ...((await options.status?.(database)) ?? { state: 'ready', detail: {}, metrics: [] }),
        rssBytes: process.memoryUsage.rss(),
      }),
    });
    return {
      database,
      world,
      news,
      async close() {
        await heartbeat.stop();
        await news.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
