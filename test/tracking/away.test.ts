import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Jobs } from '../../src/jobs/jobs.ts';
import { runTask } from '../../src/jobs/run_task.ts';
import { openEgress } from '../../src/main/egress.ts';
import { planTracking } from '../../src/main/tasks/tracking.ts';
import { Tracker } from '../../src/main/tracking/tracker.ts';
import { WorkerMetrics } from '../../src/main/tracking/worker_metrics.ts';
import { weightLimitOf } from '../../src/main/weight_ledger.ts';
import { systemClock as clock } from '../../src/runtime/clock.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import { createLogger } from '../../src/runtime/log.ts';
import { systemRandom as random } from '../../src/runtime/random.ts';
import { openDatabase } from '../../src/store/database.ts';
import { readTaskRuns } from '../../src/store/task_runs.ts';
import { stampWorld } from '../../src/store/world.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type CuttingProxy, startCuttingProxy } from '../stream/cutting_proxy.ts';
import { until } from '../until.ts';
import { populate } from './population.ts';
import { startTestVenue, type TestVenue } from './venue.ts';

/** As on Redis, whose queue gives out jobs while PostgreSQL is away. */
describe('a run of the tracking that begins without the database', () => {
  let test: TestDatabase;
  let venue: TestVenue;
  let wire: CuttingProxy;
  beforeEach(async () => {
    test = await createTestDatabase();
    venue = await startTestVenue();
    wire = await startCuttingProxy(Number(new URL(test.url.reveal()).port));
  });
  afterEach(async () => {
    wire.close();
    await venue.close();
    await test.close();
  });

  it('polls as soon as the database is back, and is in the history', async () => {
    await populate(test.database, 100);
    const world = await stampWorld(test.database, { network: 'simulator', worldId: 'away' }, clock);
    const url = new URL(test.url.reveal());
    url.port = String(wire.port);
    const lines: string[] = [];
    const log = createLogger({ service: 'worker', destination: { write: (line) => void lines.push(line) } });
    const database = openDatabase({ url: url.href, log, applicationName: 'worker', maxConnections: 8 });
    const environment = { HYPERLIQUID_API_URL: venue.url };
    const { settings: config } = loadSettings({ environment, file: {} }, [
      'storage',
      'exchange',
      'feed',
      'worker',
      'simulator',
    ]);
    const limit = weightLimitOf(config);
    const egress = openEgress('default', {
      database,
      redisUrl: undefined,
      namespace: test.name,
      url: venue.url,
      limit,
      clock,
      log,
    });
    const metrics = new WorkerMetrics();
    const tracker = new Tracker({
      database,
      egresses: [egress],
      worker: 'w',
      pageSize: 50,
      clock,
      log,
      metrics,
    });
    const planned = planTracking(config);
    if (Array.isArray(planned)) throw new Error('one task is expected');
    const jobs = { kind: 'postgres' } as Jobs;
    const { ledger, info } = egress;
    const handler = planned.handler({
      ...{ config, database, world, jobs, ledger, info, tracker, clock, random, log },
      instance: 'worker',
    });
    const stop = new AbortController();
    wire.cut();
    const run = runTask({
      ...{ handler, payload: {}, jobId: '1', attempt: 1, worker: 'w', database, clock, log },
      signals: [stop.signal],
    });
    const outcome = run.then(
      () => 'ended',
      (error: unknown) => error,
    );
    await until(() => lines.length > 0, 'the database to be missed');
    wire.mend();
    const polled = async () => {
      const { rows } = await test.database.query<{ count: number }>(
        'SELECT count(*) AS count FROM account_snapshots',
      );
      return (rows[0]?.count ?? 0) > 10;
    };
    await until(polled, 'tracking to go on', 30_000);
    stop.abort(new Error('enough'));
    expect(await outcome).toBe('ended');
    const query = { task: 'track-traders-batch', limit: 5, nowMs: clock.now() };
    expect(await readTaskRuns(test.database, query)).toMatchObject([{ jobId: '1', outcome: 'succeeded' }]);
    await egress.close();
    await database.close();
  });
});
