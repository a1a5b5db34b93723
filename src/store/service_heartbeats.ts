/** One row per running service instance: who runs where, since when, and how it is doing. */
import type { Clock, Timer } from '../runtime/clock.ts';
import { errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Queryable } from './database.ts';

const BEAT_EVERY_MS = 2_000;
const LAST_BEAT_MS = 2_000;

export interface ServiceHeartbeat {
  /** "stream", "copier@main": unique on its host. */
  readonly instance: string;
  readonly role: string;
  readonly host: string;
  readonly pid: number;
  /** ms */
  readonly startedAt: number;
  /** ms, by the writer's clock. */
  readonly beatAt: number;
  readonly restarts: number;
  readonly rssBytes: number;
  /** One word for people: starting, ready, degraded, standby, stopping... */
  readonly state: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** prom-client's `getMetricsAsJSON()`. */
  readonly metrics: readonly unknown[];
}

export type ServiceStatus = Pick<ServiceHeartbeat, 'rssBytes' | 'state' | 'detail' | 'metrics'>;
export type ServiceIdentity = Pick<
  ServiceHeartbeat,
  'instance' | 'role' | 'host' | 'pid' | 'startedAt' | 'restarts'
>;

/** Inserts or replaces the row of the instance on its host. */
export async function writeHeartbeat(database: Queryable, beat: ServiceHeartbeat): Promise<void> {
  await database.query(
    `INSERT INTO service_heartbeats
       (instance, role, host, pid, started_at, beat_at, restarts, rss_bytes, state, detail, metrics)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (instance, host) DO UPDATE SET role = excluded.role, pid = excluded.pid,
       started_at = excluded.started_at, beat_at = excluded.beat_at, restarts = excluded.restarts,
       rss_bytes = excluded.rss_bytes, state = excluded.state, detail = excluded.detail, metrics = excluded.metrics`,
    [
      beat.instance,
      beat.role,
      beat.host,
      beat.pid,
      beat.startedAt,
      beat.beatAt,
      beat.restarts,
      beat.rssBytes,
      beat.state,
      JSON.stringify(beat.detail),
      JSON.stringify(beat.metrics),
    ],
    'write_heartbeat',
  );
}

interface HeartbeatRow {
  instance: string;
  role: string;
  host: string;
  pid: number;
  started_at: number;
  beat_at: number;
  restarts: number;
  rss_bytes: number;
  state: string;
  detail: Record<string, unknown>;
  metrics: unknown[];
}

/** All instances by name, silent ones included: the reader judges by `beatAt`. */
export async function readHeartbeats(database: Queryable): Promise<ServiceHeartbeat[]> {
  const { rows } = await database.query<HeartbeatRow>(
    'SELECT * FROM service_heartbeats ORDER BY instance, host',
  );
  return rows.map((row) => ({
    instance: row.instance,
    role: row.role,
    host: row.host,
    pid: row.pid,
    startedAt: row.started_at,
    beatAt: row.beat_at,
    restarts: row.restarts,
    rssBytes: row.rss_bytes,
    state: row.state,
    detail: row.detail,
    metrics: row.metrics,
  }));
}

/** Removes the rows of instances that have been silent since. */
export async function forgetHeartbeats(database: Queryable, beforeMs: number): Promise<number> {
  const { rowCount } = await database.query('DELETE FROM service_heartbeats WHERE beat_at < $1', [beforeMs]);
  return rowCount;
}

export interface HeartbeatOptions {
  readonly database: Queryable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly identity: ServiceIdentity;
  /** Asked at every beat. */
  readonly status: () => ServiceStatus | Promise<ServiceStatus>;
}

export interface Heartbeat {
  /** Writes a last beat with state "stopped" and ends. */
  stop(): Promise<void>;
}

/** A database that does not answer must not hold up the end of the service. */
const patience = (clock: Clock): Promise<void> =>
  new Promise((resolve) => void clock.after(LAST_BEAT_MS, resolve, { background: true }));

/** Beats every 2 s until stopped; a database that is away costs beats, never the service. */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  let current: Promise<void> = Promise.resolve();
  let busy = false;
  let failing = false;
  let last: ServiceStatus | undefined;
  const write = (status: ServiceStatus) =>
    writeHeartbeat(options.database, { ...options.identity, ...status, beatAt: options.clock.now() });
  const beat = async () => {
    last = await options.status();
    await write(last);
    failing = false;
  };
  const tick = () => {
    if (busy) return;
    busy = true;
    current = beat()
      .catch((error: unknown) => {
        if (!failing) options.log.warn({ error: errorMessage(error) }, 'cannot write the heartbeat');
        failing = true;
      })
      .finally(() => {
        busy = false;
      });
  };
  const timer: Timer = options.clock.every(BEAT_EVERY_MS, tick, { background: true });
  tick();
  return {
    async stop() {
      timer.cancel();
      await Promise.race([current, patience(options.clock)]);
      // What it reports on may be closed already: the last report stands.
      if (last === undefined) return;
      const written = write({ ...last, state: 'stopped' }).catch(() => undefined);
      await Promise.race([written, patience(options.clock)]);
    },
  };
}
