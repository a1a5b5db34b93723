/**
 * `node --import tsx test/proofs/run_outage_proof.ts [seconds down] [seconds full]` (600 and 60 by default): the whole
 * product, built, through a database that is down and through a full disk. An independent client of the simulated
 * exchange notes every trade meanwhile. Holds when the outage was reported, the product worked again within 30 s of its
 * end, and every noted trade is stored or inside a recorded gap. The full disk is a small tmpfs: needs root.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, statfs, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { databaseHome, readConnection, superuserUrl } from '../../src/store/embedded/home.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded/launcher.ts';
import { freePorts } from '../free_ports.ts';
import { FrameClient, info } from '../simulator/client.ts';
import { startCuttingProxy } from '../stream/cutting_proxy.ts';
import { until } from '../until.ts';

const [downSeconds = '600', fullSeconds = '60'] = process.argv.slice(2);
const COMMAND = join(import.meta.dirname, '../../bin/autotrade.mjs');
const START_MS = 300_000;
const RECOVERY_MS = 30_000;
const REPORTED_WITHIN_MS = 600_000;
const DISK_MIB = 700;

interface Trade {
  readonly coin: string;
  readonly time: number;
  readonly tid: number;
}

interface Outcome {
  readonly outage: string;
  readonly seconds: number;
  readonly reported: string;
  readonly recoveredMs: number;
  readonly trades: number;
  readonly inGaps: number;
  readonly lost: number;
  readonly holds: boolean;
}

interface Product {
  readonly origin: string;
  readonly venue: string;
  stop(): Promise<void>;
}

async function startProduct(folder: string, more: Record<string, string>): Promise<Product> {
  const [port, simulatorPort] = await freePorts(2);
  const lines = { PORT: port, SIMULATOR_PORT: simulatorPort, SIMULATOR_TRADERS: 100, ...more };
  await writeFile(
    join(folder, '.env'),
    Object.entries({ ...lines, SIMULATOR_HISTORY_DAYS: 7 })
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const manager: ChildProcess = spawn(process.execPath, [COMMAND, 'start'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  manager.stdout?.pipe(createWriteStream(join(folder, 'manager.txt')));
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    venue: `http://127.0.0.1:${simulatorPort}`,
    async stop() {
      manager.kill('SIGTERM');
      const isGone = () => manager.exitCode !== null || manager.signalCode !== null;
      await until(isGone, 'the manager to end', 30_000).finally(() => manager.kill('SIGKILL'));
    },
  };
}

const statusOf = async (url: string): Promise<number> =>
  fetch(url).then(
    (response) => response.status,
    () => 0,
  );

async function query<Row extends object>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface Outage {
  readonly name: string;
  readonly seconds: number;
  begin(): Promise<void>;
  end(): Promise<void>;
}

/**
 * What the product says once it is broken. A database on a full disk works on for a while in the room that it holds
 * already, and then nothing is wrong.
 */
const reportOf = (product: Product): Promise<string> =>
  until(
    async () => {
      const status = await statusOf(`${product.origin}/readyz`);
      return status === 200 ? undefined : `/readyz ${status}`;
    },
    'a report',
    REPORTED_WITHIN_MS,
  ).catch(() => 'no');

/** @param databaseUrl a way to the database that the outage does not touch. */
async function prove(product: Product, databaseUrl: () => Promise<string>, outage: Outage): Promise<Outcome> {
  await until(async () => (await statusOf(`${product.origin}/readyz`)) === 200, 'the product', START_MS);
  const metas = await until(
    () => info<{ universe: { name: string }[] }[]>(product.venue, { type: 'allPerpMetas' }),
    'the exchange',
    START_MS,
  );
  const watcher = await FrameClient.open(`${product.venue.replace('http', 'ws')}/ws`);
  const noted = () => watcher.of('trades').flatMap((frame) => frame.data as Trade[]);
  for (const { name } of metas.flatMap((meta) => meta.universe)) {
    watcher.subscribe({ type: 'trades', coin: name });
  }
  const newest = async () =>
    Number((await query<{ at: string }>(await databaseUrl(), 'SELECT max(time) AS at FROM trades'))[0]?.at);
  const begun = systemClock.now();
  await until(async () => (await newest()) > begun, 'trades of the feed', START_MS);
  console.error(`${outage.name}: begins`);
  await outage.begin();
  const reported = await reportOf(product);
  console.error(`${outage.name}: ${reported}`);
  await systemClock.sleep(outage.seconds * 1_000);
  await outage.end();
  const mended = systemClock.now();
  console.error(`${outage.name}: ended`);
  await until(
    async () => (await newest()) > mended && (await statusOf(`${product.origin}/readyz`)) === 200,
    'trades after the outage',
    10 * RECOVERY_MS,
  );
  const recoveredMs = systemClock.now() - mended;
  // Everything up to here is owed, from when the product was seen to follow the feed.
  const owed = noted().filter((one) => begun < one.time && one.time <= mended);
  watcher.close();
  const missing = async () => {
    const rows = await query<{ lost: boolean }>(
      await databaseUrl(),
      `SELECT NOT EXISTS (SELECT 1 FROM feed_gaps g JOIN coins c USING (coin_id)
         WHERE c.name = regexp_replace(u.coin, '^.*:', '') AND u.time BETWEEN g.from_time AND g.to_time) AS lost
       FROM unnest($1::text[], $2::int8[], $3::int8[]) AS u (coin, time, tid)
       WHERE NOT EXISTS (SELECT 1 FROM trades t WHERE t.time = u.time AND t.trade_id = u.tid)`,
      [owed.map((one) => one.coin), owed.map((one) => one.time), owed.map((one) => one.tid)],
    );
    return { inGaps: rows.filter((row) => !row.lost).length, lost: rows.filter((row) => row.lost).length };
  };
  const { inGaps, lost } = await until(
    async () => {
      const found = await missing();
      return found.lost === 0 ? found : undefined;
    },
    'what was owed',
    RECOVERY_MS,
  ).catch(missing);
  const holds = lost === 0 && recoveredMs <= RECOVERY_MS && reported !== 'no' && owed.length > 0;
  const { name, seconds } = outage;
  return { outage: name, seconds, reported, recoveredMs, trades: owed.length, inGaps, lost, holds };
}

async function databaseDown(): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'outage-'));
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'server'),
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    sync: false,
  });
  const proxy = await startCuttingProxy(server.port);
  const url = new URL(server.url.reveal());
  url.port = String(proxy.port);
  const product = await startProduct(folder, { DATABASE_URL: url.href });
  try {
    return await prove(product, async () => server.url.reveal(), {
      name: 'database down',
      seconds: Number(downSeconds),
      begin: async () => proxy.cut(),
      end: async () => proxy.mend(),
    });
  } finally {
    await product.stop();
    proxy.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function diskFull(): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'outage-'));
  const disk = join(folder, 'data');
  await mkdir(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m,mode=755`, 'tmpfs', disk]);
  const ballast = join(disk, 'ballast');
  // What is free in the database's own files is used up soon.
  const product = await startProduct(folder, { DATA_DIR: disk, SIMULATOR_TRADES_PER_SECOND: '1000' });
  try {
    const databaseUrl = async () => {
      const connection = await readConnection(databaseHome(disk));
      if (connection === undefined) throw new Error('there is no database yet');
      const url = new URL(superuserUrl(connection).reveal());
      url.pathname = '/autotrade';
      return url.href;
    };
    return await prove(product, databaseUrl, {
      name: 'disk full',
      seconds: Number(fullSeconds),
      begin: () => fill(disk, ballast),
      end: () => unlink(ballast),
    });
  } finally {
    await product.stop();
    execFileSync('umount', [disk]);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Takes every free byte. */
async function fill(disk: string, ballast: string): Promise<void> {
  const { bavail, bsize } = await statfs(disk);
  await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch(() => undefined);
  console.error(`disk full: ${(await statfs(disk)).bavail} blocks left`);
}

const outcomes: Outcome[] = [];
if (Number(downSeconds) > 0) outcomes.push(await databaseDown());
if (Number(fullSeconds) > 0) {
  if (process.getuid?.() === 0) outcomes.push(await diskFull());
  else console.error('disk full: not tried, mounting a small disk needs root');
}
for (const outcome of outcomes) console.log(JSON.stringify(outcome));
process.exitCode = outcomes.every((one) => one.holds) ? 0 : 1;
