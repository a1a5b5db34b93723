/** Role `worker`: runs the tasks of the queue. */
import { hostname } from 'node:os';
import { type Jobs, openJobs, type RunningWorker } from '../../jobs/jobs.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RunningRole } from '../../runtime/lifecycle.ts';
import type { World } from '../../store/world.ts';
import { type Egress, egressNames, openEgress, requireEgress } from '../egress.ts';
import { EpochWatch, followedWorld } from '../epoch_watch.ts';
import type { ServiceContext } from '../service_context.ts';
import { type OpenStore, openStore } from '../store.ts';
import type { TaskSettings } from '../tasks/task_plug.ts';
import { plannedTasks } from '../tasks/task_table.ts';
import { Tenure } from '../tenure.ts';
import { Tracker } from '../tracking/tracker.ts';
import { WorkerMetrics } from '../tracking/worker_metrics.ts';
import { weightLimitOf } from '../weight_ledger.ts';

/** Each running task may hold one connection; more for the ledgers, the sweeps and the history. */
const SPARE_CONNECTIONS = 4;

interface Parts {
  worker?: RunningWorker;
  egresses: Egress[];
}

/**
 * On PostgreSQL the queue has one worker process: a second one stands by until the first is gone. On Redis all work.
 */
export async function startWorkerRole(context: ServiceContext<TaskSettings>): Promise<RunningRole> {
  const { config, clock, log, instance } = context;
  for (const name of egressNames(config.WORKER_EGRESS)) requireEgress(name);
  const parts: Parts = { egresses: [] };
  const metrics = new WorkerMetrics();
  const store = await openStore({
    context,
    instance,
    restarts: context.restarts,
    maxConnections: config.WORKER_CONCURRENCY + SPARE_CONNECTIONS,
    status: async () => ({
      state: parts.worker === undefined ? 'standby' : 'ready',
      detail: await detailOf(parts.egresses),
      metrics: await metrics.registry.getMetricsAsJSON(),
    }),
  });
  const { database } = store;
  const namespace = `${store.world.network}:${store.world.worldId}`;
  const jobs = await openJobs({
    databaseUrl: database.url,
    redisUrl: config.REDIS_URL,
    namespace,
    clock,
    log,
  });
  parts.egresses = egressNames(config.WORKER_EGRESS).map((name) =>
    openEgress(name, {
      database,
      redisUrl: config.REDIS_URL,
      namespace,
      url: config.HYPERLIQUID_API_URL,
      limit: weightLimitOf(config),
      clock,
      log,
      observe: (egress, type, outcome, ms) => metrics.requested(egress, type, outcome, ms),
    }),
  );
  const stopping = new AbortController();
  const epochs = new EpochWatch();
  const begin = async () => {
    const world = await worldOfTasks(context, store, parts.egresses, stopping.signal);
    epochs.begin(store, world.epoch);
    parts.worker = await runTasks(context, { store, world, jobs, egresses: parts.egresses, metrics });
  };
  const tenure =
    jobs.kind === 'redis'
      ? undefined
      : new Tenure({ database, url: database.url, name: 'worker', holder: instance, clock, log });
  if (tenure === undefined) await begin();
  else await tenure.begin(begin);
  return {
    ended: tenure === undefined ? epochs.changed : Promise.race([tenure.ended, epochs.changed]),
    async stop() {
      stopping.abort(new AppError('STOPPING', 'the role stops'));
      epochs.end();
      tenure?.stopping();
      await parts.worker?.stop();
      await jobs.close();
      for (const egress of parts.egresses) await egress.close();
      await tenure?.release();
      await store.close();
    },
  };
}

/** `egress` lets other workers find this one; the API reads `weight`. */
async function detailOf(egresses: readonly Egress[]): Promise<Record<string, unknown>> {
  const weight = [];
  for (const { name, ledger } of egresses) {
    const snapshot = await ledger.snapshot().catch(() => undefined);
    if (snapshot !== undefined) weight.push({ egress: name, ...snapshot });
  }
  return { egress: egresses.map((one) => one.name), weight };
}

/** On a simulated exchange that began anew, tasks wait until the stream has begun anew too. */
async function worldOfTasks(
  { config, clock, waiting }: ServiceContext<TaskSettings>,
  store: OpenStore,
  [egress]: readonly Egress[],
  signal: AbortSignal,
): Promise<World> {
  if (config.NETWORK !== 'simulator' || egress === undefined) return store.world;
  return followedWorld({ store, info: egress.info, clock, signal, ...(waiting && { waiting }) });
}

interface TaskParts {
  readonly store: OpenStore;
  readonly world: World;
  readonly jobs: Jobs;
  readonly egresses: readonly Egress[];
  readonly metrics: WorkerMetrics;
}

async function runTasks(context: ServiceContext<TaskSettings>, parts: TaskParts): Promise<RunningWorker> {
  const { config, clock, random, log, instance } = context;
  const { store, world, jobs, egresses, metrics } = parts;
  const { database } = store;
  const [first] = egresses;
  if (first === undefined) throw new AppError('EGRESS_NONE', 'a worker needs a way to the exchange');
  const { ledger, info } = first;
  const name = `${instance} on ${hostname()}`;
  const pageSize = config.BATCH_SIZE;
  const tracker = new Tracker({ database, egresses, worker: name, pageSize, clock, log, metrics });
  const environment = { config, database, world, jobs, ledger, info, instance, tracker, clock, random, log };
  const handlers = plannedTasks(config).map((planned) => planned.handler(environment));
  if (handlers.length === 0) throw new AppError('TASKS_NONE', 'there are no tasks to work on');
  log.info({ backend: jobs.kind, tasks: handlers.map((handler) => handler.task.name) }, 'working on tasks');
  const { WORKER_CONCURRENCY: concurrency } = config;
  return jobs.runWorker({ handlers, concurrency, name, database, clock, log });
}
