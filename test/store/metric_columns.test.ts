import { afterAll, beforeAll, expect, it } from 'vitest';
import { readMetricColumns } from '../../src/store/metric_columns.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

/** Enough to come in many pieces, which end within rows. */
const TRADERS = 20_000;
let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
  const { database } = test;
  await database.query(
    `INSERT INTO traders SELECT id, decode(lpad(to_hex(id), 40, '0'), 'hex'), 0, 1, 1, 1, 1, 1, NULL
     FROM generate_series(1, $1::int8) AS id`,
    [TRADERS],
  );
  await database.query(
    `INSERT INTO leaderboard_metrics
       (trader_id, window_days, gates, explanation, metrics, features, record_version, as_of_day, computed_at)
     SELECT id, w, 0, '{}', jsonb_strip_nulls(jsonb_build_object(
       'sortino', jsonb_build_object('value', CASE WHEN id % 3 > 0 THEN id * 0.25 + w END, 'n', 1),
       'skew', CASE WHEN id % 2 = 0 THEN jsonb_build_object('value', -id) END)), '{}', 1, 1, 1
     FROM generate_series(1, $1::int8) AS id, unnest('{30,90}'::int2[]) AS w`,
    [TRADERS],
  );
  await database.query(
    `INSERT INTO leaderboard_snapshots (window_days, version, watermark, computed_at, slot, bytes, traders, copy_ranked)
     VALUES (90, 7, '', 1, 0, 0, 0, 0)`,
  );
});
afterAll(() => test?.close());

it('hands over every trader of the window once, with each value or NaN', async () => {
  const found = new Map<number, readonly number[]>();
  const query = { windowDays: 90, version: 7, names: ['sortino', 'skew', 'calmar'] };
  const read = await readMetricColumns(test.database, query, (trader, values) => {
    expect(found.has(trader)).toBe(false);
    found.set(trader, [...values]);
  });
  expect(read).toBe(true);
  expect(found.size).toBe(TRADERS);
  for (const [trader, values] of found)
    expect(values).toEqual([
      trader % 3 > 0 ? trader * 0.25 + 90 : Number.NaN,
      trader % 2 === 0 ? -trader : Number.NaN,
      Number.NaN,
    ]);
});

it('reads nothing when another version is published, or none', async () => {
  for (const query of [
    { windowDays: 90, version: 6 },
    { windowDays: 30, version: 7 },
  ]) {
    const read = await readMetricColumns(test.database, { ...query, names: ['sortino'] }, () => {
      throw new Error('nobody should be handed over');
    });
    expect(read).toBe(false);
  }
});

it('refuses what cannot be the name of a metric', async () => {
  const query = { windowDays: 90, version: 7, names: ["x'->>'y"] };
  await expect(readMetricColumns(test.database, query, () => undefined)).rejects.toThrow(RangeError);
});
