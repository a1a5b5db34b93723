/**
 * The last guard against orphans: a tiny shell process that knows our process groups and, when we die without a word
 * (kill -9), gives them 10 s to end by themselves and then kills what is left of them.
 */
import { spawn } from 'node:child_process';

/** Children end by themselves within 8 s when their manager is gone (service_runner.ts). */
const GRACE_SECONDS = 10;

/** Reads `+ pid`, `- pid` and `q` lines; the end of its input means that the manager is dead. */
const SCRIPT = `
pids=
while read -r op pid; do
  case $op in
    +) pids="$pids $pid" ;;
    -) left=; for p in $pids; do [ "$p" = "$pid" ] || left="$left $p"; done; pids=$left ;;
    q) exit 0 ;;
  esac
done
[ -n "$pids" ] || exit 0
sleep ${GRACE_SECONDS}
for p in $pids; do kill -s KILL -- "-$p" 2>/dev/null; done
`;

export interface Guard {
  readonly pid: number | undefined;
  add(pid: number): void;
  remove(pid: number): void;
  /** All children are gone: ends the guard. */
  close(): void;
}

/** Starts the guard in a session of its own, so that a Ctrl-C in the terminal does not reach it. */
export function startGuard(): Guard {
  const child = spawn('/bin/sh', ['-c', SCRIPT], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  // Without a shell the guard is missing; children still end on disconnect.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  const say = (line: string) => {
    if (child.stdin.writable) child.stdin.write(`${line}\n`);
  };
  return {
    pid: child.pid,
    add: (pid) => say(`+ ${pid}`),
    remove: (pid) => say(`- ${pid}`),
    close() {
      say('q');
      child.stdin.end();
    },
  };
}
