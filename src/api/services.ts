/**
 * Services as the Overview shows them, from two witnesses: each service's own heartbeat in the database (any machine)
 * and the process manager's file (this machine; it alone knows about a service that cannot start).
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Service, type ServiceState, serviceStateSchema } from '../contract/stats.ts';
import type { ServiceHeartbeat } from '../store/service_heartbeats.ts';

/** Services beat every 2 s; three beats missed is silence. */
const SILENT_AFTER_MS = 8_000;
/** The manager writes its file every second. */
const FILE_STALE_AFTER_MS = 5_000;
/** A service that has been gone this long is not shown any more. */
const FORGET_AFTER_MS = 24 * 3_600_000;

const managedSchema = z.object({
  name: z.string(),
  role: z.string(),
  state: z.string(),
  degraded: z.boolean().optional(),
  pid: z.int().nullable(),
  startedAt: z.number().nullable(),
  restarts: z.int(),
  rssBytes: z.number().nullable(),
  note: z.string().optional(),
  lastExit: z.string().nullable().optional(),
});
const managerFileSchema = z.object({ writtenAt: z.number(), services: z.array(managedSchema) });
export type ManagerReport = z.infer<typeof managerFileSchema>;

/** What the process manager says, or undefined where none runs (one role per unit) or its file is not readable. */
export async function readManagerFile(path: string): Promise<ManagerReport | undefined> {
  try {
    return managerFileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

const stateOf = (text: string): ServiceState => serviceStateSchema.safeParse(text).data ?? 'ready';

function fromBeat(beat: ServiceHeartbeat, now: number): Service {
  const silent = beat.state !== 'stopped' && now - beat.beatAt > SILENT_AFTER_MS;
  const state = silent ? 'silent' : stateOf(beat.state);
  const runs = !silent && state !== 'stopped';
  const { message } = beat.detail;
  return {
    name: beat.instance,
    role: beat.role,
    host: beat.host,
    pid: runs ? beat.pid : null,
    state,
    startedAt: beat.startedAt,
    uptimeMs: runs ? Math.max(0, now - beat.startedAt) : null,
    restarts: beat.restarts,
    memoryBytes: runs ? beat.rssBytes : null,
    reportedAt: beat.beatAt,
    message: typeof message === 'string' ? message.slice(0, 500) : null,
  };
}

type Managed = ManagerReport['services'][number];

/** The manager's word on a process of its own weighs more than the process's last beat. */
function withManaged(
  managed: Managed,
  beat: Service | undefined,
  host: string,
  report: ManagerReport,
  now: number,
): Service {
  const said = stateOf(managed.state);
  const runs = managed.pid !== null;
  const state =
    said === 'ready' && managed.degraded ? 'degraded' : said === 'ready' && beat ? beat.state : said;
  const note = managed.note !== undefined && managed.note !== '' ? managed.note : (managed.lastExit ?? null);
  return {
    name: managed.name,
    role: managed.role,
    host,
    pid: managed.pid,
    state,
    startedAt: managed.startedAt,
    uptimeMs: runs && managed.startedAt !== null ? Math.max(0, now - managed.startedAt) : null,
    restarts: Math.max(managed.restarts, beat?.restarts ?? 0),
    memoryBytes: managed.rssBytes ?? beat?.memoryBytes ?? null,
    reportedAt: report.writtenAt,
    message: note ?? beat?.message ?? null,
  };
}

/** A role may run under one name on several machines. */
const keyOf = (name: string, host: string): string => `${name}\n${host}`;

/** One row for each service and machine, by name. `host` is this machine's name. */
export function mergeServices(
  beats: readonly ServiceHeartbeat[],
  report: ManagerReport | undefined,
  host: string,
  now: number,
): Service[] {
  const merged = new Map<string, Service>();
  for (const beat of beats) {
    if (now - beat.beatAt < FORGET_AFTER_MS) merged.set(keyOf(beat.instance, beat.host), fromBeat(beat, now));
  }
  if (report !== undefined && now - report.writtenAt < FILE_STALE_AFTER_MS) {
    for (const managed of report.services) {
      const key = keyOf(managed.name, host);
      merged.set(key, withManaged(managed, merged.get(key), host, report, now));
    }
  }
  return [...merged.values()].sort((a, b) => (keyOf(a.name, a.host) < keyOf(b.name, b.host) ? -1 : 1));
}
