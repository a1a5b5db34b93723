/** Wallets of one owner: found from ledgers, opposite changes and trades with each other, and gated. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { entityOf } from '../../src/api/trader_look.ts';
import { findEntities } from '../../src/ranking/find_entities.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { readSurroundings } from '../../src/store/entities.ts';
import { ensureDayPartitions, utcDay } from '../../src/store/partitions.ts';
import { FIRST_RECORD, readRecordVersions } from '../../src/store/trader_records.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

let test: TestDatabase;
const TRADERS = 12;
const now = systemClock.now();

/** Opposite notionals in the same minutes; `sign` tells the legs apart. */
const minutes = (sign: number) =>
  Array.from({ length: 12 }, (_, i) => [1, 28_000_000 + 7 * i, sign * (100 + 10 * i)]);

beforeAll(async () => {
  test = await createTestDatabase();
  const { database } = test;
  await database.query(
    `INSERT INTO traders SELECT id, decode(lpad(to_hex(id), 40, '0'), 'hex'), 0, $1, 1, 1, 1, 1, NULL
     FROM generate_series(1, $2::int8) AS id`,
    [now, TRADERS],
  );
  await database.query('INSERT INTO trader_history (trader_id) SELECT trader_id FROM traders');
  await database.query(
    `INSERT INTO trader_records (trader_id, through, format, record) SELECT trader_id, 0, 1, '' FROM traders`,
  );
  await database.query(
    `INSERT INTO trader_details (trader_id, base) SELECT trader_id, '{"episodes":[],"minutes":[]}' FROM traders`,
  );
  await database.query(`INSERT INTO coins VALUES (1, '', 'BTC', 5, 50, false, 0, NULL, NULL)`);
});
afterAll(() => test?.close());

it('links what ledgers, opposite changes and trades show, and gates hedges and rings', async () => {
  const { database } = test;
  await database.query(
    `UPDATE trader_details SET base = jsonb_build_object('episodes', '[]'::jsonb, 'minutes', $2::jsonb)
     WHERE trader_id = $1`,
    [1, JSON.stringify(minutes(1))],
  );
  // The other leg is known from the feed only.
  await database.query(
    `UPDATE trader_details SET seen = jsonb_build_object('episodes', '[]'::jsonb, 'minutes', $2::jsonb)
     WHERE trader_id = $1`,
    [2, JSON.stringify(minutes(-1))],
  );
  const link = (trader: number, other: number, kind: string) =>
    database.query(
      `INSERT INTO ledger_links VALUES ($1, decode(lpad(to_hex($2::int8), 40, '0'), 'hex'), $3)`,
      [trader, other, kind],
    );
  await link(3, 4, 'subAccount');
  // Two traders who pay the same stranger; and an exchange that everybody pays.
  await link(5, 900, 'transfer');
  await link(6, 900, 'transfer');
  for (let trader = 1; trader <= TRADERS; trader++) await link(trader, 901, 'transfer');
  await ensureDayPartitions(database, 'trades', [utcDay(now)]);
  await database.query(
    `INSERT INTO trades SELECT 1, $1::int8 + i, i, i, 100, 1, 7 + i % 2, 8 - i % 2, true, $1 FROM generate_series(1, 20) i`,
    [now - 60_000],
  );
  const before = await readRecordVersions(database, FIRST_RECORD);
  expect(await findEntities(database, systemClock)).toEqual({ links: 4, hedged: 2, rings: 2, moved: 4 });
  const { rows } = await database.query('SELECT a, b, kind FROM trader_links ORDER BY a');
  expect(rows).toEqual([
    { a: 1, b: 2, kind: 'twin' },
    { a: 3, b: 4, kind: 'subAccount' },
    { a: 5, b: 6, kind: 'transfer' },
    { a: 7, b: 8, kind: 'ring' },
  ]);
  const found = await readSurroundings(database, [1, 2, 3, 7]);
  expect([...found.values()]).toEqual([
    { traderId: 1, ring: false, hedged: true },
    { traderId: 2, ring: false, hedged: true },
    { traderId: 7, ring: true, hedged: false },
  ]);
  // Their gates are looked at again, nobody else's. Others may be read twice: a transaction of any database of this
  // server that was open before holds the cursor back.
  const after = await readRecordVersions(database, before.next);
  const moved = [...after.versions].filter(([trader, version]) => before.versions.get(trader) !== version);
  expect(moved.map(([trader]) => trader).sort((a, b) => a - b)).toEqual([1, 2, 7, 8]);
  expect(await findEntities(database, systemClock)).toMatchObject({ moved: 0 });
});

it('gates both legs of a hedge between linked wallets though they move minutes apart', async () => {
  const { database } = test;
  const legs = (sign: number, late: number) =>
    Array.from({ length: 8 }, (_, i) => [
      1,
      28_500_000 + 437 * i + late,
      sign * (i % 2 === 0 ? 1_000 : -1_000),
    ]);
  const moved = (trader: number, rows: readonly unknown[]) =>
    database.query(
      `UPDATE trader_details SET base = jsonb_build_object('episodes', '[]'::jsonb, 'minutes', $2::jsonb)
       WHERE trader_id = $1`,
      [trader, JSON.stringify(rows)],
    );
  // Master and sub-account on opposite sides; two wallets with one purse on the same side.
  await moved(3, legs(1, 0));
  await moved(4, legs(-1, 10));
  await moved(5, legs(1, 0));
  await moved(6, legs(1, 11));
  // Nobody's: opposite, but ten minutes apart it says nothing of strangers.
  await moved(9, legs(-1, 20));
  expect(await findEntities(database, systemClock)).toMatchObject({ hedged: 4, moved: 2 });
  const found = await readSurroundings(database, [3, 4, 5, 6, 9]);
  expect([...found.values()]).toEqual([
    { traderId: 3, ring: false, hedged: true },
    { traderId: 4, ring: false, hedged: true },
  ]);
});

it('shows an owner with all wallets, net exposure and PnL together', async () => {
  const { database } = test;
  const hold = (trader: number, size: number, cost: number) =>
    database.query(`INSERT INTO positions VALUES ($1, 1, $2, $3, 1, 0, 0, 0, 'exact', 0, 1)`, [
      trader,
      size,
      cost,
    ]);
  await hold(1, 2, 1_000);
  await hold(2, -2, 900);
  await hold(3, 5, 700);
  const entity = await entityOf(database, 1, 90);
  expect(entity?.members.map((member) => [member.address.slice(-1), member.links, member.grossUsd])).toEqual([
    ['1', ['twin'], 1_000],
    ['2', ['twin'], 900],
  ]);
  expect(entity?.net).toEqual([{ dex: '', coin: 'BTC', netUsd: 100, grossUsd: 1_900 }]);
  expect(entity?.oneSided).toBeCloseTo(100 / 1_900, 9);
  expect(await entityOf(database, 12, 90)).toBeNull();
});

it('forgives a ring that keeps quiet, and a hedge that does, after ninety days and not before', async () => {
  const { database } = test;
  await database.query('DELETE FROM trades');
  await database.query(`UPDATE trader_details SET base = '{"episodes":[],"minutes":[]}', seen = NULL`);
  const days = (count: number) => ({ ...systemClock, now: () => now + count * 86_400_000 });
  const quiet = async () => [...(await readSurroundings(database, [1, 2, 3, 4, 7, 8])).values()];
  const kinds = async () => {
    const { rows } = await database.query<{ kind: string }>('SELECT kind FROM trader_links ORDER BY kind');
    return rows.map(({ kind }) => kind);
  };
  const standing = await quiet();
  expect(standing).toHaveLength(6);
  for (const later of [2, 60, 89]) {
    expect(await findEntities(database, days(later))).toMatchObject({ moved: 0 });
    expect(await quiet()).toEqual(standing);
    expect(await kinds()).toEqual(['ring', 'subAccount', 'transfer', 'twin']);
  }
  const before = (await readRecordVersions(database, '0')).versions;
  expect(await findEntities(database, days(91))).toMatchObject({ moved: 6 });
  expect(await quiet()).toEqual([]);
  expect(await kinds()).toEqual(['subAccount', 'transfer']);
  const after = (await readRecordVersions(database, '0')).versions;
  const moved = [...after].filter(([trader, version]) => before.get(trader) !== version);
  expect(moved.map(([trader]) => trader).sort()).toEqual([1, 2, 3, 4, 7, 8]);
});
