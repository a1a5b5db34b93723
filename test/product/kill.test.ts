/** The whole product as a newcomer starts it, with every process killed in turn. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRunState } from '../../src/main/run_files.ts';
import type { ServiceStatus } from '../../src/main/supervisor/service.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { resolveDatabaseUrl } from '../../src/store/embedded/home.ts';
import { freePorts } from '../free_ports.ts';
import { signInLinkOf } from '../sign_in_link.ts';
import { until } from '../until.ts';

const root = join(import.meta.dirname, '..', '..');
let folder: string;
let url: string;
let manager: ChildProcess;
let output = '';

function start(): void {
  manager = spawn(process.execPath, [join(root, 'bin/autotrade.mjs'), 'start'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  manager.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
}

const services = (): readonly ServiceStatus[] =>
  readRunState(join(folder, 'data', 'simulator'))?.services ?? [];
const service = (name: string) => services().find((entry) => entry.name === name);
const managerRuns = () => readRunState(join(folder, 'data', 'simulator'))?.manager.pid === manager.pid;

const allReady = (limitMs = 240_000) =>
  until(
    () =>
      managerRuns() &&
      services().length > 2 &&
      services().every((entry) => entry.state === 'ready' && !entry.degraded),
    'every service to be ready',
    limitMs,
  );

/**
 * Kills the process of a service and waits for the next one. A service may end by itself at that very moment, because
 * what it needs died before it: then the next process is the one to kill.
 */
async function kill(name: string): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const pid = service(name)?.pid;
    if (typeof pid !== 'number') throw new Error(`${name} does not run`);
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    await until(() => service(name)?.pid !== pid, `${name} to be replaced`, 60_000);
    if (service(name)?.lastExit?.startsWith('killed by SIGKILL') === true) return;
    await allReady();
  }
  throw new Error(`${name} always ended before it could be killed: ${service(name)?.lastExit}`);
}

/** Processes that work in our folder or name it: the manager, the roles, the database server and its children. */
function ours(): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const here = readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) || commandLine.includes(folder);
        return here && commandLine !== '' ? [`${pid} ${commandLine}`] : [];
      } catch {
        return [];
      }
    });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'product-'));
  const [port, simulatorPort] = await freePorts(2);
  url = `http://127.0.0.1:${port}`;
  const settings = {
    PORT: port,
    SIMULATOR_PORT: simulatorPort,
    SIMULATOR_TRADERS: 100,
    SIMULATOR_HISTORY_DAYS: 7,
    // The newest trades of a quiet coin are days old: the default would drop them during the test, as it should.
    TRADES_RETENTION_HOURS: 8_784,
  };
  writeFileSync(
    join(folder, '.env'),
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  start();
  await allReady();
}, 300_000);

afterAll(async () => {
  manager.kill('SIGTERM');
  await until(
    () => manager.exitCode !== null || manager.signalCode !== null,
    'the manager to end',
    15_000,
  ).finally(() => manager.kill('SIGKILL'));
  rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
});

const openProduct = async () =>
  openDatabase({
    url: await resolveDatabaseUrl({ dataDir: join(folder, 'data', 'simulator') }),
    log: silentLogger,
    applicationName: 'test',
  });

/** Keys of all committed trades; undefined while there is none. */
async function committedTrades(database: Database): Promise<Set<string> | undefined> {
  const { rows } = await database.query<{ key: string }>(
    `SELECT coin_id || ' ' || time || ' ' || trade_id AS key FROM trades`,
  );
  return rows.length === 0 ? undefined : new Set(rows.map((row) => row.key));
}

async function missingOf(before: ReadonlySet<string>, database: Database): Promise<string[]> {
  const now = await until(() => committedTrades(database), 'the trades');
  return [...before].filter((key) => !now.has(key));
}

const recordedGaps = async (database: Database): Promise<number> =>
  (await database.query<{ n: number }>('SELECT count(*) AS n FROM feed_gaps')).rows[0]?.n ?? 0;

describe('the whole product', () => {
  it('puts a sign-in link neither into output that is kept nor into a log, and makes one when asked', async () => {
    await until(() => output.includes(`Open ${url} in a browser`), 'the word that it can be opened');
    const link = await signInLinkOf(folder);
    expect(link.startsWith(`${url}/sign-in#`)).toBe(true);
    const [, code = ''] = link.split('#');
    expect(output).not.toContain('sign-in#');
    for (const name of readdirSync(join(folder, 'logs'))) {
      const log = readFileSync(join(folder, 'logs', name), 'utf8');
      expect(log).not.toContain(code);
      expect(log).not.toContain('sign-in#');
    }
  });

  it('recovers from kill -9 of every role in turn, and keeps every committed trade', async () => {
    const database = await openProduct();
    for (const { name } of services()) {
      await allReady();
      const before = await until(() => committedTrades(database), 'a trade');
      const gaps = await recordedGaps(database);
      await kill(name);
      await allReady();
      expect(await missingOf(before, database)).toEqual([]);
      // A simulator that begins anew has lost what it did meanwhile: nothing can close that gap.
      if (name === 'simulator')
        await until(async () => (await recordedGaps(database)) > gaps, 'the feed gap to be recorded');
    }
    await database.close();
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  }, 1_200_000);

  it('leaves nothing behind when the manager is killed, and starts again on what was stored', async () => {
    const database = await openProduct();
    const before = await until(() => committedTrades(database), 'a trade');
    await database.close();
    manager.kill('SIGKILL');
    await until(() => ours().length === 0, 'every process to be gone', 15_000);
    start();
    await allReady();
    const again = await openProduct();
    expect(await missingOf(before, again)).toEqual([]);
    await again.close();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  }, 400_000);
});
