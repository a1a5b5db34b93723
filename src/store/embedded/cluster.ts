/** The data directory: made once, whole or not at all, with our access rules and settings. */
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, ConfigError } from '../../runtime/errors.ts';
import { useExternal } from './binaries.ts';
import { type Ground, giveTo } from './ground.ts';
import { SUPERUSER } from './home.ts';
import { runAs, SELF } from './identity.ts';

/** The lowest version that is supported is the one that is embedded. */
const MAJOR = '15';

/** Only this machine, only with the password. */
const ACCESS_RULES = 'host all all 127.0.0.1/32 scram-sha-256\n';

/** For a laptop that does other things too; durability is not traded. Units as PostgreSQL writes them. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
  max_connections: '80',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '10min',
  checkpoint_completion_target: '0.9',
  wal_level: 'minimal',
  max_wal_senders: '0',
  wal_compression: 'on',
  random_page_cost: '1.1',
  jit: 'off',
  autovacuum_naptime: '20s',
  autovacuum_vacuum_scale_factor: '0.05',
  // What grows fastest is only ever appended to and dropped by partition: nothing in it wants cleaning often.
  autovacuum_vacuum_insert_scale_factor: '1',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  // Statements and row values may hold secrets: they are never written to the log.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
  log_checkpoints: 'off',
  // A client that vanished must not hold its locks for two hours.
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
};

/** Command line of the server. `overrides` are for tests and tuning. */
export function serverArguments(
  data: string,
  port: number,
  overrides: Readonly<Record<string, string>>,
): string[] {
  const all = { ...SETTINGS, ...overrides, port: String(port) };
  return ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/**
 * Makes the data directory if there is none. An initialisation that was interrupted leaves nothing behind.
 * @throws ConfigError `DATABASE_VERSION` when the data are of another major version.
 */
export async function ensureCluster(ground: Ground, superuserPassword: string, sync: boolean): Promise<void> {
  const version = await versionOf(ground.data);
  if (version === MAJOR) return;
  if (version !== undefined) {
    throw new ConfigError(
      'DATABASE_VERSION',
      `the data in ${ground.data} were made by PostgreSQL ${version}; the embedded one is ${MAJOR}. ${useExternal}`,
    );
  }
  await removeDrafts(ground.data);
  const draft = `${ground.data}.new`;
  const passwordFile = join(ground.scratch, 'initial-password');
  await writeFile(passwordFile, superuserPassword, { mode: 0o600 });
  await giveTo(ground.identity, passwordFile);
  try {
    const words = [
      ground.initdb,
      '-D',
      draft,
      '-U',
      SUPERUSER,
      '-E',
      'UTF8',
      '--locale=C',
      '-A',
      'scram-sha-256',
    ];
    const result = await runAs(
      ground.identity,
      // One flush of the file system below instead of initdb's one per file, which takes many seconds on slow disks.
      [...words, `--pwfile=${passwordFile}`, '--no-sync'],
      ground.sharedLibraries,
    );
    if (result.code !== 0) {
      throw new AppError('DATABASE_INIT', `initdb failed: ${complaintsOf(result.output).slice(-1_000)}`);
    }
  } finally {
    await rm(passwordFile, { force: true });
  }
  await writeFile(join(draft, 'pg_hba.conf'), ACCESS_RULES);
  if (sync) await flush(draft);
  await rename(draft, ground.data);
  if (sync) await flush(dirname(ground.data));
}

/** What went wrong, without the report of progress around it; everything where no line says it. */
function complaintsOf(output: string): string {
  const lines = output
    .split('\n')
    .filter((line) => /\b(error|FATAL|PANIC|could not|cannot|denied)\b/i.test(line));
  return lines.join(' | ') || output.trim();
}

/** Everything below reaches the disk. */
async function flush(path: string): Promise<void> {
  const one = await runAs(SELF, ['sync', '--file-system', path]);
  // A `sync` without options (macOS) flushes everything.
  if (one.code !== 0) await runAs(SELF, ['sync']);
}

async function versionOf(data: string): Promise<string | undefined> {
  const text = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return text?.trim();
}

async function removeDrafts(data: string): Promise<void> {
  const parent = dirname(data);
  for (const name of await readdir(parent).catch(() => [])) {
    if (name === `${basename(data)}.new`) await rm(join(parent, name), { recursive: true, force: true });
  }
}
