/** Chooses as whom the server runs and where its programs and data lie. */
import {
  chmod,
  chown,
  cp,
  lchown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { type Binaries, useExternal } from './binaries.ts';
import { readLocation, writeLocation } from './home.ts';
import { AS_NOBODY, canServe, type Identity, NAMESPACE, NOBODY, runAs, SELF } from './identity.ts';

export interface Ground {
  readonly identity: Identity;
  readonly initdb: string;
  readonly postgres: string;
  readonly sharedLibraries: string | undefined;
  /** The server's data directory. */
  readonly data: string;
  /** A folder that the server's user can write, for short-lived files. */
  readonly scratch: string;
}

export interface GroundOptions {
  readonly home: string;
  readonly binaries: Binaries;
  readonly log: Logger;
  /** Effective user id of this process. */
  readonly uid: number;
  /** False where user namespaces are denied; asked of the system by default. */
  readonly namespaceWorks?: boolean;
}

/** @throws ConfigError `EMBEDDED_DATABASE_UNAVAILABLE` when nobody here can run the server. */
export async function chooseGround(options: GroundOptions): Promise<Ground> {
  const { home, binaries } = options;
  const inPlace = (identity: Identity): Ground => ({
    identity,
    initdb: binaries.initdb,
    postgres: binaries.postgres,
    sharedLibraries: binaries.sharedLibraries,
    data: join(home, 'data'),
    scratch: home,
  });
  if (options.uid !== 0) {
    await refuseUnlessRuns(SELF, binaries);
    return inPlace(SELF);
  }
  // Data that once moved to the reach of nobody stay there, whatever works today.
  const moved = await readLocation(home);
  if (moved === undefined) {
    const works =
      options.namespaceWorks ??
      (await canServe(NAMESPACE, binaries.postgres, home, binaries.sharedLibraries));
    if (works) return inPlace(NAMESPACE);
    options.log.info('user namespaces are not available: the database runs as the user nobody');
  }
  const { root } = moved ?? (await writeLocation(home));
  return nobodyGround(home, root, binaries);
}

async function refuseUnlessRuns(identity: Identity, binaries: Binaries): Promise<void> {
  const result = await runAs(identity, [binaries.postgres, '--version'], binaries.sharedLibraries);
  if (result.code === 0) return;
  throw new ConfigError(
    'EMBEDDED_DATABASE_UNAVAILABLE',
    `the embedded PostgreSQL does not run on this system: ${result.output.trim().slice(-500)}. ${useExternal}`,
  );
}

async function nobodyGround(home: string, root: string, binaries: Binaries): Promise<Ground> {
  await mkdir(root, { recursive: true });
  await chmod(join(root, '..'), 0o755);
  await lchown(root, NOBODY, NOBODY);
  await chmod(root, 0o700);
  const native = join(root, 'native');
  await copyPrograms(binaries.root, native);
  const old = join(home, 'data');
  const data = join(root, 'data');
  if (!(await exists(data)) && (await exists(old))) {
    await copyTree(old, data);
    await rename(old, `${old}.moved`);
  }
  const copied: Binaries = {
    root: native,
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    sharedLibraries: undefined,
  };
  if (!(await canServe(AS_NOBODY, copied.postgres, root, undefined)))
    await refuseUnlessRuns(AS_NOBODY, copied);
  return {
    identity: AS_NOBODY,
    initdb: copied.initdb,
    postgres: copied.postgres,
    sharedLibraries: undefined,
    data,
    scratch: root,
  };
}

/** The programs once per version of their package. */
async function copyPrograms(from: string, to: string): Promise<void> {
  const version = await readFile(join(from, '..', 'package.json'), 'utf8').catch(() => '');
  const stamp = join(to, 'package.json');
  if (version !== '' && (await readFile(stamp, 'utf8').catch(() => undefined)) === version) return;
  await rm(to, { recursive: true, force: true });
  await copyTree(from, to);
  await writeFile(stamp, version);
}

/** Whole or not at all, owned by nobody. */
async function copyTree(from: string, to: string): Promise<void> {
  const draft = `${to}.new`;
  await rm(draft, { recursive: true, force: true });
  await cp(from, draft, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  await chownTree(draft);
  await rename(draft, to);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function chownTree(path: string): Promise<void> {
  await lchown(path, NOBODY, NOBODY);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await chownTree(child);
    else await lchown(child, NOBODY, NOBODY);
  }
}

/** Gives a file to the server's user, where that is not us. */
export async function giveTo(identity: Identity, path: string): Promise<void> {
  if (identity.uid !== undefined) await chown(path, identity.uid, identity.uid);
}
