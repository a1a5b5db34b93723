/** The folder DATA_DIR/database of an embedded server: its secrets, its owner, where its data lies. */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '../../runtime/errors.ts';
import { secretBytes } from '../../runtime/random.ts';
import { Secret } from '../../runtime/secret.ts';
import { useExternal } from './binaries.ts';

/** Name of the application's role and of its database. */
export const APPLICATION = 'autotrade';
export const SUPERUSER = 'postgres';

/** Content of connection.json (mode 0600). */
export interface Connection {
  readonly port: number;
  readonly password: string;
  readonly superuserPassword: string;
}

export const databaseHome = (dataDir: string): string => resolve(dataDir, 'database');
const connectionFile = (home: string) => join(home, 'connection.json');
const supervisorFile = (home: string) => join(home, 'supervisor.json');
const locationFile = (home: string) => join(home, 'location.json');

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError('DATABASE_FILES', `cannot read ${path}: ${String(error)}`, { cause: error });
  }
}

/** Whole or not at all, readable by its owner only. */
async function writeJson(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(value));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

export async function readConnection(home: string): Promise<Connection | undefined> {
  const value = (await readJson(connectionFile(home))) as Partial<Connection> | undefined;
  if (value === undefined) return undefined;
  const { port, password, superuserPassword } = value;
  if (typeof port !== 'number' || typeof password !== 'string' || typeof superuserPassword !== 'string') {
    throw new ConfigError(
      'DATABASE_FILES',
      `${connectionFile(home)} is damaged: restore it from a backup. ${useExternal}`,
    );
  }
  return { port, password, superuserPassword };
}

export const writeConnection = (home: string, connection: Connection): Promise<void> =>
  writeJson(connectionFile(home), connection);

export const newPassword = (): string => secretBytes(24).toString('base64url');

export const applicationUrl = (connection: Connection): Secret =>
  new Secret(`postgres://${APPLICATION}:${connection.password}@127.0.0.1:${connection.port}/${APPLICATION}`);

export const superuserUrl = (connection: Connection): Secret =>
  new Secret(`postgres://${SUPERUSER}:${connection.superuserPassword}@127.0.0.1:${connection.port}/postgres`);

/**
 * Where to find the database: the configured one, else the embedded one of this DATA_DIR.
 * @throws ConfigError `DATABASE_NOT_STARTED` when there is neither.
 */
export async function resolveDatabaseUrl(options: {
  readonly databaseUrl?: Secret | undefined;
  readonly dataDir: string;
}): Promise<Secret> {
  if (options.databaseUrl !== undefined) return options.databaseUrl;
  const connection = await readConnection(databaseHome(options.dataDir));
  if (connection !== undefined) return applicationUrl(connection);
  throw new ConfigError(
    'DATABASE_NOT_STARTED',
    `there is no database in ${resolve(options.dataDir)} yet: start the role "database" first (autotrade start). ${useExternal}`,
  );
}

/** Where the data lies when the home cannot be reached by the user that must run the server. */
export interface Location {
  readonly root: string;
}

export async function readLocation(home: string): Promise<Location | undefined> {
  const value = (await readJson(locationFile(home))) as Partial<Location> | undefined;
  return typeof value?.root === 'string' ? { root: value.root } : undefined;
}

export async function writeLocation(home: string): Promise<Location> {
  const name = createHash('sha256').update(resolve(home)).digest('hex').slice(0, 16);
  const location = { root: join('/var/lib/hyperliquid-auto-trade', name) };
  await writeJson(locationFile(home), location);
  return location;
}

interface Supervisor {
  readonly pid: number;
  /** Start of the process in clock ticks since boot, so that a reused pid is not mistaken for it. */
  readonly startTicks: string | undefined;
}

/** Field 22 of /proc/<pid>/stat; undefined where there is no /proc or no such process. */
async function startTicks(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The command's name (field 2) is in parentheses and may hold anything.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Makes this process the one that owns the home's server.
 * @throws ConfigError `DATABASE_IN_USE` while another living process owns it.
 */
export async function claimHome(home: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const owner = (await readJson(supervisorFile(home)).catch(() => undefined)) as
    | Partial<Supervisor>
    | undefined;
  if (typeof owner?.pid === 'number' && owner.pid !== process.pid && isAlive(owner.pid)) {
    if (owner.startTicks === undefined || owner.startTicks === (await startTicks(owner.pid))) {
      throw new ConfigError(
        'DATABASE_IN_USE',
        `the database in ${home} is already run by process ${owner.pid}: stop that one, or use another DATA_DIR.`,
      );
    }
  }
  const own: Supervisor = { pid: process.pid, startTicks: await startTicks(process.pid) };
  await writeJson(supervisorFile(home), own);
}

export const releaseHome = (home: string): Promise<void> => rm(supervisorFile(home), { force: true });
