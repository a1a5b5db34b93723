/**
 * Worker machines behind one IP, sharing PostgreSQL and Redis: one is killed, one is cut off, one is frozen, and one
 * stays. The rotation must go on, nothing that a dead lease brings may count, and the budget must hold throughout,
 * also when the frozen one wakes and the cut one comes back.
 */
import { Redis } from 'ioredis';
import { startSchedulerRole } from '../../src/main/roles/scheduler.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { infoWeight } from '../../src/simulator/wire/weights.ts';
import type { Database } from '../../src/store/database.ts';
import { populate } from '../tracking/population.ts';
import { until } from '../until.ts';
import { Machine, type Relay, relayTo, relayVenue, type SeenRequest, WORKER_SCRIPT } from './machines.ts';

export interface MachinesPlan {
  readonly database: Database;
  readonly redisUrl: string;
  /** Names the world in Redis. */
  readonly seed: string;
  readonly traders: number;
  /** How long machines are frozen and cut off; longer than a lease (20 s). */
  readonly awayMs: number;
  /** How long all that are left work together afterwards. */
  readonly togetherMs: number;
}

export interface MachinesReport {
  /** Requests that the venue refused with 429. */
  readonly refused: number;
  readonly mostWeightInAMinute: number;
  /** Turns that were taken under a lease that had expired. */
  readonly violations: number;
  /** Snapshots that were stored longer after their receipt than any lease lasts. */
  readonly late: number;
  readonly states: number;
}

/** Watches from inside the database: whose turn ends while its run is dead is a violation. */
const WATCH = `
  CREATE TABLE violations (trader_id int8);
  CREATE FUNCTION watch_turns() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF OLD.run_id IS NOT NULL AND NEW.run_id IS NULL AND NOT EXISTS (SELECT 1 FROM tracking_runs
        WHERE run_id = OLD.run_id AND expires_at > database_now_ms()) THEN
      INSERT INTO violations VALUES (OLD.trader_id);
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER watch_turns BEFORE UPDATE ON tracking_turns FOR EACH ROW EXECUTE FUNCTION watch_turns();
  CREATE TABLE stored (late_ms int8);
  CREATE FUNCTION watch_snapshots() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO stored VALUES (database_now_ms() - NEW.received_at);
    RETURN NULL;
  END $$;
  CREATE TRIGGER watch_snapshots AFTER INSERT ON account_snapshots FOR EACH ROW EXECUTE FUNCTION watch_snapshots()`;

const ANSWER_DELAY_MS = 300;
/** Of a worker: what it holds for longer was claimed under a lease that is over. */
const LEASE_MS = 20_000;

export async function proveMachines(plan: MachinesPlan): Promise<MachinesReport> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    return await prove(plan, closers);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function prove(plan: MachinesPlan, closers: (() => Promise<unknown>)[]): Promise<MachinesReport> {
  const { database } = plan;
  await populate(database, plan.traders);
  await database.query(WATCH);
  const simulator = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    source: { kind: 'tape', seed: plan.seed, tradesPerSecond: 1 },
    clock: systemClock,
    log: silentLogger,
  });
  closers.push(() => simulator.close());
  const venue = await relayVenue(simulator.port, ANSWER_DELAY_MS);
  closers.push(() => venue.close());
  const machines = await startMachines(plan, venue.port, closers);
  closers.push(await startScheduler(plan));
  await until(async () => (await runsOf(database)).size === machines.length, 'all machines at work', 60_000);
  const before = await runsOf(database);
  const [, killed, cut, frozen] = machines as [Machine, Machine, Machine, Machine];
  frozen.signal('SIGSTOP');
  cut.plug(false);
  killed.signal('SIGKILL');
  const endOfAbsence = systemClock.monotonic() + plan.awayMs;
  await until(async () => (await runsOf(database)).size === 1, 'the leases of the three to run out', 60_000);
  const expiredAt = await now(database);
  await until(() => everyTurnAfter(database, expiredAt), 'the rotation to go on', 120_000);
  await systemClock.sleep(Math.max(0, endOfAbsence - systemClock.monotonic()));
  cut.plug(true);
  frozen.signal('SIGCONT');
  await until(
    async () => {
      const at = await runsOf(database);
      return [cut, frozen].every((one) => (at.get(one.name) ?? 0) > (before.get(one.name) ?? 0));
    },
    'the two to take part again',
    120_000,
  );
  await systemClock.sleep(plan.togetherMs);
  return report(database, venue.seen);
}

async function startMachines(plan: MachinesPlan, venuePort: number, closers: (() => Promise<unknown>)[]) {
  const relays: Relay[] = [];
  const databaseUrl = new URL(plan.database.url.reveal());
  const redisUrl = new URL(plan.redisUrl);
  for (const url of [databaseUrl, redisUrl]) {
    const relay = await relayTo(Number(url.port));
    closers.push(() => relay.close());
    relays.push(relay);
  }
  const redis = new Redis(plan.redisUrl);
  // As if this Redis had been there for long: an empty one admits nothing for a minute.
  await redis.set(`autotrade:{simulator:seed ${plan.seed}:weight:default}:mark`, 1);
  redis.disconnect();
  const machines: Machine[] = [];
  for (let i = 0; i < 4; i++) {
    const machine = new Machine();
    closers.push(() => machine.close());
    machines.push(machine);
    for (const [url, relay] of [
      [databaseUrl, relays[0]],
      [redisUrl, relays[1]],
    ] as const) {
      url.hostname = machine.host;
      url.port = String(relay?.port ?? 0);
    }
    const settings = settingsOf(plan, {
      DATABASE_URL: databaseUrl.href,
      REDIS_URL: redisUrl.href,
      HYPERLIQUID_API_URL: `http://${machine.host}:${venuePort}`,
    });
    await machine.run(WORKER_SCRIPT, [`worker@${machine.name}`, JSON.stringify(settings)]);
  }
  return machines;
}

const settingsOf = (plan: MachinesPlan, urls: Record<string, string>) => ({
  SIMULATOR_SEED: plan.seed,
  // The rule of the real venue is what is proved.
  SIMULATOR_REST_WEIGHT_PER_MINUTE: '1200',
  TRACKING_INTERVAL_SECONDS: '10',
  ...urls,
});

async function startScheduler(plan: MachinesPlan): Promise<() => Promise<void>> {
  const environment = settingsOf(plan, {
    DATABASE_URL: plan.database.url.reveal(),
    REDIS_URL: plan.redisUrl,
  });
  const groups = ['storage', 'exchange', 'feed', 'worker', 'simulator'] as const;
  const { settings: config } = loadSettings({ environment, file: {} }, groups);
  const role = await startSchedulerRole({
    config,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    instance: 'scheduler',
    restarts: 0,
  });
  return () => role.stop();
}

const now = async (database: Database): Promise<number> =>
  (await database.query<{ now: number }>('SELECT database_now_ms() AS now')).rows[0]?.now ?? 0;

/** Newest living run of each machine. */
async function runsOf(database: Database): Promise<Map<string, number>> {
  const { rows } = await database.query<{ worker: string; run: number }>(
    'SELECT worker, max(run_id) AS run FROM tracking_runs WHERE expires_at > database_now_ms() GROUP BY 1',
  );
  return new Map(rows.map((row) => [/worker@(\S+)/.exec(row.worker)?.[1] ?? '', row.run]));
}

async function everyTurnAfter(database: Database, time: number): Promise<boolean> {
  const { rows } = await database.query(
    'SELECT 1 FROM tracking_turns WHERE last_turn_at IS NULL OR last_turn_at < $1 LIMIT 1',
    [time],
  );
  return rows.length === 0;
}

async function report(database: Database, seen: readonly SeenRequest[]): Promise<MachinesReport> {
  const count = async (text: string, params: unknown[] = []) =>
    (await database.query<{ count: number }>(`SELECT count(*) AS count FROM ${text}`, params)).rows[0]
      ?.count ?? -1;
  return {
    refused: seen.filter((one) => one.status === 429).length,
    mostWeightInAMinute: Math.max(
      ...seen.map(({ at }) =>
        seen
          .filter((one) => one.at >= at && one.at < at + 60_000)
          .reduce((sum, one) => sum + infoWeight(one.type), 0),
      ),
    ),
    violations: await count('violations'),
    late: await count('stored WHERE late_ms > $1', [LEASE_MS]),
    states: await count('account_snapshots'),
  };
}
