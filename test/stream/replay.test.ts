import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { type FoldedChange, foldRecording, millionths } from './recorded_fold.ts';
import { startLeader } from './start_leader.ts';

const capture = fileURLToPath(
  new URL('../../../shared/data/recordings/mainnet-ws-90s.jsonl', import.meta.url),
);
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const one = async (db: TestDatabase, sql: string): Promise<number> =>
  (await db.database.query<{ n: number }>(`SELECT ${sql} AS n`)).rows[0]?.n ?? -1;

/** Net sizes and change log, against a fold written here on plain SQL rows. */
async function expectFoldOfTrades(db: TestDatabase): Promise<void> {
  const trades = await db.database.query<{
    coin_id: number;
    time: number;
    trade_id: number;
    size: string;
    buyer_id: number;
    seller_id: number;
  }>('SELECT coin_id, time, trade_id, size, buyer_id, seller_id FROM trades ORDER BY seq');
  const net = new Map<string, number>();
  const fills = new Set<string>();
  for (const { coin_id, time, trade_id, size, buyer_id, seller_id } of trades.rows) {
    for (const [who, sign] of [
      [buyer_id, 1],
      [seller_id, -1],
    ] as const) {
      const key = `${who} ${coin_id}`;
      net.set(key, (net.get(key) ?? 0) + sign * Math.round(Number(size) * 1e6));
      fills.add(`${key} ${time} ${trade_id} ${sign}`);
    }
  }
  const changes = await db.database.query<{
    log_offset: number;
    trader_id: number;
    coin_id: number;
    size_before: string;
    size_after: string;
    trade_ids: number[];
    exchange_time: number;
  }>('SELECT * FROM position_changes ORDER BY log_offset');
  const position = new Map<string, number>();
  const micro = (text: string) => Math.round(Number(text) * 1e6);
  for (const [i, change] of changes.rows.entries()) {
    expect(change.log_offset).toBe(i + 1);
    const key = `${change.trader_id} ${change.coin_id}`;
    expect(micro(change.size_before)).toBe(position.get(key) ?? 0);
    position.set(key, micro(change.size_after));
    const sign = Math.sign(micro(change.size_after) - micro(change.size_before));
    for (const id of change.trade_ids) {
      expect(fills.delete(`${key} ${change.exchange_time} ${id} ${sign}`)).toBe(true);
    }
  }
  expect(fills.size).toBe(0);
  expect(new Map([...position].sort())).toEqual(new Map([...net].sort()));
  const stored = await db.database.query<{ trader_id: number; coin_id: number; size: string }>(
    'SELECT trader_id, coin_id, size FROM positions',
  );
  expect(
    new Map(stored.rows.map((row) => [`${row.trader_id} ${row.coin_id}`, micro(row.size)] as const).sort()),
  ).toEqual(new Map([...net].sort()));
}

/** The committed changes, against a fold of the recording's own text. */
async function expectFoldOfRecording(db: TestDatabase): Promise<void> {
  const { rows } = await db.database.query<{
    address: Buffer;
    coin: string;
    exchange_time: number;
    size_before: string;
    size_after: string;
    notional_usd: string;
    realised_pnl_usd: string;
    cost_usd: string;
    episode: number;
    trade_ids: number[];
  }>(
    `SELECT t.address, CASE WHEN c.dex = '' THEN c.name ELSE c.dex || ':' || c.name END AS coin, p.*
     FROM position_changes p JOIN traders t USING (trader_id) JOIN coins c USING (coin_id) ORDER BY log_offset`,
  );
  const changes = new Map<string, FoldedChange[]>();
  for (const row of rows) {
    const key = `0x${row.address.toString('hex')} ${row.coin}`;
    const list = changes.get(key) ?? [];
    changes.set(key, list);
    list.push({
      time: row.exchange_time,
      before: millionths(row.size_before),
      after: millionths(row.size_after),
      notional: millionths(row.notional_usd),
      realised: millionths(row.realised_pnl_usd),
      cost: millionths(row.cost_usd),
      episode: row.episode,
      tradeIds: row.trade_ids,
    });
  }
  const folded = foldRecording(capture);
  expect(new Map([...changes].sort())).toEqual(new Map([...folded].sort()));
}

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
    const { stop } = await startLeader(db.database, simulator);
    await until(async () => (await one(db, '(SELECT count(*) FROM trades)')) >= 428, '428 trades');
    await stop();
    expect(await one(db, '(SELECT count(*) FROM trades)')).toBe(428);
    expect(await one(db, '(SELECT count(DISTINCT (coin_id, time, trade_id)) FROM trades)')).toBe(428);
    expect(await one(db, '(SELECT max(seq) FROM trades)')).toBe(428);
    expect(await one(db, '(SELECT count(*) FROM traders)')).toBe(202);
    expect(await one(db, '(SELECT count(*) FROM feed_gaps)')).toBe(0);
    expect(await one(db, '(SELECT sum(trade_count) FROM traders)')).toBe('856');
    await expectFoldOfTrades(db);
    await expectFoldOfRecording(db);
  });
});
