/**
 * As whom PostgreSQL runs, and how it is tied to its parent.
 *
 * PostgreSQL refuses uid 0. An ordinary user runs it as himself. Root runs it in a user namespace in which root is
 * "nobody": it reaches whatever root owns, also below a 0700 home. Where namespaces are denied (some containers),
 * root runs it as the user nobody, with programs and data in a place that nobody can reach.
 */
import { spawn } from 'node:child_process';

export const NOBODY = 65_534;
/** The only environment that the server sees. */
const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export type IdentityKind = 'self' | 'namespace' | 'nobody';

export interface Identity {
  readonly kind: IdentityKind;
  /** uid and gid for spawn, where they differ from ours. */
  readonly uid: number | undefined;
  /** Words before the command. */
  readonly prefix: readonly string[];
}

export const SELF: Identity = { kind: 'self', uid: undefined, prefix: [] };
export const NAMESPACE: Identity = {
  kind: 'namespace',
  uid: undefined,
  prefix: ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'],
};
export const AS_NOBODY: Identity = { kind: 'nobody', uid: NOBODY, prefix: [] };

/** Exits at once if the parent died before the death signal was armed; else becomes the command. */
const ONLY_WITH_PARENT = 'test "$PPID" = "$0" || exit 1; exec "$@"';

/**
 * Where there is no `setpriv --pdeathsig` (macOS): a shell that holds the read end of a pipe from the parent and
 * interrupts the server when it closes.
 */
const PIPE_GUARD =
  'exec 3<&0; "$@" </dev/null 3<&- & c=$!; trap "kill -INT $c" INT TERM; ' +
  '{ cat <&3 >/dev/null; kill -INT $c; } 2>/dev/null & w=$!; exec 3<&-; ' +
  'while kill -0 $c 2>/dev/null; do wait $c; r=$?; done; kill $w 2>/dev/null; exit $r';

export interface TiedCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The child's stdin must be a pipe that is never written and closes with us. */
  readonly needsPipe: boolean;
}

/** The command line under which `words` runs as `identity` and is interrupted (SIGINT) when this process dies. */
export async function tieToParent(identity: Identity, words: readonly string[]): Promise<TiedCommand> {
  const guard = (await hasDeathSignal())
    ? ['setpriv', '--pdeathsig', 'INT', '--', '/bin/sh', '-c', ONLY_WITH_PARENT, String(process.pid)]
    : undefined;
  const line = [...identity.prefix, ...(guard ?? ['/bin/sh', '-c', PIPE_GUARD, 'guard']), ...words];
  const [command = '', ...args] = line;
  return { command, args, needsPipe: guard === undefined };
}

let deathSignal: Promise<boolean> | undefined;

function hasDeathSignal(): Promise<boolean> {
  deathSignal ??= runAs(SELF, ['setpriv', '--pdeathsig', 'INT', '--', 'true']).then(
    (result) => result.code === 0,
  );
  return deathSignal;
}

export interface CommandResult {
  /** Exit code; -1 when it could not be started or was ended by a signal. */
  readonly code: number;
  readonly output: string;
}

export const serverEnvironment = (sharedLibraries: string | undefined): Record<string, string> => ({
  PATH: SEARCH_PATH,
  LC_ALL: 'C',
  TZ: 'UTC',
  ...(sharedLibraries === undefined
    ? {}
    : { LD_LIBRARY_PATH: sharedLibraries, DYLD_LIBRARY_PATH: sharedLibraries }),
});

/** Runs a short command to its end as `identity`; never throws. */
export function runAs(
  identity: Identity,
  words: readonly string[],
  sharedLibraries?: string,
): Promise<CommandResult> {
  const [command = '', ...args] = [...identity.prefix, ...words];
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: '/',
      env: serverEnvironment(sharedLibraries),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(identity.uid === undefined ? {} : { uid: identity.uid, gid: identity.uid }),
    });
    let output = '';
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-8_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: -1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

/** True if that identity can run the server and write below `home`. */
export async function canServe(
  identity: Identity,
  postgres: string,
  home: string,
  sharedLibraries: string | undefined,
): Promise<boolean> {
  // Asked, not tried: on a full disk a try fails whoever tries, and root's data would be moved for good.
  const script = '"$1" --version && test -w "$2" && test -x "$2"';
  const result = await runAs(identity, ['/bin/sh', '-c', script, 'probe', postgres, home], sharedLibraries);
  return result.code === 0;
}
