import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TRADE_EVENTS_CHANNEL } from '../../src/jobs/republisher.ts';
import { startSchedulerRole } from '../../src/main/roles/scheduler.ts';
import { startWorkerRole } from '../../src/main/roles/worker.ts';
import type { ServiceContext } from '../../src/main/service_context.ts';
import type { TaskSettings } from '../../src/main/tasks/task_plug.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import type { RunningRole } from '../../src/runtime/lifecycle.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { readHeartbeats } from '../../src/store/service_heartbeats.ts';
import { readLastTaskRuns } from '../../src/store/task_runs.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { jobsBackends } from './backends.ts';

describe.each(await jobsBackends())('roles worker and scheduler on $name', ({ name, redisUrl }) => {
  let test: TestDatabase;
  const running: RunningRole[] = [];
  beforeEach(async () => {
    test = await createTestDatabase();
  });
  afterEach(async () => {
    for (const role of running.splice(0).reverse()) await role.stop();
    await test.close();
  });

  function context(instance: string): ServiceContext<TaskSettings> {
    const environment = {
      DATABASE_URL: test.url.reveal(),
      // Each test's database is a world of its own, also in the shared Redis.
      SIMULATOR_SEED: test.name.replaceAll('_', '-'),
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl.reveal() }),
    };
    const groups = ['storage', 'exchange', 'feed', 'worker', 'simulator'] as const;
    const { settings } = loadSettings({ environment, file: {} }, groups);
    return {
      config: settings,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      instance,
      restarts: 0,
    };
  }
  async function start(begin: typeof startWorkerRole, instance: string): Promise<RunningRole> {
    const role = await begin(context(instance));
    running.push(role);
    return role;
  }
  const states = async () =>
    (await readHeartbeats(test.database)).map((beat) => `${beat.instance} ${beat.state}`).sort();

  it('run the periodic tasks and say how it went', async () => {
    await start(startSchedulerRole, 'scheduler');
    await start(startWorkerRole, 'worker');
    const run = await until(async () => {
      const runs = await readLastTaskRuns(test.database, systemClock.now());
      return runs.find((one) => one.task === 'retention' && one.outcome === 'succeeded');
    });
    expect(run.result).toEqual({ dropped: [], forgottenServices: 0, forgottenLosses: 0 });
    const reported = await until(async () => {
      const beat = (await readHeartbeats(test.database)).find((one) => one.role === 'scheduler');
      const tasks = beat?.detail['tasks'] as { task: string; outcome: string }[] | undefined;
      return tasks?.find((one) => one.task === 'retention' && one.outcome === 'succeeded');
    });
    expect(reported).toMatchObject({ task: 'retention', attempt: 1 });
  });

  it('stand by where only one may act, and follow when the active one ends', async () => {
    const first = await start(startSchedulerRole, 'scheduler@a');
    await start(startSchedulerRole, 'scheduler@b');
    const worker = await start(startWorkerRole, 'worker@a');
    await start(startWorkerRole, 'worker@b');
    const second = name === 'redis' ? 'worker@b ready' : 'worker@b standby';
    await until(async () => {
      const found = await states();
      return ['scheduler@a ready', 'scheduler@b standby', 'worker@a ready', second].every((one) =>
        found.includes(one),
      );
    });
    await first.stop();
    await worker.stop();
    running.splice(running.indexOf(first), 1);
    running.splice(running.indexOf(worker), 1);
    await until(async () => {
      const found = await states();
      return ['scheduler@b ready', 'worker@b ready'].every((one) => found.includes(one));
    });
  });

  it.runIf(name === 'redis')('republish position changes to the channel trade_events', async () => {
    const listener = new Redis(redisUrl?.reveal() ?? '');
    const received: Record<string, unknown>[] = [];
    await listener.subscribe(TRADE_EVENTS_CHANNEL);
    const worldId = `seed ${test.name.replaceAll('_', '-')}`;
    listener.on('message', (_channel, text) => {
      const message = JSON.parse(text);
      if (message.worldId === worldId && message.type === 'change') received.push(message);
    });
    await start(startSchedulerRole, 'scheduler');
    await test.database.query(`INSERT INTO stream_state VALUES (true, 7, 1, 1, 1, 1, 1, 0, 0)`);
    const redis = new Redis(redisUrl?.reveal() ?? '');
    await until(() => redis.get(`autotrade:simulator:${worldId}:trade_events:cursor`), 'the first cursor');
    await test.database.query(`
      INSERT INTO coins VALUES (1, '', 'BTC', 5, 40, false, 0, NULL, NULL);
      INSERT INTO traders VALUES (1, decode(repeat('ab', 20), 'hex'), 0, 0, 1, 1, 1, 1, NULL);
      SELECT create_offset_partition('position_changes', 7, 0);
      INSERT INTO position_changes VALUES (7, 1, 1, 1, 'opened', 'trades', 0, 1.50, 100, 150, 0, 150, 1, 0, 5, 'exact',
        ARRAY[9], 5, 6, 7);
      UPDATE stream_state SET next_offset = 2`);
    await until(() => received.length > 0);
    expect(received[0]).toMatchObject({
      network: 'simulator',
      epoch: 7,
      offset: 1,
      type: 'change',
      coin: 'BTC',
      trader: `0x${'ab'.repeat(20)}`,
      kind: 'opened',
      sizeAfter: '1.5',
      tradeIds: [9],
    });
    listener.disconnect();
    redis.disconnect();
  });
});
