/** A world of its own for one case of the bench: simulator that enforces its limits, database, real roles. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startSchedulerRole } from '../../src/main/roles/scheduler.ts';
import { startStreamRole } from '../../src/main/roles/stream.ts';
import { startWorkerRole } from '../../src/main/roles/worker.ts';
import type { ServiceContext } from '../../src/main/service_context.ts';
import type { TaskSettings } from '../../src/main/tasks/task_plug.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import type { RunningRole } from '../../src/runtime/lifecycle.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { Broker, Offer, ServerName } from '../../test/servers/broker.ts';

export interface WorldPlan {
  readonly name: string;
  readonly window: 'sliding' | 'fixed';
  readonly backend: 'embedded' | 'redis';
  readonly workers: number;
  /** With the stream role, which asks for polls of its own; else a rotation of so many equal traders. */
  readonly traders: number | 'stream';
}

export interface BudgetWorld {
  /** Port of its simulator: tells its requests from those of other worlds. */
  readonly port: number;
  close(): Promise<void>;
}

async function ask(broker: Broker, name: ServerName): Promise<Offer> {
  const socket = connect(broker.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.write(`${name}\n`);
  await once(socket, 'close');
  const answer = JSON.parse(text) as Offer | { readonly failed: string };
  if ('failed' in answer) throw new Error(answer.failed);
  return answer;
}

async function statements(url: string, ...texts: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const text of texts) await client.query(text);
  } finally {
    await client.end();
  }
}

async function freshDatabase(broker: Broker, name: string): Promise<string> {
  const offer = await ask(broker, 'embedded');
  if ('missing' in offer) throw new Error(offer.missing);
  const { template = '', owner = '', ownerPassword = '' } = offer;
  await statements(offer.url, `CREATE DATABASE ${name} OWNER ${owner} TEMPLATE ${template}`);
  const url = new URL(offer.url);
  url.username = owner;
  url.password = ownerPassword;
  url.pathname = `/${name}`;
  return url.href;
}

/** Equal traders, none of whom has ever had its turn. */
const TRADERS = (count: number) => [
  `INSERT INTO coins VALUES (1, '', 'BTC', 5, 40, false, 0, NULL, NULL)`,
  `INSERT INTO traders SELECT id, decode(lpad(to_hex(id), 40, '0'), 'hex'), 0, 0, 1, 1, 1, 1, NULL
   FROM generate_series(1, ${count}) AS id`,
];

/** A quarter of the budget is left to pasts while some wait: here none do, what is measured is the rotation. */
const NO_HISTORIES = [
  `CREATE FUNCTION no_history() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
  'CREATE TRIGGER no_history BEFORE INSERT ON trader_history FOR EACH ROW EXECUTE FUNCTION no_history()',
];

/** Undefined: the world needs a server that this machine does not have. */
export async function openWorld(broker: Broker, plan: WorldPlan): Promise<BudgetWorld | undefined> {
  const redis = plan.backend === 'redis' ? await ask(broker, 'redis') : undefined;
  if (redis !== undefined && 'missing' in redis) return undefined;
  const databaseUrl = await freshDatabase(broker, plan.name);
  await statements(databaseUrl, ...NO_HISTORIES);
  if (plan.traders !== 'stream') await statements(databaseUrl, ...TRADERS(plan.traders));
  const simulator = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    source: { kind: 'tape', seed: plan.name, tradesPerSecond: 20 },
    limits: { restWindow: plan.window },
    clock: systemClock,
    log: silentLogger,
  });
  const seed = plan.name.replaceAll('_', '-');
  const environment: Record<string, string> = {
    SIMULATOR_REST_WEIGHT_PER_MINUTE: '1200',
    DATABASE_URL: databaseUrl,
    SIMULATOR_SEED: seed,
    SIMULATOR_PORT: String(simulator.port),
  };
  if (redis !== undefined) {
    environment['REDIS_URL'] = redis.url;
    const client = new Redis(redis.url);
    // As if this Redis had been there for long: an empty one admits nothing for a minute.
    await client.set(`autotrade:{simulator:seed ${seed}:weight:default}:mark`, 1);
    client.disconnect();
  }
  const groups = ['storage', 'exchange', 'feed', 'worker', 'simulator'] as const;
  const { settings } = loadSettings({ environment, file: {} }, groups);
  const roles: RunningRole[] = [];
  const context = (instance: string): ServiceContext<TaskSettings> => ({
    config: settings,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    instance,
    restarts: 0,
  });
  for (let i = 1; i <= plan.workers; i++) roles.push(await startWorkerRole(context(`worker@${i}`)));
  if (plan.traders === 'stream') roles.push(await startStreamRole(context('stream')));
  // Workers are invited once they have been heard of.
  await systemClock.sleep(plan.workers > 1 ? 2_500 : 0);
  roles.push(await startSchedulerRole(context('scheduler')));
  return {
    port: simulator.port,
    async close() {
      for (const role of roles.reverse()) await role.stop();
      await simulator.close();
    },
  };
}
