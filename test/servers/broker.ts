/**
 * The servers of a test run, started in the runner's own process on first use and shared by all test files: one
 * embedded PostgreSQL, one PostgreSQL and one Redis of the operating system where they are installed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { systemClock } from '../../src/runtime/clock.ts';
import { errorMessage } from '../../src/runtime/errors.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { secretBytes, systemRandom } from '../../src/runtime/random.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded/launcher.ts';
import { runMigrations } from '../../src/store/migrate.ts';
import { freePorts } from '../free_ports.ts';

export const SERVER_NAMES = ['embedded', 'external', 'redis'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

/** What a test gets: a connection string (the superuser's for PostgreSQL), or why there is none. */
export type Offer =
  | {
      readonly url: string;
      readonly template?: string;
      readonly owner?: string;
      readonly ownerPassword?: string;
    }
  | { readonly missing: string };

interface Started {
  readonly offer: Offer;
  stop(): Promise<void>;
}

/** Durability is tested on servers of its own; here speed counts. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };
const DEBIAN_POSTGRES = '/usr/lib/postgresql/15/bin';
const REDIS_SERVER = '/usr/bin/redis-server';
const NOBODY = 65_534;

async function temporary(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'autotrade-test-'));
}

async function startEmbedded(): Promise<Started> {
  const dataDir = await temporary();
  const server = await startEmbeddedPostgres({
    dataDir,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    settings: FAST,
    sync: false,
  });
  const superuser = server.superuserUrl.reveal();
  const owner = new URL(server.url.reveal());
  const template = await makeTemplate(superuser, owner.username, owner.password);
  return {
    offer: { url: superuser, template, owner: owner.username, ownerPassword: owner.password },
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The port that the system gives away next; a race with others is possible and ends in a failed start. */
/** PostgreSQL refuses root; ended by the kernel if the runner dies. */
function asOrdinaryUser(words: readonly string[]): { command: string; args: string[] } {
  const change = process.getuid?.() === 0 ? ['--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];
  return { command: 'setpriv', args: [...change, '--pdeathsig', 'INT', '--', ...words] };
}

/** Runs to its end; rejects with its output when it fails. */
async function toEnd(words: readonly string[]): Promise<void> {
  const { command, args } = asOrdinaryUser(words);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${words[0]}: ${output.slice(-500)}`);
}

async function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function startExternal(): Promise<Started> {
  if (!existsSync(DEBIAN_POSTGRES)) {
    return { offer: { missing: `no PostgreSQL in ${DEBIAN_POSTGRES}` }, stop: async () => undefined };
  }
  const directory = await temporary();
  const password = secretBytes(12).toString('hex');
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password);
  if (process.getuid?.() === 0)
    for (const path of [directory, passwordFile]) await chown(path, NOBODY, NOBODY);
  const data = join(directory, 'data');
  await toEnd([
    `${DEBIAN_POSTGRES}/initdb`,
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    '-N',
    `--pwfile=${passwordFile}`,
  ]);
  const [port] = await freePorts(1);
  const settings = {
    ...FAST,
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { command, args } = asOrdinaryUser([`${DEBIAN_POSTGRES}/postgres`, '-D', data, ...options]);
  const child = spawn(command, args, { stdio: 'ignore', cwd: '/', detached: true });
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  await untilAccepts(url, child);
  await withClient(url, (client) => client.query(`CREATE ROLE autotrade LOGIN PASSWORD '${password}'`));
  const template = await makeTemplate(url, 'autotrade', password);
  return {
    offer: { url, template, owner: 'autotrade', ownerPassword: password },
    async stop() {
      await endOf(child, 'SIGINT');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startRedis(): Promise<Started> {
  if (!existsSync(REDIS_SERVER)) {
    return { offer: { missing: `no Redis in ${REDIS_SERVER}` }, stop: async () => undefined };
  }
  const [port] = await freePorts(1);
  const words = [
    REDIS_SERVER,
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: '/',
  });
  await new Promise<void>((resolve, reject) => {
    child.on('exit', () => reject(new Error('redis-server ended at its start')));
    child.stdout.on('data', (chunk) => String(chunk).includes('Ready to accept connections') && resolve());
  });
  return { offer: { url: `redis://127.0.0.1:${port}/0` }, stop: () => endOf(child, 'SIGTERM') };
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function untilAccepts(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode} at its start`);
    try {
      return await withClient(url, async () => undefined);
    } catch (error) {
      if (attempt > 500) throw error;
      await systemClock.sleep(20);
    }
  }
}

/** A database with all migrations applied, from which each test's own is cloned. */
async function makeTemplate(superuser: string, owner: string, password: string): Promise<string> {
  const template = 'template_migrated';
  await withClient(superuser, (client) => client.query(`CREATE DATABASE ${template} OWNER ${owner}`));
  const url = new URL(superuser);
  url.username = owner;
  url.password = password;
  url.pathname = `/${template}`;
  await runMigrations({ url: url.href, log: silentLogger, applicationName: 'test template' });
  return template;
}

const START: Readonly<Record<ServerName, () => Promise<Started>>> = {
  embedded: startEmbedded,
  external: startExternal,
  redis: startRedis,
};

export interface Broker {
  readonly port: number;
  stop(): Promise<void>;
}

/** Answers one line, a server's name, with one line of JSON: an Offer or {"failed": why}. */
export async function startBroker(): Promise<Broker> {
  const started = new Map<ServerName, Promise<Started>>();
  const answer = async (socket: Socket, name: ServerName) => {
    let start = started.get(name);
    if (start === undefined) {
      start = START[name]();
      started.set(name, start);
    }
    try {
      socket.end(`${JSON.stringify((await start).offer)}\n`);
    } catch (error) {
      socket.end(`${JSON.stringify({ failed: errorMessage(error) })}\n`);
    }
  };
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (chunk) => {
      const name = SERVER_NAMES.find((known) => known === String(chunk).trim());
      if (name === undefined) socket.destroy();
      else void answer(socket, name);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async stop() {
      server.close();
      for (const start of started.values()) await start.then((one) => one.stop()).catch(() => undefined);
    },
  };
}
