/** Folders that a setting names and that must be writable before anything else can work. */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError, errorMessage } from './errors.ts';

/**
 * Makes a folder and the missing ones above it, one by one: Node's own `recursive` never returns below /proc, where
 * making a folder is answered as if the one above were missing.
 * @throws the file system's error.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  const path = resolve(folder);
  if (makeOne(path, mode)) return;
  makeFolder(dirname(path), mode);
  if (!makeOne(path, mode)) throw new Error(`ENOENT: no folder can be made here, mkdir '${path}'`);
}

/** False when the folder above is missing. */
function makeOne(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if (isFolder(path)) return true;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT' && dirname(path) !== path)
      return false;
    throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Makes a folder unless it is there (DATA_DIR for this user alone), and sees that it can be written.
 * @throws ConfigError `DATA_DIR_UNWRITABLE` or `LOG_DIR_UNWRITABLE`, saying what to do.
 */
export function makeWritableFolder(setting: 'DATA_DIR' | 'LOG_DIR', folder: string): void {
  const path = resolve(folder);
  try {
    makeFolder(path, setting === 'DATA_DIR' ? 0o700 : 0o777);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ConfigError(
      `${setting}_UNWRITABLE`,
      `Cannot write into the folder ${path} (${errorMessage(error)}). ` +
        `Let this user write there, or set ${setting} to another folder, in .env or in the environment.`,
      { cause: error },
    );
  }
}
