/** What the supervisor knows of a service, and the rules of restarting as pure functions. */

export interface ServiceSpec {
  /** Role, or role@instance. */
  readonly name: string;
  readonly role: string;
  /** Names of services that must be ready before this one starts. */
  readonly dependsOn: readonly string[];
  readonly stopSignal: NodeJS.Signals;
  /** Not ready after this many ms counts as a crash. */
  readonly readyTimeoutMs: number;
}

/**
 * waiting: for a dependency; starting: launched, not ready; ready; backoff: crashed, restarts at a known time;
 * failed: given up; blocked: a dependency has failed, not started; stopping, stopped: by request.
 */
export type ServiceState =
  | 'waiting'
  | 'starting'
  | 'ready'
  | 'backoff'
  | 'failed'
  | 'blocked'
  | 'stopping'
  | 'stopped';

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The reason that the process gave itself, if it did. */
  readonly reason?: string | undefined;
}

/** What a child says of itself, every few seconds. */
export interface ChildReport {
  readonly rssBytes: number;
  readonly eventLoopLagMs: number;
  readonly detail?: string | undefined;
}

export interface ServiceStatus {
  readonly name: string;
  readonly role: string;
  readonly state: ServiceState;
  /** Ready, but something that it depends on is not. */
  readonly degraded: boolean;
  readonly pid: number | null;
  /** ms UTC of the current process's start. */
  readonly startedAt: number | null;
  /** Restarts since the manager started. */
  readonly restarts: number;
  readonly rssBytes: number | null;
  readonly eventLoopLagMs: number | null;
  /** Why it is in this state, in words; empty when all is well. */
  readonly note: string;
  /** How the last process ended; null while the first one lives. */
  readonly lastExit: string | null;
}

export const MAX_RESTARTS = 5;
/** Readiness of this length clears the count of restarts. */
export const STABLE_MS = 60_000;
const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 30_000;

/** Exponential backoff with full jitter. `restart` counts from 1; `uniform` is in [0, 1). */
export function backoffMs(restart: number, uniform: number): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** (restart - 1));
  return Math.floor(ceiling * uniform);
}

/** An exit in words: `exit code 1`, `killed by SIGKILL`, with the reason that the process gave. */
export function describeExit(ended: Ended): string {
  const how = ended.signal ? `killed by ${ended.signal}` : `exit code ${ended.code ?? '?'}`;
  return ended.reason ? `${how}: ${ended.reason}` : how;
}

/** Orders services so that each comes after what it depends on. Throws on a cycle or an unknown name. */
export function dependencyOrder<S extends Pick<ServiceSpec, 'name' | 'dependsOn'>>(
  services: readonly S[],
): S[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  const done = new Set<string>();
  const order: S[] = [];
  const visit = (service: S, path: readonly string[]): void => {
    if (done.has(service.name)) return;
    if (path.includes(service.name))
      throw new Error(`Services depend on one another in a circle: ${[...path, service.name].join(' > ')}`);
    for (const name of service.dependsOn) {
      const dependency = byName.get(name);
      if (dependency === undefined)
        throw new Error(`${service.name} depends on ${name}, which is not a service`);
      visit(dependency, [...path, service.name]);
    }
    done.add(service.name);
    order.push(service);
  };
  for (const service of services) visit(service, []);
  return order;
}
