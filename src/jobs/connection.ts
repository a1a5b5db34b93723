/** Where the queue lives: BullMQ's PostgreSQL backend on one machine, its Redis backend on many. */
import {
  assertSchemaCompatibility,
  type BackendFactory,
  type ConnectionOptions,
  createPostgresBackend,
  type Job,
  type JobsOptions,
  LATEST_SCHEMA_VERSION,
  Queue,
  runMigrations,
  Worker,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Clock } from '../runtime/clock.ts';
import { errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Secret } from '../runtime/secret.ts';

export interface QueueConnectionOptions {
  /** PostgreSQL; used for the queue when there is no Redis. */
  readonly databaseUrl: Secret;
  readonly redisUrl?: Secret | undefined;
  /** Names the world in a Redis that several installations share. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Logger;
}

type Processor = (job: Job, token: string | undefined, signal: AbortSignal | undefined) => Promise<unknown>;

interface WorkerSettings {
  readonly concurrency: number;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
}

/** BullMQ's objects on either backend. Everything handed out is closed by its user; `close` ends the connections. */
export interface QueueConnection {
  readonly kind: 'postgres' | 'redis';
  queue(name: string, defaultJobOptions: JobsOptions): Queue;
  worker(name: string, processor: Processor, settings: WorkerSettings): Worker;
  /** Runs `work` while no other process runs its own, where the backend's steps are not atomic by themselves. */
  exclusively(work: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Where BullMQ keeps its own tables; its default, which it insists on for a pool that it did not make. */
const SCHEMA = 'bullmq';

/** BullMQ's own default is 15 s, in which a worker neither takes up its work again nor ends. */
const RETRY_MS = 1_000;
/** Connections that are still in use this long after the end was asked for are cut. */
const END_MS = 3_000;

/** Any constant: one process sets schedules at a time. */
const SCHEDULES_LOCK = 7_041_776_002;

/** BullMQ types a factory by its backend and the queue by the Redis one; at run time any backend fits. */
const postgresBackend = createPostgresBackend as unknown as BackendFactory;

export function openQueueConnection(options: QueueConnectionOptions): Promise<QueueConnection> {
  return options.redisUrl === undefined ? onPostgres(options) : onRedis(options, options.redisUrl);
}

async function onPostgres(options: QueueConnectionOptions): Promise<QueueConnection> {
  // BullMQ expects the driver's own value types, so this pool is apart from the application's.
  const pool = new pg.Pool({
    connectionString: options.databaseUrl.reveal(),
    application_name: 'queue',
    // Each worker keeps one connection for LISTEN.
    max: 8,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    // BullMQ waits by LISTEN, never in a query: one that has no answer by then has lost its server without a word.
    query_timeout: 35_000,
    options: `-c search_path=${SCHEMA}`,
  });
  pool.on('error', (error) => options.log.warn({ error: error.message }, 'queue connection lost'));
  const clients = new Set<pg.PoolClient>();
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    clients.add(client);
  });
  pool.on('remove', (client) => clients.delete(client));
  // One listener of each queue and worker.
  pool.setMaxListeners(50);
  try {
    await ensureTables(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const connection = pool as unknown as ConnectionOptions;
  return {
    kind: 'postgres',
    queue: (name, defaultJobOptions) =>
      new Queue(name, { connection, defaultJobOptions }, postgresBackend) as unknown as Queue,
    worker: (name, processor, settings) =>
      new Worker(
        name,
        processor,
        { connection, runRetryDelay: RETRY_MS, ...settings },
        postgresBackend,
      ) as unknown as Worker,
    exclusively: (work) => underLock(pool, work),
    close: () => endPool(pool, clients, options),
  };
}

/** A worker that does not end, or a server that does not answer, keeps a connection and must not hold up the end. */
async function endPool(
  pool: pg.Pool,
  clients: ReadonlySet<pg.PoolClient>,
  { clock, log }: QueueConnectionOptions,
): Promise<void> {
  const over = new AbortController();
  const late = clock.sleep(END_MS, over.signal).then(
    () => {
      log.warn({ connections: clients.size }, 'connections of the queue are still in use and are cut');
      for (const client of clients) void client.end().catch(() => undefined);
    },
    () => undefined,
  );
  await Promise.race([pool.end(), late]);
  over.abort(new Error('ended'));
}

/** A schedule that two processes make in the same moment would leave a first job of each in PostgreSQL. */
async function underLock(pool: pg.Pool, work: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query('SELECT pg_advisory_lock($1)', [SCHEDULES_LOCK]);
    await work();
    await client.query('SELECT pg_advisory_unlock($1)', [SCHEDULES_LOCK]);
    broken = false;
  } finally {
    // A session that may still hold the lock is ended.
    client.release(broken);
  }
}

/** For `db migrate`: the queue's own tables, where it lives in PostgreSQL. */
export async function migrateQueue(
  options: Pick<QueueConnectionOptions, 'databaseUrl' | 'clock' | 'log'>,
): Promise<void> {
  const connection = await onPostgres({ ...options, namespace: '' });
  await connection.close();
}

async function ensureTables(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
      `${SCHEMA}.migration`,
    ]);
    // Read first: the application role of production may not create anything, nor need it to.
    if (rows[0]?.there === true) {
      const current = await assertSchemaCompatibility(client, SCHEMA).catch(() => undefined);
      if (current !== undefined && current >= LATEST_SCHEMA_VERSION) return;
    }
    await runMigrations(client, SCHEMA);
  } finally {
    client.release();
  }
}

async function onRedis(options: QueueConnectionOptions, url: Secret): Promise<QueueConnection> {
  // BullMQ blocks on its connection and retries by itself: no limit per command.
  const prefix = `autotrade:${options.namespace}:queue`;
  const redis = new Redis(url.reveal(), {
    maxRetriesPerRequest: null,
    lazyConnect: true,
    // Shown by CLIENT LIST; Redis allows no spaces in it.
    connectionName: prefix.replaceAll(/\s/g, '_'),
  });
  redis.on('error', (error: unknown) =>
    options.log.warn({ error: errorMessage(error) }, 'Redis connection lost'),
  );
  await redis.connect();
  return {
    kind: 'redis',
    queue: (name, defaultJobOptions) => new Queue(name, { connection: redis, prefix, defaultJobOptions }),
    worker: (name, processor, settings) =>
      new Worker(name, processor, { connection: redis, prefix, runRetryDelay: RETRY_MS, ...settings }),
    exclusively: (work) => work(),
    async close() {
      redis.disconnect();
    },
  };
}
