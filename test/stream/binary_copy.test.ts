import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatScaled } from '../../src/domain/money.ts';
import { copyRows, rowSource } from '../../src/store/binary_copy.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase({ migrated: false });
  await db.database.query(`CREATE TYPE mood AS ENUM ('calm', 'wild');
    CREATE TABLE sample (n int4, a int8, b int4, c boolean, d mood, e bytea, f int8[], g numeric, h numeric)`);
});
afterAll(() => db.close());

const safe = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -20_000, max: 20_000 }),
  fc.constantFrom(0, 10_000, -10_000, 1e8),
);
const row = fc.record({
  a: safe,
  b: fc.integer(),
  c: fc.boolean(),
  d: fc.constantFrom('calm', 'wild'),
  e: fc.uint8Array({ minLength: 20, maxLength: 20, size: 'max' }),
  f: fc.array(safe, { maxLength: 6 }),
  g: fc.option(fc.tuple(safe, fc.integer({ min: 0, max: 10 })), { nil: undefined }),
  h: fc.tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 8 })),
});

test('PostgreSQL reads back what was written, to the last digit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 60, size: 'max' }), async (rows) => {
      const encoded = rowSource(9, rows.length, (copy, n) => {
        const one = rows[n] as (typeof rows)[number];
        copy.int4(n);
        copy.int8(one.a);
        copy.int4(one.b);
        copy.boolean(one.c);
        copy.ascii(one.d);
        copy.bytea(20, (target, offset) => target.set(one.e, offset));
        copy.int8Array(one.f, 0, one.f.length);
        if (one.g === undefined) copy.null();
        else copy.scaled(...one.g);
        copy.bigScaled(...one.h);
      });
      const stored = await db.database.transaction(async (tx) => {
        await tx.query('TRUNCATE sample');
        await copyRows(tx, 'sample (n, a, b, c, d, e, f, g, h)', encoded);
        return tx.query<Record<string, unknown>>(
          'SELECT a, b, c, d, e, f, trim_scale(g)::text AS g, trim_scale(h)::text AS h FROM sample ORDER BY n',
        );
      });
      expect(stored.rows).toEqual(
        rows.map((one) => ({
          ...one,
          e: Buffer.from(one.e),
          g: one.g === undefined ? null : formatScaled(...one.g),
          h: formatScaled(...one.h),
        })),
      );
    }),
    { numRuns: 60 },
  );
});

test('rows of many pieces arrive whole, again for each try', async () => {
  const count = 30_000;
  const rows = rowSource(2, count, (copy, at) => {
    copy.int4(at);
    copy.int8(at * 2 ** 20);
  });
  const first = [...rows.pieces()];
  expect(first.length).toBeGreaterThan(5);
  expect(Buffer.concat([...rows.pieces()]).equals(Buffer.concat(first))).toBe(true);
  const { rows: stored } = await db.database.transaction(async (tx) => {
    await tx.query('TRUNCATE sample');
    await copyRows(tx, 'sample (n, a)', rows);
    return tx.query(
      'SELECT count(*) AS rows, count(DISTINCT n) AS numbers, bool_and(a = n::int8 << 20) AS right FROM sample',
    );
  });
  expect(stored).toEqual([{ rows: count, numbers: count, right: true }]);
});

test('a row that the table refuses fails the transaction and leaves the connection usable', async () => {
  // Refused at the first row, while most of the others have not been encoded yet.
  const rows = rowSource(1, 500_000, (copy) => copy.ascii('neither'));
  const failed = db.database.transaction((tx) => copyRows(tx, 'sample (d)', rows));
  await expect(failed).rejects.toMatchObject({ code: 'STORE_QUERY' });
  expect((await db.database.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('rows that cannot be encoded fail the transaction and leave the connection usable', async () => {
  const rows = rowSource(1, 100_000, (copy, at) => {
    if (at === 90_000) throw new Error('no such row');
    copy.ascii('calm');
  });
  const failed = db.database.transaction((tx) => copyRows(tx, 'sample (d)', rows));
  await expect(failed).rejects.toThrow('no such row');
  expect((await db.database.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('a connection that breaks amid the rows fails the transaction as such', async () => {
  const failed = db.database.transaction(async (tx) => {
    const { rows: own } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const rows = rowSource(1, 5_000_000, (copy, at) => {
      copy.int4(at);
      if (at === 50_000) void db.database.query('SELECT pg_terminate_backend($1)', [own[0]?.pid]);
    });
    await copyRows(tx, 'sample (n)', rows);
  });
  await expect(failed).rejects.toMatchObject({ code: 'STORE_CONNECTION', retryable: true });
  const { rows: stored } = await db.database.query('SELECT count(*) AS n FROM sample WHERE a IS NULL');
  expect(stored).toEqual([{ n: 0 }]);
}, 60_000);
