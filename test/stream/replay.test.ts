import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { createInfoClient } from '../../src/hyperliquid/transport.ts';
import { LocalWeightLedger } from '../../src/hyperliquid/weight/local_ledger.ts';
import { StreamLeader } from '../../src/main/stream/leader.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { acquireLease } from '../../src/store/leases.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';

const capture = fileURLToPath(new URL('../../../shared/data/recordings/mainnet-ws-90s.jsonl', import.meta.url));
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startLeader(db: TestDatabase, urls: { url: string; websocketUrl: string }) {
  const lease = await acquireLease({
    url: db.url,
    name: 'stream',
    holder: 'test',
    clock: systemClock,
    log: silentLogger,
  });
  const leader = await StreamLeader.start({
    database: db.database,
    lease,
    epoch: 1,
    info: createInfoClient({
      url: `${urls.url}/info`,
      ledger: new LocalWeightLedger(systemClock),
      clock: systemClock,
    }),
    websocketUrl: urls.websocketUrl,
    coins: '*',
    coinsRefreshMs: 300_000,
    tradesRetentionHours: 24 * 366 * 20,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  });
  return { leader, lease };
}

const one = async (db: TestDatabase, sql: string): Promise<number> =>
  (await db.database.query<{ n: number }>(`SELECT ${sql} AS n`)).rows[0]?.n ?? -1;

describe.skipIf(!existsSync(capture))('a recorded minute and a half of mainnet, replayed', () => {
  test('gives exactly its 428 trades and 202 traders', async () => {
    const db = await createTestDatabase();
    closers.push(() => db.close());
    const simulator = await startSimulator({
      host: '127.0.0.1',
      port: 0,
      source: { kind: 'replay', path: capture, speed: 30, times: 'keep' },
      clock: systemClock,
      log: silentLogger,
    });
    closers.push(() => simulator.close());
    const { leader } = await startLeader(db, simulator);
    closers.push(() => leader.stop());
    await until(async () => (await one(db, '(SELECT count(*) FROM trades)')) >= 428, '428 trades');
    await leader.stop();
    expect(await one(db, '(SELECT count(*) FROM trades)')).toBe(428);
    expect(await one(db, '(SELECT count(DISTINCT (coin_id, time, trade_id)) FROM trades)')).toBe(428);
    expect(await one(db, '(SELECT max(seq) FROM trades)')).toBe(428);
    expect(await one(db, '(SELECT count(*) FROM traders)')).toBe(202);
    expect(await one(db, '(SELECT count(*) FROM feed_gaps)')).toBe(0);
    expect(await one(db, '(SELECT sum(trade_count) FROM traders)')).toBe('856');
  });
});
