/** Role `scheduler`: makes the periodic tasks run, and republishes the event log to Redis where there is one. */
import { Redis } from 'ioredis';
import { type Jobs, openJobs } from '../../jobs/jobs.ts';
import { startRepublisher } from '../../jobs/republisher.ts';
import type { Timer } from '../../runtime/clock.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { RunningRole } from '../../runtime/lifecycle.ts';
import { readLastTaskRuns } from '../../store/task_runs.ts';
import { eventLogOf } from '../event_log.ts';
import type { ServiceContext } from '../service_context.ts';
import { type OpenStore, openStore } from '../store.ts';
import type { TaskSettings } from '../tasks/task_plug.ts';
import { plannedTasks } from '../tasks/task_table.ts';
import { Tenure } from '../tenure.ts';
import { TrackingGauges } from '../tracking/tracking_gauges.ts';

/** A queue that was emptied or restored gets its schedules back within this time. */
const REGISTER_EVERY_MS = 30_000;
const MEASURE_EVERY_MS = 60_000;

export async function startSchedulerRole(context: ServiceContext<TaskSettings>): Promise<RunningRole> {
  const { config, clock, log, instance } = context;
  const tasks = plannedTasks(config).map((planned) => planned.task);
  const queues = [...new Set(tasks.map((task) => task.queue))];
  const parts: { jobs?: Jobs; timer?: Timer; measuring?: Timer } = {};
  const gauges = new TrackingGauges();
  const store = await openStore({
    context,
    instance,
    restarts: context.restarts,
    maxConnections: 2,
    status: async (database) => {
      const { jobs } = parts;
      const runs = await readLastTaskRuns(database, clock.now()).catch(() => []);
      const counts = await jobs?.counts(queues).catch(() => undefined);
      const state = parts.timer === undefined ? 'standby' : 'ready';
      return {
        state,
        detail: { tasks: runs, ...(counts === undefined ? {} : { queues: counts }) },
        metrics: parts.measuring === undefined ? [] : await gauges.registry.getMetricsAsJSON(),
      };
    },
  });
  const namespace = `${store.world.network}:${store.world.worldId}`;
  const jobs = await openJobs({
    databaseUrl: store.database.url,
    redisUrl: config.REDIS_URL,
    namespace,
    clock,
    log,
  });
  parts.jobs = jobs;
  const tenure = new Tenure({
    database: store.database,
    url: store.database.url,
    name: 'scheduler',
    holder: instance,
    clock,
    log,
  });
  await tenure.begin(async () => {
    await jobs.registerSchedules(tasks);
    const again = () =>
      void jobs
        .registerSchedules(tasks)
        .catch((error: unknown) => log.warn({ error: errorMessage(error) }, 'cannot register the schedules'));
    parts.timer = clock.every(REGISTER_EVERY_MS, again, { background: true });
    const measure = () => void refreshGauges(gauges, store, jobs, queues, context);
    measure();
    parts.measuring = clock.every(MEASURE_EVERY_MS, measure, { background: true });
    log.info({ tasks: tasks.map((task) => task.name) }, 'periodic tasks are scheduled');
  });
  const endRepublisher =
    config.REDIS_URL === undefined ? undefined : republish(context, store, config.REDIS_URL.reveal());
  return {
    ended: tenure.ended,
    async stop() {
      tenure.stopping();
      parts.timer?.cancel();
      parts.measuring?.cancel();
      endRepublisher?.();
      delete parts.jobs;
      await jobs.close();
      await tenure.release();
      await store.close();
    },
  };
}

async function refreshGauges(
  gauges: TrackingGauges,
  store: OpenStore,
  jobs: Jobs,
  queues: readonly string[],
  { clock, log }: ServiceContext<TaskSettings>,
): Promise<void> {
  try {
    await gauges.refresh(store.database, await jobs.counts(queues), clock.now());
  } catch (error) {
    log.warn({ error: errorMessage(error) }, 'cannot measure tracking; the last figures stand');
  }
}

/** Every scheduler republishes, standby or not: the cursor sees to it that each event goes out once. */
function republish(context: ServiceContext<TaskSettings>, store: OpenStore, redisUrl: string): () => void {
  const { log } = context;
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 1 });
  redis.on('error', (error: unknown) => log.warn({ error: errorMessage(error) }, 'Redis connection lost'));
  const { news, world, database } = store;
  const end = startRepublisher({ redis, log, news, world, topic: 'changes', events: eventLogOf(database) });
  return () => {
    end();
    redis.disconnect();
  };
}
