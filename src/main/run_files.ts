/** DATA_DIR/run: the lock that keeps a second manager out, and services.json, which shows what runs. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../runtime/errors.ts';
import { makeWritableFolder } from '../runtime/folder.ts';
import { isAlive, type ProcessIdentity, processIdentity } from '../runtime/process_identity.ts';
import type { ServiceStatus } from './supervisor/service.ts';

/** Who manages this DATA_DIR. */
export interface ManagerInfo extends ProcessIdentity {
  /** ms UTC */
  readonly startedAt: number;
  readonly version: string;
  readonly network: string;
  /** Where the web app answers. */
  readonly url: string;
  readonly dataDir: string;
  readonly logDir: string;
}

/** The contents of services.json, rewritten each second. */
export interface RunState {
  readonly manager: ManagerInfo;
  /** ms UTC; older than a few seconds means that the manager is gone. */
  readonly writtenAt: number;
  readonly services: readonly ServiceStatus[];
  /** What is wrong with the manager itself, in words; absent or empty when nothing is. */
  readonly note?: string;
}

const runDir = (dataDir: string) => join(dataDir, 'run');
const lockPath = (dataDir: string) => join(runDir(dataDir), 'manager.lock');
const statePath = (dataDir: string) => join(runDir(dataDir), 'services.json');

/** The manager that holds the lock and lives, or undefined. */
export function runningManager(dataDir: string): ManagerInfo | undefined {
  const holder = readJson<ManagerInfo>(lockPath(dataDir));
  return holder && isAlive(holder) ? holder : undefined;
}

export interface ManagerLock {
  /** The manager before died without a word, so its services may still be stopping. */
  readonly inherited: boolean;
  release(): void;
}

/**
 * Takes the lock. The lock file appears with its whole content by a hard link, which fails when it exists; a lock of
 * a dead process is moved away first, which only one of two contenders can do.
 * @throws ConfigError `ALREADY_RUNNING`, saying where; `DATA_DIR_UNWRITABLE`.
 */
export function takeLock(info: ManagerInfo): ManagerLock {
  const { dataDir } = info;
  makeWritableFolder('DATA_DIR', runDir(dataDir));
  const path = lockPath(dataDir);
  const own = `${path}.${info.pid}`;
  writeFileSync(own, JSON.stringify(info), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      if (link(own, path)) return { inherited: attempt > 0, release: () => releaseLock(path, info) };
      const holder = runningManager(dataDir);
      if (holder) throw alreadyRunning(holder);
      removeDeadLock(path, info.pid);
    }
    throw new ConfigError('LOCK_BUSY', `Cannot take ${path}: others keep taking it. Try again.`);
  } finally {
    rmSync(own, { force: true });
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the lock aside, and puts it back if meanwhile somebody alive took it. */
function removeDeadLock(path: string, pid: number): void {
  const aside = `${path}.dead.${pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const holder = readJson<ManagerInfo>(aside);
  if (holder && isAlive(holder)) link(aside, path);
  rmSync(aside, { force: true });
}

function releaseLock(path: string, info: ManagerInfo): void {
  if (readJson<ManagerInfo>(path)?.pid === info.pid) rmSync(path, { force: true });
}

function alreadyRunning(holder: ManagerInfo): ConfigError {
  const since = new Date(holder.startedAt).toISOString().replace('T', ' ').slice(0, 19);
  return new ConfigError(
    'ALREADY_RUNNING',
    [
      `Already running: process ${holder.pid}, since ${since} UTC, network ${holder.network}.`,
      `  web app   ${holder.url}   (a sign-in link: autotrade link)`,
      `  data      ${holder.dataDir}`,
      `  logs      ${holder.logDir}`,
      'Stop it with: autotrade stop',
    ].join('\n'),
  );
}

/** Replaces services.json in one step, so that a reader never sees half of it. */
export function writeRunState(dataDir: string, state: RunState): void {
  const path = statePath(dataDir);
  writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export const readRunState = (dataDir: string): RunState | undefined => readJson<RunState>(statePath(dataDir));

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** This process, for the lock. */
export const ownIdentity = (): ProcessIdentity => {
  const { pid } = process;
  return processIdentity(pid) ?? { pid, startTicks: null };
};
