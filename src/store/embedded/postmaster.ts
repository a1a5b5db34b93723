/** The server's own pid file: is one running on these data, whose is it, and how it is stopped. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { processIdentity } from '../../runtime/process_identity.ts';

/** Fast shutdown takes tens of ms; a checkpoint of a busy server may take seconds. */
const FAST_STOP_MS = 20_000;
const IMMEDIATE_STOP_MS = 5_000;
const POLL_MS = 20;

const isRunning = (pid: number): boolean => processIdentity(pid) !== undefined;

/** First line of postmaster.pid; undefined when there is none. */
async function postmasterPid(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => undefined);
  const pid = Number(text?.split('\n')[0]);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

/** Whether the pid is a PostgreSQL server on these data; true where that cannot be told. */
async function servesData(pid: number, data: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (command === undefined) return process.platform !== 'linux';
  const words = command.split('\0');
  return words.some((word) => word.endsWith('postgres')) && words.includes(data);
}

/**
 * Ends a server that an earlier owner left behind: it could not be tied to us, so it is stopped (SIGINT, a clean
 * shutdown) and started anew. A stale pid file is removed.
 */
export async function stopOrphan(data: string, clock: Clock, log: Logger): Promise<void> {
  const pid = await postmasterPid(data);
  if (pid === undefined) return;
  if (isRunning(pid) && (await servesData(pid, data))) {
    log.warn({ pid }, 'found a database server left by an earlier run; stopping it');
    await stopServer(pid, clock);
    return;
  }
  await rm(join(data, 'postmaster.pid'), { force: true });
}

/**
 * SIGINT is PostgreSQL's fast shutdown: ends sessions and writes everything. (SIGTERM would wait for idle
 * clients.) SIGQUIT, after which the next start recovers from the log, only if that takes too long.
 * @throws AppError `DATABASE_STOP`
 */
export async function stopServer(pid: number, clock: Clock): Promise<void> {
  for (const [signal, limit] of [
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', IMMEDIATE_STOP_MS],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await gone(pid, limit, clock)) return;
  }
  throw new AppError('DATABASE_STOP', `the database server (pid ${pid}) does not stop`);
}

async function gone(pid: number, limitMs: number, clock: Clock): Promise<boolean> {
  const end = clock.monotonic() + limitMs;
  while (isRunning(pid)) {
    if (clock.monotonic() > end) return false;
    await clock.sleep(POLL_MS);
  }
  return true;
}
