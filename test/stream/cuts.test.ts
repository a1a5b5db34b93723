import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { type Random, seededRandom } from '../../src/runtime/random.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { ended } from '../processes.ts';
import { until } from '../until.ts';
import { type CuttingProxy, startCuttingProxy } from './cutting_proxy.ts';

const capture = fileURLToPath(
  new URL('../../../shared/data/recordings/mainnet-ws-90s.jsonl', import.meta.url),
);
const program = fileURLToPath(new URL('./run_leader.ts', import.meta.url));
const CUTS = 20;
const LONGEST_CUT_MS = 5_000;
const KILLS = 5;
/** The recording lasts 90 s and is played at its own pace. */
const DURATION_MS = 88_000;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Key {
  coin: string;
  time: number;
  tid: number;
}

function recordedTrades(): Map<string, Key> {
  const keys = new Map<string, Key>();
  for (const line of readFileSync(capture, 'utf8').split('\n')) {
    if (!line.includes('"channel":"trades"')) continue;
    for (const one of (JSON.parse(line) as { data: Key[] }).data) {
      keys.set(`${one.coin} ${one.time} ${one.tid}`, one);
    }
  }
  return keys;
}

const symbol = `CASE WHEN c.dex = '' THEN c.name ELSE c.dex || ':' || c.name END AS coin`;

async function stored(db: TestDatabase): Promise<Set<string>> {
  const { rows } = await db.database.query<{ coin: string; time: number; trade_id: number }>(
    `SELECT ${symbol}, t.time, t.trade_id FROM trades t JOIN coins c USING (coin_id)`,
  );
  const keys = new Set(rows.map((row) => `${row.coin} ${row.time} ${row.trade_id}`));
  expect(keys.size).toBe(rows.length);
  return keys;
}

/** When the socket is cut and mended, in ms from the start: cuts of random length, random pauses before each. */
function cutTimes(random: Random): { at: number; until: number }[] {
  const lengths = Array.from({ length: CUTS }, () => random.next() * LONGEST_CUT_MS);
  const weights = Array.from({ length: CUTS }, () => random.next());
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  const scale = (DURATION_MS - sum(lengths)) / sum(weights);
  let now = 0;
  return lengths.map((length, i) => {
    const at = now + (weights[i] as number) * scale;
    now = at + length;
    return { at, until: now };
  });
}

/** Cuts the socket CUTS times and calls `kill` KILLS times, at random within the length of the recording. */
async function torment(proxy: CuttingProxy, kill: () => Promise<void>): Promise<void> {
  const random = seededRandom(20);
  const began = systemClock.monotonic();
  const reach = (ms: number) => systemClock.sleep(Math.max(0, began + ms - systemClock.monotonic()));
  const cuts = cutTimes(random);
  expect(Math.max(...cuts.map(({ at, until: end }) => end - at))).toBeGreaterThan(LONGEST_CUT_MS * 0.9);
  const cutting = (async () => {
    for (const { at, until: end } of cuts) {
      await reach(at);
      proxy.cut();
      await reach(end);
      proxy.mend();
    }
  })();
  const kills = Array.from({ length: KILLS }, () => 3_000 + random.next() * (DURATION_MS - 6_000));
  for (const at of kills.sort((a, b) => a - b)) {
    await reach(at);
    await kill();
  }
  await cutting;
}

test.skipIf(!existsSync(capture))(
  'with the socket cut 20 times for up to 5 s and the process killed 5 times, no trade is lost in silence',
  async () => {
    const db = await createTestDatabase();
    closers.push(() => db.close());
    const simulator = await startSimulator({
      host: '127.0.0.1',
      port: 0,
      source: { kind: 'replay', path: capture, speed: 1, times: 'keep', startDelayMs: 3_000 },
      clock: systemClock,
      log: silentLogger,
    });
    closers.push(() => simulator.close());
    const proxy = await startCuttingProxy(simulator.port);
    closers.push(() => proxy.close());

    let child: ChildProcess | undefined;
    const start = async () => {
      const websocketUrl = `ws://127.0.0.1:${proxy.port}/ws`;
      const args = ['--import', 'tsx', program, db.url.reveal(), simulator.url, websocketUrl];
      child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout as NodeJS.ReadableStream, 'data');
    };
    closers.push(() => child?.kill('SIGKILL'));
    await start();

    await torment(proxy, async () => {
      child?.kill('SIGKILL');
      await start();
    });

    const all = recordedTrades();
    expect(all.size).toBe(428);
    const missing = async () => {
      const have = await stored(db);
      for (const key of have) expect(all.has(key)).toBe(true);
      const gaps = await db.database.query<{ coin: string; from_time: number; to_time: number }>(
        `SELECT ${symbol}, g.from_time, g.to_time FROM feed_gaps g JOIN coins c USING (coin_id)`,
      );
      return [...all].filter(
        ([key, one]) =>
          !have.has(key) &&
          !gaps.rows.some(
            (gap) => gap.coin === one.coin && gap.from_time <= one.time && one.time <= gap.to_time,
          ),
      );
    };
    // The last interruption is closed by the replay after it.
    await until(
      async () => (await missing()).length === 0,
      'every trade stored or inside a recorded gap',
      60_000,
    );
    child?.kill('SIGTERM');
    if (child !== undefined) await ended(child);
    expect(await missing()).toEqual([]);
    const { rows } = await db.database.query<{ n: number; low: number; high: number }>(
      'SELECT count(*) AS n, min(log_offset) AS low, max(log_offset) AS high FROM position_changes',
    );
    expect(rows[0]).toMatchObject({ low: 1, high: rows[0]?.n });
  },
  400_000,
);
