/** Which process is meant: a pid alone may be reused, a pid with its start time is not. */
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Kernel start time in clock ticks since boot; null where /proc does not exist. */
  readonly startTicks: number | null;
}

/** Zombie or dead: it has ended, and only its parent has not asked how (pid 1 of some containers never does). */
const ENDED_STATES = ['Z', 'X', 'x'];

/** undefined when no process has this pid, or one that has ended and was not reaped. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name stands in parentheses and may hold anything; the fields after it are plain.
    const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (ENDED_STATES.includes(state)) return undefined;
    return { pid, startTicks: Number(fields[18]) };
  } catch {
    if (process.platform === 'linux') return undefined;
    return signalReaches(pid) ? { pid, startTicks: null } : undefined;
  }
}

/** Whether exactly this process still lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  const current = processIdentity(identity.pid);
  return current !== undefined && current.startTicks === identity.startTicks;
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, so somebody's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
