/** Processor time of other processes on this machine: one, or the database server with all of its own. */
import { readFile } from 'node:fs/promises';
import type { Database } from '../../src/store/database.ts';

const TICKS_PER_SECOND = 100;
/** Of the fields of /proc/<pid>/stat behind the name: parent; own user and system time; that of ended children. */
const PARENT = 1;
const OWN = [11, 12];
const ENDED_CHILDREN = [13, 14];

async function fieldsOf(pid: number): Promise<number[] | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  } catch {
    return undefined;
  }
}

const secondsOf = (fields: readonly number[], which: readonly number[]): number =>
  which.reduce((sum, at) => sum + (fields[at] as number), 0) / TICKS_PER_SECOND;

/** Seconds since the process's start; undefined where the system does not tell (it does on Linux). */
export async function processCpuSeconds(pid: number): Promise<number | undefined> {
  const fields = await fieldsOf(pid);
  return fields && secondsOf(fields, OWN);
}

/** Seconds since the server's start; undefined where the system does not tell (it does on Linux). */
export async function databaseCpuSeconds(database: Database): Promise<number | undefined> {
  const { rows } = await database.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
  const processes = await Promise.all(rows.map(({ pid }) => fieldsOf(pid)));
  const living = processes.filter((fields) => fields !== undefined);
  const server = await fieldsOf(living[0]?.[PARENT] ?? 0);
  if (server === undefined) return undefined;
  return living.reduce(
    (sum, fields) => sum + secondsOf(fields, OWN),
    secondsOf(server, [...OWN, ...ENDED_CHILDREN]),
  );
}
