import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSchedulerRole } from '../../src/main/roles/scheduler.ts';
import { startStreamRole } from '../../src/main/roles/stream.ts';
import { startWorkerRole } from '../../src/main/roles/worker.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import type { RunningRole } from '../../src/runtime/lifecycle.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { readHeartbeats } from '../../src/store/service_heartbeats.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { startCuttingProxy } from '../stream/cutting_proxy.ts';
import { until } from '../until.ts';
import { populate } from './population.ts';
import { startTestVenue } from './venue.ts';

describe('tracking in its roles', () => {
  let test: TestDatabase;
  const closers: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    test = await createTestDatabase();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await test.close();
  });

  async function start(
    begin: typeof startWorkerRole,
    instance: string,
    environment: Record<string, string>,
  ): Promise<RunningRole> {
    const groups = ['storage', 'exchange', 'feed', 'worker', 'simulator'] as const;
    const all = { DATABASE_URL: test.url.reveal(), TRACKING_INTERVAL_SECONDS: '5', ...environment };
    const { settings: config } = loadSettings({ environment: all, file: {} }, groups);
    const context = {
      config,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      instance,
      restarts: 0,
    };
    const role = await begin(context);
    closers.push(() => role.stop());
    return role;
  }
  const count = async (what: string) =>
    (await test.database.query<{ count: number }>(`SELECT count(*) AS count FROM ${what}`)).rows[0]?.count ??
    0;

  it('seeds traders of the feed, and the stream judges what the worker brought', async () => {
    const simulator = await startSimulator({
      host: '127.0.0.1',
      port: 0,
      source: { kind: 'tape', seed: 'tracking', tradesPerSecond: 40 },
      clock: systemClock,
      log: silentLogger,
    });
    closers.push(() => simulator.close());
    // This venue holds to the real rule, so the budget must too.
    const environment = { SIMULATOR_PORT: String(simulator.port), SIMULATOR_REST_WEIGHT_PER_MINUTE: '1200' };
    await start(startStreamRole, 'stream', environment);
    await start(startWorkerRole, 'worker', environment);
    await start(startSchedulerRole, 'scheduler', environment);
    await until(() => count('traders WHERE last_tracked_at IS NOT NULL'), 'a judged snapshot');
    await until(
      async () => (await count(`current_positions WHERE known = 'exact' AND size <> 0`)) > 10,
      'exact positions',
    );
    await until(
      async () => (await count(`task_runs WHERE task = 'track-traders-batch' AND outcome = 'succeeded'`)) > 0,
    );
    const beat = (await readHeartbeats(test.database)).find((one) => one.role === 'worker');
    const requests = JSON.stringify(beat?.metrics);
    expect(requests).toContain('autotrade_tracking_polls_total');
    expect(requests).not.toContain('"outcome":"VENUE_RATE_LIMITED"');
  }, 240_000);

  it('uses every address that WORKER_EGRESS names, each with a budget of its own', async () => {
    const venue = await startTestVenue();
    closers.push(() => venue.close());
    await populate(test.database, 200);
    const environment = { HYPERLIQUID_API_URL: venue.url, WORKER_EGRESS: '127.0.0.2,127.0.0.3,another' };
    await start(startWorkerRole, 'worker', environment);
    await start(startSchedulerRole, 'scheduler', environment);
    await until(() => new Set(venue.asked.map((one) => one.from)).size === 3);
    expect(new Set(venue.asked.map((one) => one.from))).toEqual(
      new Set(['127.0.0.1', '127.0.0.2', '127.0.0.3']),
    );
    const { rows } = await test.database.query('SELECT DISTINCT egress FROM weight_charges ORDER BY 1');
    expect(rows).toEqual([{ egress: '127.0.0.2' }, { egress: '127.0.0.3' }, { egress: 'another' }]);
    const beat = await until(async () => {
      const found = (await readHeartbeats(test.database)).find((one) => one.role === 'worker');
      return found?.state === 'ready' ? found : undefined;
    });
    expect(beat.detail).toMatchObject({ egress: ['127.0.0.2', '127.0.0.3', 'another'] });
    await expect(start(startWorkerRole, 'worker@b', { WORKER_EGRESS: '203.0.113.9' })).rejects.toMatchObject({
      code: 'EGRESS_UNKNOWN',
    });
  }, 240_000);

  it('goes on within 30 s after the database has been away', async () => {
    const venue = await startTestVenue();
    closers.push(() => venue.close());
    await populate(test.database, 2_000);
    const url = new URL(test.url.reveal());
    const wire = await startCuttingProxy(Number(url.port));
    closers.push(async () => wire.close());
    url.port = String(wire.port);
    const environment = { HYPERLIQUID_API_URL: venue.url, DATABASE_URL: url.href };
    const ends: unknown[] = [];
    for (const [begin, instance] of [
      [startWorkerRole, 'worker'],
      [startSchedulerRole, 'scheduler'],
    ] as const) {
      const role = await start(begin, instance, environment);
      role.ended?.catch((error: unknown) => ends.push(error));
    }
    await until(async () => (await count('account_snapshots')) > 20);
    wire.cut();
    // Longer than a run: the job that was under way is lost with the database.
    await until(() => systemClock.sleep(8_000).then(() => true));
    const before = await count('account_snapshots');
    wire.mend();
    await until(async () => (await count('account_snapshots')) > before + 10, 'tracking to go on', 30_000);
    // A service that ended would be restarted, and given up after five times.
    expect(ends).toEqual([]);
  }, 240_000);
});
