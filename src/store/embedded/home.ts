/** The folder DATA_DIR/database of an embedded server: its secrets, its owner, where its data lies. */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../../runtime/clock.ts';
import { ConfigError, errorMessage } from '../../runtime/errors.ts';
import { makeWritableFolder } from '../../runtime/folder.ts';
import { processIdentity } from '../../runtime/process_identity.ts';
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
const ownerFile = (home: string) => join(home, 'supervisor.json');
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

/** Every place outside of a home is a folder in here. */
const PLACES = '/var/lib/hyperliquid-auto-trade';

export async function readLocation(home: string): Promise<Location | undefined> {
  const value = (await readJson(locationFile(home))) as Partial<Location> | undefined;
  return typeof value?.root === 'string' ? { root: value.root } : undefined;
}

/** A place that no other home has ever used: a new home must not find the database of one that was deleted. */
export async function writeLocation(home: string): Promise<Location> {
  const location = { root: join(PLACES, secretBytes(8).toString('hex')) };
  await writeJson(locationFile(home), location);
  return location;
}

/**
 * Deletes the database of this home, wherever it lies, and then the home: when it fails halfway, it can be done again.
 * @returns the folders that are gone
 * @throws ConfigError `DATABASE_IN_USE` while a process runs it, `DATABASE_FILES` when we may not delete it.
 */
export async function deleteHome(home: string): Promise<string[]> {
  const owner = await livingOwner(home);
  if (owner !== undefined) throw inUse(home, owner);
  const place = (await readLocation(home))?.root;
  if (place !== undefined && dirname(resolve(place)) !== PLACES) {
    throw new ConfigError(
      'DATABASE_FILES',
      `${locationFile(home)} says that the database lies in ${place}, where this program puts none: ` +
        'see what is there, delete that file, and try again.',
    );
  }
  const folders = place === undefined ? [home] : [place, home];
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
      throw new ConfigError(
        'DATABASE_FILES',
        `cannot delete ${folder} (${errorMessage(error)}): try again as the user that ran the database.`,
        { cause: error },
      );
    });
  }
  return folders;
}

/** Who runs the server of this home; earlier versions wrote the ticks as text, or left them out. */
interface Owner {
  readonly pid: number;
  readonly startTicks?: number | string | null;
}

/** An owner that has lost its process manager stops by itself: a role within 8 s, its server with it. */
const OWNER_ENDS_MS = 15_000;
const POLL_MS = 50;

/** The other process that owns the home's server and lives. */
async function livingOwner(home: string): Promise<number | undefined> {
  const owner = (await readJson(ownerFile(home)).catch(() => undefined)) as Partial<Owner> | undefined;
  if (typeof owner?.pid !== 'number' || owner.pid === process.pid) return undefined;
  const now = processIdentity(owner.pid);
  if (now === undefined) return undefined;
  const ticks = owner.startTicks ?? now.startTicks;
  return now.startTicks === null || Number(ticks) === now.startTicks ? owner.pid : undefined;
}

/**
 * Makes this process the one that owns the home's server, once an owner that is about to end has ended.
 * @throws ConfigError `DATABASE_IN_USE` when another process goes on owning it; `DATA_DIR_UNWRITABLE`.
 */
export async function claimHome(
  home: string,
  clock: Clock,
  waiting: (reason: string) => void = () => undefined,
): Promise<void> {
  makeWritableFolder('DATA_DIR', home);
  const patience = clock.monotonic() + OWNER_ENDS_MS;
  for (let owner = await livingOwner(home); owner !== undefined; owner = await livingOwner(home)) {
    if (clock.monotonic() >= patience) throw inUse(home, owner);
    waiting(`process ${owner}, which ran this database before, has not ended yet`);
    await clock.sleep(POLL_MS);
  }
  await writeJson(ownerFile(home), processIdentity(process.pid) ?? { pid: process.pid });
}

const inUse = (home: string, pid: number): ConfigError =>
  new ConfigError(
    'DATABASE_IN_USE',
    `the database in ${home} is already run by process ${pid}: stop that one, or use another DATA_DIR.`,
  );

export const releaseHome = (home: string): Promise<void> => rm(ownerFile(home), { force: true });
