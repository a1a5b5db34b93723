/**
 * Embedded PostgreSQL: initialises, starts, watches and stops a server of our own on 127.0.0.1.
 *
 * The server is a child of this process and is interrupted by the kernel when this process dies, however it
 * dies. Data and secrets live in DATA_DIR/database.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import pg from 'pg';
import type { Clock } from '../../runtime/clock.ts';
import { AppError, ConfigError, errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { Secret } from '../../runtime/secret.ts';
import { findBinaries } from './binaries.ts';
import { ensureCluster, serverArguments } from './cluster.ts';
import { chooseGround, type Ground } from './ground.ts';
import * as files from './home.ts';
import { serverEnvironment, tieToParent } from './identity.ts';
import { stopOrphan, stopServer } from './postmaster.ts';

export interface EmbeddedOptions {
  /** The server lives in DATA_DIR/database. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Server settings over the built-in ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** False skips the fsync of a fresh data directory: tests only. Default true. */
  readonly sync?: boolean;
  /** Told, again and again, why the start waits for something outside this process. */
  readonly waiting?: (reason: string) => void;
}

export interface EmbeddedPostgres {
  /** The application's connection string. */
  readonly url: Secret;
  /** The superuser's, to the database `postgres`. */
  readonly superuserUrl: Secret;
  readonly port: number;
  readonly pid: number;
  /** Resolves when the server has ended, by itself or by `stop`. */
  readonly ended: Promise<void>;
  /** Clean shutdown; resolves when the server is gone. Safe to call twice. */
  stop(): Promise<void>;
}

/** What the server says to those who ask before it is ready, ourselves among them. */
const STARTING = /the database system is (starting up|not yet accepting connections)/;
/** What it says to anybody who asks too early or too late; tells nothing of its own end. */
const TO_CLIENTS = /^FATAL: +the database system is /;
const REPEAT_MS = 10_000;
const START_POLL_MS = 20;
/** Recovery after a crash reads up to max_wal_size of log. */
const START_LIMIT_MS = 10 * 60_000;
/** Below the range from which systems take ports for outgoing connections, so that ours is free again later. */
const PORT_FROM = 20_000;
const PORT_COUNT = 10_000;

/**
 * Starts the server of this DATA_DIR; resolves when it accepts connections.
 * @throws ConfigError where no server can run here (naming DATABASE_URL), another process goes on owning these data, or
 *   the password beside them is not theirs; AppError `DATABASE_DISK_FULL` (retryable), `DATABASE_INIT`, `DATABASE_START`.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const home = files.databaseHome(options.dataDir);
  try {
    return await startIn(home, options);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    throw new AppError(
      'DATABASE_DISK_FULL',
      `no room is left for the database of ${home}: free some, and it starts by itself (${errorMessage(error)})`,
      { cause: error, retryable: true },
    );
  }
}

/** Said by the file system to us, or to the programs of PostgreSQL, or by the server in its answer. */
const isDiskFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', '53100'].includes(String((error as { code?: unknown }).code)) ||
  /No space left on device|Disk quota exceeded/.test(errorMessage(error));

async function startIn(home: string, options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries(`${home}/lib`);
  await files.claimHome(home, options.clock, options.waiting);
  try {
    const ground = await chooseGround({ home, binaries, log: options.log, uid: process.getuid?.() ?? 1 });
    await stopOrphan(ground.data, options.clock, options.log);
    const connection = await prepareConnection(home, options.random);
    await ensureCluster(ground, connection.superuserPassword, options.sync ?? true);
    return await launch(options, home, ground, connection);
  } catch (error) {
    await files.releaseHome(home);
    throw error;
  }
}

/** Passwords of the first start for ever; the port too, unless somebody else has taken it. */
async function prepareConnection(home: string, random: Random): Promise<files.Connection> {
  const old = await files.readConnection(home);
  if (old !== undefined && (await isFree(old.port))) return old;
  const connection: files.Connection = {
    port: await freePort(random),
    password: old?.password ?? files.newPassword(),
    superuserPassword: old?.superuserPassword ?? files.newPassword(),
  };
  await files.writeConnection(home, connection);
  return connection;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}

async function freePort(random: Random): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = PORT_FROM + random.int(PORT_COUNT);
    if (await isFree(port)) return port;
  }
  throw new AppError('DATABASE_PORT', 'no free port on 127.0.0.1 for the database');
}

async function launch(
  options: EmbeddedOptions,
  home: string,
  ground: Ground,
  connection: files.Connection,
): Promise<EmbeddedPostgres> {
  const words = [ground.postgres, ...serverArguments(ground.data, connection.port, options.settings ?? {})];
  const tied = await tieToParent(ground.identity, words);
  const child = spawn(tied.command, tied.args, {
    cwd: '/',
    env: serverEnvironment(ground.sharedLibraries),
    stdio: [tied.needsPipe ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    // Its own session: Ctrl-C in the terminal must reach us first, so that we stop it last.
    detached: true,
    ...(ground.identity.uid === undefined ? {} : { uid: ground.identity.uid, gid: ground.identity.uid }),
  });
  const tail = logOutput(child, options.log, options.clock);
  const state = { ended: false };
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      state.ended = true;
      resolve();
    };
    child.on('error', end);
    child.on('exit', end);
  });
  const superuserUrl = files.superuserUrl(connection);
  const pid = child.pid ?? 0;
  try {
    await waitReady(options.clock, superuserUrl, state, tail);
    await ensureApplication(superuserUrl, connection.password);
  } catch (error) {
    if (!state.ended) await stopServer(pid, options.clock);
    throw isWrongPassword(error) ? wrongPassword(error, home, ground.data) : error;
  }
  let stopping: Promise<void> | undefined;
  return {
    url: files.applicationUrl(connection),
    superuserUrl,
    port: connection.port,
    pid,
    ended,
    stop() {
      stopping ??= (async () => {
        if (!state.ended) await stopServer(pid, options.clock);
        await ended;
        await files.releaseHome(home);
      })();
      return stopping;
    },
  };
}

/**
 * The server's own lines into our log; one that repeats (a full disk says the same with every write) is written
 * once in REPEAT_MS. Returns the last of them, for the message when it does not start.
 */
function logOutput(child: ChildProcess, log: Logger, clock: Clock): () => string {
  const last: string[] = [];
  const writtenAt = new Map<string, number>();
  const onLine = (line: string) => {
    if (line === '') return;
    if (!TO_CLIENTS.test(line)) last.push(line);
    if (last.length > 5) last.shift();
    const serious = /^(FATAL|PANIC|ERROR|WARNING):/.test(line) && !STARTING.test(line);
    const now = clock.monotonic();
    if (now - (writtenAt.get(line) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
    if (writtenAt.size > 100) writtenAt.clear();
    writtenAt.set(line, now);
    log[serious ? 'warn' : 'debug']({ server: line.slice(0, 500) }, 'postgres');
  };
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', onLine);
  }
  return () => last.join(' | ');
}

async function waitReady(
  clock: Clock,
  superuserUrl: Secret,
  state: { readonly ended: boolean },
  tail: () => string,
): Promise<void> {
  const end = clock.monotonic() + START_LIMIT_MS;
  for (;;) {
    if (state.ended)
      throw new AppError('DATABASE_START', `the database server ended at its start: ${tail()}`);
    const client = new pg.Client({ connectionString: superuserUrl.reveal(), connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return;
    } catch (error) {
      if (isWrongPassword(error)) throw error;
      if (clock.monotonic() > end) {
        throw new AppError('DATABASE_START', `the database server is not ready: ${tail()}`, { cause: error });
      }
    } finally {
      await client.end().catch(() => undefined);
    }
    await clock.sleep(START_POLL_MS);
  }
}

const isWrongPassword = (error: unknown): boolean => (error as { code?: unknown }).code === '28P01';

/** Password and data are not of one making: no attempt will ever succeed. */
const wrongPassword = (cause: unknown, home: string, data: string): ConfigError =>
  new ConfigError(
    'DATABASE_PASSWORD',
    `the password in ${home}/connection.json does not open the database in ${data}: restore that file from a backup, ` +
      'or delete this database with: autotrade db reset',
    { cause },
  );

/** The application's role (not a superuser) and database; made once. */
async function ensureApplication(superuserUrl: Secret, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl.reveal() });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [files.APPLICATION]);
    if (role.rowCount === 0) {
      await client.query(
        `CREATE ROLE ${files.APPLICATION} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`,
      );
    }
    const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [files.APPLICATION]);
    if (database.rowCount === 0) {
      await client.query(`CREATE DATABASE ${files.APPLICATION} OWNER ${files.APPLICATION}`);
    }
  } finally {
    await client.end();
  }
}
