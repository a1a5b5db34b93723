import { closeSync, fsyncSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../runtime/clock.ts';
import type { Settings } from '../../runtime/config/groups.ts';
import { loadSettings } from '../../runtime/config/load.ts';
import { ConfigError, errorMessage } from '../../runtime/errors.ts';
import { makeWritableFolder } from '../../runtime/folder.ts';
import { findBinaries } from '../../store/embedded/binaries.ts';
import { databaseHome } from '../../store/embedded/home.ts';
import { withDatabase } from '../command_database.ts';
import { listenedOn, listenProblem } from '../manager.ts';
import { servicesFor } from '../roles.ts';
import { runningManager } from '../run_files.ts';
import type { Command } from './command.ts';
import { ALL_GROUPS } from './start.ts';

/** ok: fine; warn: works, but look at it; bad: will not work. */
interface Finding {
  readonly level: 'ok' | 'warn' | 'bad';
  readonly text: string;
}

const ok = (text: string): Finding => ({ level: 'ok', text });
const warn = (text: string): Finding => ({ level: 'warn', text });
const bad = (text: string): Finding => ({ level: 'bad', text });

const GIGABYTE = 1024 ** 3;
const VENUE_TIMEOUT_MS = 5_000;

function machine(): Finding[] {
  const findings = [ok(`Node ${process.versions.node}`)];
  const memory = totalmem() / GIGABYTE;
  findings.push(
    memory < 1.5
      ? warn(`only ${memory.toFixed(1)} GB of memory; 2 GB is comfortable`)
      : ok(`${memory.toFixed(1)} GB of memory`),
  );
  const files = openFileLimit();
  if (files !== undefined)
    findings.push(
      files < 4096
        ? warn(`at most ${files} open files; raise it (ulimit -n 65536)`)
        : ok(`${files} open files allowed`),
    );
  return findings;
}

function openFileLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** Space, and how long a commit to this disk takes at least. */
function disk(folder: string): Finding[] {
  try {
    makeWritableFolder('DATA_DIR', folder);
    const path = join(folder, `doctor.${process.pid}`);
    const file = openSync(path, 'w', 0o600);
    const started = systemClock.monotonic();
    for (let i = 0; i < 10; i++) {
      writeSync(file, 'x');
      fsyncSync(file);
    }
    const fsyncMs = (systemClock.monotonic() - started) / 10;
    closeSync(file);
    rmSync(path);
    const { bavail, bsize } = statfsSync(folder);
    const free = (bavail * bsize) / GIGABYTE;
    return [
      free < 2
        ? warn(`only ${free.toFixed(1)} GB free in ${folder}`)
        : ok(`${free.toFixed(0)} GB free in ${folder}`),
      fsyncMs > 50
        ? warn(`the disk is slow: ${fsyncMs.toFixed(0)} ms per fsync`)
        : ok(`disk: ${fsyncMs.toFixed(1)} ms per fsync`),
    ];
  } catch (error) {
    return [
      bad(error instanceof ConfigError ? error.message : `cannot write ${folder}: ${errorMessage(error)}`),
    ];
  }
}

function logFolder(folder: string): Finding {
  try {
    makeWritableFolder('LOG_DIR', folder);
    return ok(`logs can be written to ${folder}`);
  } catch (error) {
    return bad(errorMessage(error));
  }
}

async function ports(settings: Settings, running: boolean): Promise<Finding[]> {
  if (running) return [ok('services are running here (autotrade status)')];
  return Promise.all(
    listenedOn(settings, servicesFor(settings)).map(async (place) => {
      const problem = await listenProblem(place);
      return problem === undefined ? ok(`port ${place.port} of ${place.host} is free`) : bad(problem.message);
    }),
  );
}

async function database(settings: Settings, running: boolean): Promise<Finding[]> {
  try {
    if (settings.DATABASE_URL === undefined && !running) {
      await findBinaries(join(databaseHome(settings.DATA_DIR), 'lib'));
      return [ok('embedded PostgreSQL can run here')];
    }
    return await withDatabase(settings, async (db) => {
      const { rows } = await db.query<{ version: string; number: number }>(
        "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int4 AS number",
      );
      const [row] = rows;
      if (row === undefined) return [bad('the database does not say its version')];
      return [
        row.number < 150_000
          ? bad(`PostgreSQL ${row.version} is too old; 15 or later is needed`)
          : ok(`PostgreSQL ${row.version} answers`),
      ];
    });
  } catch (error) {
    return [bad(`database: ${errorMessage(error)}`)];
  }
}

/** Reaches the venue without using its budget, and compares clocks by its Date header (whole seconds). */
async function venue(settings: Settings): Promise<Finding[]> {
  if (settings.NETWORK === 'simulator') return [];
  const address = new URL('/', settings.HYPERLIQUID_API_URL);
  const controller = new AbortController();
  const timer = systemClock.after(VENUE_TIMEOUT_MS, () =>
    controller.abort(new Error('no answer within 5 s')),
  );
  try {
    const response = await fetch(address, { method: 'HEAD', signal: controller.signal, redirect: 'manual' });
    const date = Date.parse(response.headers.get('date') ?? '');
    const findings = [ok(`${address.host} answers`)];
    const offset = Math.abs(systemClock.now() - date) / 1000;
    if (offset > 3) findings.push(bad(`this clock is ${offset.toFixed(0)} s off; synchronise it (NTP)`));
    else if (Number.isFinite(offset)) findings.push(ok('the clock agrees within 3 s'));
    return findings;
  } catch (error) {
    return [bad(`${address.host} cannot be reached: ${errorMessage(error)}`)];
  } finally {
    timer.cancel();
  }
}

export const doctorCommand: Command = {
  name: 'doctor',
  usage: '',
  summary: 'look for what would keep this from working well',
  help: 'Checks settings, machine, disk, ports, database and the way to the exchange. Exit code 1 when something is wrong.',
  options: {},
  words: { min: 0, max: 0 },
  async run({ source, print }) {
    const { settings, warnings } = loadSettings(source, ALL_GROUPS);
    const running = runningManager(settings.DATA_DIR) !== undefined;
    const findings = [
      ok(`settings are fine (network ${settings.NETWORK})`),
      ...warnings.map(warn),
      ...machine(),
      ...disk(settings.DATA_DIR),
      logFolder(settings.LOG_DIR),
      ...(await ports(settings, running)),
      ...(await database(settings, running)),
      ...(await venue(settings)),
    ];
    for (const { level, text } of findings) print(`${level.padEnd(5)} ${text}`);
    return findings.some(({ level }) => level === 'bad') ? 1 : 0;
  },
};
