/** The only place that reads process.env and the .env file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import { type EnvFile, parseEnvFile } from './env_file.ts';

export type Origin = 'environment' | '.env';

/** Where settings come from: the real environment wins over the .env file. */
export interface Source {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: Readonly<Record<string, string | undefined>>;
  /** What of the file could not be read, in sentences; reported with the mistakes of its values. */
  readonly fileProblems?: readonly string[];
}

/** Reads the process's environment and `<directory>/.env`. Throws ConfigError when .env exists but cannot be read. */
export function readSource(directory: string): Source {
  const { values, problems } = readEnvFile(join(directory, '.env'));
  return { environment: process.env, file: values, fileProblems: problems };
}

function readEnvFile(path: string): EnvFile {
  try {
    return parseEnvFile(readFileSync(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { values: {}, problems: [] };
    throw new ConfigError('CONFIG_FILE_UNREADABLE', `Cannot read ${path}: ${String(error)}`, {
      cause: error,
    });
  }
}

/** The environment for a child process: ours, plus what the manager adds. */
export function childEnvironment(
  extra: Readonly<Record<string, string>>,
): Record<string, string | undefined> {
  return { ...process.env, ...extra };
}

/** How often the process manager has restarted this process; 0 when it runs alone. */
export function restartCount(): number {
  const count = Number(process.env['AUTOTRADE_RESTARTS'] ?? 0);
  return Number.isSafeInteger(count) && count >= 0 ? count : 0;
}

/** Whether a process manager of ours started this process and keeps its log. */
export const isManaged = (): boolean => process.env['AUTOTRADE_MANAGED'] === '1';
