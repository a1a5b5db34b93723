/**
 * The roles of the program: data. A role is a process of its own; `autotrade start` runs those that this installation
 * needs, `autotrade service <role>` runs one alone.
 */
import type { GroupName, Settings } from '../runtime/config/groups.ts';
import type { RunningRole } from '../runtime/lifecycle.ts';
import type { ServiceContext } from './service_context.ts';
import type { ServiceSpec } from './supervisor/service.ts';

type Network = Settings<'base'>['NETWORK'];

/** A StartRole is one too: it merely ignores what the service adds. */
type StartService<Config> = (context: ServiceContext<Config>) => Promise<RunningRole>;

export interface Role<G extends GroupName = GroupName> {
  readonly name: string;
  /** One line for --help. */
  readonly does: string;
  /** Roles that must be ready first, where they run on this machine. */
  readonly dependsOn: readonly string[];
  readonly networks: readonly Network[];
  /** Runs only without DATABASE_URL. */
  readonly embeddedOnly?: boolean;
  readonly stopSignal: NodeJS.Signals;
  readonly readyTimeoutMs: number;
  /** Serves one account and is started as role@instance. */
  readonly perAccount: boolean;
  /** Setting groups that it reads, besides `base`. */
  readonly groups: readonly G[];
  readonly load: () => Promise<StartService<Settings<G | 'base'>>>;
}

const EVERYWHERE: readonly Network[] = ['simulator', 'mainnet', 'testnet'];
const DEFAULTS = {
  networks: EVERYWHERE,
  stopSignal: 'SIGTERM',
  readyTimeoutMs: 60_000,
  perAccount: false,
} as const;

const define = <const G extends GroupName>(
  role: Omit<Role<G>, keyof typeof DEFAULTS> & Partial<Pick<Role<G>, keyof typeof DEFAULTS>>,
): Role => ({ ...DEFAULTS, ...role }) as unknown as Role;

export const ROLES: readonly Role[] = [
  define({
    name: 'database',
    does: 'the embedded PostgreSQL, when DATABASE_URL is absent',
    dependsOn: [],
    embeddedOnly: true,
    // Recovery after a crash may have to read a gigabyte of log.
    readyTimeoutMs: 600_000,
    groups: [],
    load: async () => (await import('./roles/database.ts')).startDatabaseRole,
  }),
  define({
    name: 'simulator',
    does: 'the simulated exchange, when NETWORK=simulator',
    dependsOn: [],
    networks: ['simulator'],
    // The default population's past takes some 10 s of processor time to make; a slow machine needs longer.
    readyTimeoutMs: 300_000,
    groups: ['simulator'],
    load: async () => (await import('./roles/simulator.ts')).start,
  }),
  define({
    name: 'stream',
    does: 'watches the exchange: traders, trades, positions; the only writer of position changes',
    dependsOn: ['database', 'simulator'],
    // Recovery reads every known trader back.
    readyTimeoutMs: 300_000,
    groups: ['storage', 'exchange', 'feed', 'simulator'],
    load: async () => (await import('./roles/stream.ts')).startStreamRole,
  }),
  define({
    name: 'worker',
    does: 'runs the tasks of the queue: tracking batches, leaderboard, retention',
    dependsOn: ['database', 'simulator'],
    groups: ['storage', 'exchange', 'feed', 'worker', 'simulator'],
    load: async () => (await import('./roles/worker.ts')).startWorkerRole,
  }),
  define({
    name: 'scheduler',
    does: 'makes the periodic tasks run',
    dependsOn: ['database'],
    groups: ['storage', 'exchange', 'feed', 'worker', 'simulator'],
    load: async () => (await import('./roles/scheduler.ts')).startSchedulerRole,
  }),
  define({
    name: 'api',
    does: 'web server: REST, updates, the web app',
    dependsOn: ['database'],
    groups: ['storage', 'api', 'simulator'],
    load: async () => (await import('./roles/api.ts')).startApiRole,
  }),
];

export const roleNamed = (name: string): Role | undefined => ROLES.find((role) => role.name === name);

/** `copier@main` is the role copier for the account main. */
export function parseServiceName(name: string): { role: string; instance: string | undefined } {
  const [role = '', instance] = name.split('@', 2);
  return { role, instance };
}

/** What must run for these settings, with dependencies on roles that run here. */
export function servicesFor(
  settings: Settings<'base' | 'storage'>,
  roles: readonly Role[] = ROLES,
): ServiceSpec[] {
  const here = roles.filter(
    (role) =>
      !role.perAccount &&
      role.networks.includes(settings.NETWORK) &&
      !(role.embeddedOnly && settings.DATABASE_URL !== undefined),
  );
  const names = new Set(here.map((role) => role.name));
  return here.map(({ name, dependsOn, stopSignal, readyTimeoutMs }) => ({
    name,
    role: name,
    dependsOn: dependsOn.filter((dependency) => names.has(dependency)),
    stopSignal,
    readyTimeoutMs,
  }));
}
