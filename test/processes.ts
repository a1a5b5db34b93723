import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Waits for the end of a process; one that has ended already included. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** The first line that a process prints. Rejects when it ends without one. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('its output is not read');
  const printed = once(child.stdout, 'data').then(([chunk]) => String(chunk));
  const silent = ended(child).then(() => {
    throw new Error(`it ended without a word: ${child.exitCode ?? child.signalCode}`);
  });
  silent.catch(() => undefined);
  return Promise.race([printed, silent]);
}

/** Kills a process that may have ended meanwhile. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
