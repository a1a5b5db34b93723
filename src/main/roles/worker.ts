/** Role `worker`: runs the tasks of the queue. */
import { hostname } from 'node:os';
import { createInfoClient } from '../../hyperliquid/transport.ts';
import { type Jobs, openJobs, type RunningWorker } from '../../jobs/jobs.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RunningRole } from '../../runtime/lifecycle.ts';
import type { ServiceContext } from '../service_context.ts';
import { type OpenStore, openStore } from '../store.ts';
import type { TaskSettings } from '../tasks/task_plug.ts';
import { plannedTasks } from '../tasks/task_table.ts';
import { Tenure } from '../tenure.ts';
import { type OpenWeightLedger, openWeightLedger } from '../weight_ledger.ts';

/** Each running task may hold one connection; a few more for the ledger and the history. */
const SPARE_CONNECTIONS = 2;

/**
 * On PostgreSQL the queue has one worker process: a second one stands by until the first is gone. On Redis all work.
 */
export async function startWorkerRole(context: ServiceContext<TaskSettings>): Promise<RunningRole> {
  const { config, clock, log, instance } = context;
  const parts: { worker?: RunningWorker; weight?: OpenWeightLedger } = {};
  const store = await openStore({
    context,
    instance,
    restarts: context.restarts,
    maxConnections: config.WORKER_CONCURRENCY + SPARE_CONNECTIONS,
    status: async () => {
      const weight = await parts.weight?.ledger.snapshot().catch(() => undefined);
      const detail = weight === undefined ? {} : { weight: { egress: config.WORKER_EGRESS, ...weight } };
      return { state: parts.worker === undefined ? 'standby' : 'ready', detail, metrics: [] };
    },
  });
  const namespace = `${store.world.network}:${store.world.worldId}`;
  const jobs = await openJobs({
    databaseUrl: store.database.url,
    redisUrl: config.REDIS_URL,
    namespace,
    log,
  });
  const { database } = store;
  const weight = openWeightLedger({
    database,
    redisUrl: config.REDIS_URL,
    namespace,
    egress: config.WORKER_EGRESS,
    clock,
    log,
  });
  parts.weight = weight;
  const begin = async () => {
    parts.worker = await runTasks(context, store, jobs, weight);
  };
  const tenure =
    jobs.kind === 'redis'
      ? undefined
      : new Tenure({ url: database.url, name: 'worker', holder: instance, clock, log });
  if (tenure === undefined) await begin();
  else await tenure.begin(begin);
  return {
    ...(tenure === undefined ? {} : { ended: tenure.ended }),
    async stop() {
      tenure?.stopping();
      await parts.worker?.stop();
      await jobs.close();
      await weight.close();
      await tenure?.release();
      await store.close();
    },
  };
}

async function runTasks(
  context: ServiceContext<TaskSettings>,
  store: OpenStore,
  jobs: Jobs,
  weight: OpenWeightLedger,
): Promise<RunningWorker> {
  const { config, clock, random, log, instance } = context;
  const { ledger } = weight;
  const info = createInfoClient({ url: config.HYPERLIQUID_API_URL, ledger, clock });
  const environment = {
    config,
    database: store.database,
    world: store.world,
    jobs,
    ledger,
    info,
    clock,
    random,
    log,
  };
  const handlers = plannedTasks(config).map((planned) => planned.handler(environment));
  if (handlers.length === 0) throw new AppError('TASKS_NONE', 'there are no tasks to work on');
  log.info({ backend: jobs.kind, tasks: handlers.map((handler) => handler.task.name) }, 'working on tasks');
  return jobs.runWorker({
    handlers,
    concurrency: config.WORKER_CONCURRENCY,
    name: `${instance} on ${hostname()}`,
    database: store.database,
    clock,
    log,
  });
}
