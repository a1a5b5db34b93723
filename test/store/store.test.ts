import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { openDatabase } from '../../src/store/database.ts';
import { StoreError } from '../../src/store/errors.ts';
import { loadMigrations, type Migration, runMigrations } from '../../src/store/migrate.ts';
import {
  dropOffsetPartitionsBefore,
  dropPartitionsBefore,
  ensureDayPartitions,
  ensureOffsetPartitions,
  utcDay,
} from '../../src/store/partitions.ts';
import { readTraderPage } from '../../src/store/read_traders.ts';
import { readWorld, stampWorld, startNewEpoch } from '../../src/store/world.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { contractServers } from './servers.ts';

const DAY_MS = 86_400_000;
const code = (expected: string) => expect.objectContaining({ code: expected });

describe.each(await contractServers())('store on $name PostgreSQL', ({ server }) => {
  let test: TestDatabase;
  beforeEach(async () => {
    test = await createTestDatabase({ server });
  });
  afterEach(() => test.close());

  describe('values and transactions', () => {
    it('reads int8 as a number and refuses what a number cannot hold', async () => {
      const { rows } = await test.database.query<Record<string, unknown>>(
        `SELECT 9007199254740991::int8 AS most, 1.10::numeric AS decimal, ARRAY[1, NULL, -3]::int8[] AS list`,
      );
      expect(rows).toEqual([{ most: 9_007_199_254_740_991, decimal: '1.10', list: [1, null, -3] }]);
      await expect(test.database.query('SELECT 9007199254740993::int8')).rejects.toThrow(
        code('STORE_INTEGER_RANGE'),
      );
      await expect(test.database.query('SELECT ARRAY[9007199254740993]::int8[]')).rejects.toThrow(
        code('STORE_INTEGER_RANGE'),
      );
      expect((await test.database.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });

    it('commits all or nothing, and says so when the body swallowed a failure', async () => {
      const { database } = test;
      await database.query('CREATE TABLE t (a int4 PRIMARY KEY)');
      await expect(
        database.transaction(async (tx) => {
          await tx.query('INSERT INTO t VALUES (1)');
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      await expect(
        database.transaction(async (tx) => {
          await tx.query('INSERT INTO t VALUES (2)');
          await tx.query('INSERT INTO t VALUES (2)').catch(() => undefined);
        }),
      ).rejects.toThrow(code('STORE_QUERY'));
      await database.transaction((tx) => tx.query('INSERT INTO t VALUES (3)'));
      expect((await database.query('SELECT a FROM t')).rows).toEqual([{ a: 3 }]);
      await expect(database.query('INSERT INTO t VALUES (3)')).rejects.toMatchObject({
        code: 'STORE_CONSTRAINT',
        constraint: 't_pkey',
        retryable: false,
      });
    });

    it('runs a serialization failure again as often as asked', async () => {
      const { database } = test;
      await database.query('CREATE TABLE t (a int4); INSERT INTO t VALUES (0)');
      let runs = 0;
      const attempt = (retries: number) => {
        runs = 0;
        return database.transaction(
          async (tx) => {
            runs++;
            await tx.query('SELECT a FROM t');
            if (runs === 1) await database.query('UPDATE t SET a = a + 1');
            await tx.query('UPDATE t SET a = a + 10');
          },
          { isolation: 'repeatable read', retries },
        );
      };
      await expect(attempt(0)).rejects.toMatchObject({ code: 'STORE_SERIALIZATION', retryable: true });
      expect(runs).toBe(1);
      await attempt(3);
      expect(runs).toBe(2);
      expect((await database.query('SELECT a FROM t')).rows).toEqual([{ a: 12 }]);
    });

    it('reports a lost connection as retryable and works again with the next one', async () => {
      const { database } = test;
      await expect(
        database.transaction(async (tx) => {
          const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
          await database.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
          await tx.query('SELECT 1');
        }),
      ).rejects.toMatchObject({ code: 'STORE_CONNECTION', retryable: true });
      expect((await database.query('SELECT 1 AS one')).rowCount).toBe(1);
    });

    it('says that a commit is unknown when the connection was lost during it', async () => {
      const { database } = test;
      // A deferred trigger runs inside COMMIT, and ends its own session there.
      await database.query(`CREATE TABLE t (a int4);
        CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER die AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()`);
      await expect(database.transaction((tx) => tx.query('INSERT INTO t VALUES (1)'))).rejects.toMatchObject({
        code: 'STORE_COMMIT_UNKNOWN',
        retryable: false,
      });
    });

    it('cancels a statement that runs too long', async () => {
      const slow = openDatabase({
        url: test.url,
        log: silentLogger,
        applicationName: 'slow',
        statementTimeoutMs: 50,
      });
      await expect(slow.query('SELECT pg_sleep(20)')).rejects.toMatchObject({
        code: 'STORE_TIMEOUT',
        retryable: true,
      });
      await slow.close();
    });
  });

  describe('migrations', () => {
    const migration = (id: number, sql: string): Migration => ({
      id,
      name: `${String(id).padStart(4, '0')}_m.sql`,
      sql,
      checksum: `sum of ${sql}`,
    });
    const run = (url: TestDatabase['url'], migrations?: readonly Migration[]) =>
      runMigrations({
        url,
        log: silentLogger,
        applicationName: 'test',
        ...(migrations === undefined ? {} : { migrations }),
      });

    it('are applied once each when several roles start at once, and not again', async () => {
      const empty = await createTestDatabase({ server, migrated: false });
      const all = await loadMigrations();
      const reports = await Promise.all([1, 2, 3, 4, 5].map(() => run(empty.url)));
      expect(reports.map((report) => report.applied.length).sort()).toEqual([0, 0, 0, 0, all.length]);
      expect((await run(empty.url)).applied).toEqual([]);
      await empty.close();
    });

    it('are rolled back whole when a statement fails, and keep what was applied before', async () => {
      const empty = await createTestDatabase({ server, migrated: false });
      const good = migration(1, 'CREATE TABLE a (x int4)');
      const bad = migration(2, 'CREATE TABLE b (x int4); SELECT 1/0');
      await expect(run(empty.url, [good, bad])).rejects.toThrow(/0002_m\.sql: division by zero/);
      const tables = await empty.database.query(`SELECT to_regclass('a') AS a, to_regclass('b') AS b`);
      expect(tables.rows).toEqual([{ a: 'a', b: null }]);
      expect((await run(empty.url, [good, migration(2, 'CREATE TABLE b (x int4)')])).applied).toEqual([
        '0002_m.sql',
      ]);
      await empty.close();
    });

    it('list the traders of an installation that had none listed, and keep the list through a new simulated run', async () => {
      const old = await createTestDatabase({ server, migrated: false });
      const all = await loadMigrations();
      await run(
        old.url,
        all.filter(({ name }) => name !== '0019_trader_listing.sql'),
      );
      await old.database.query(
        `INSERT INTO traders SELECT id, decode(lpad(to_hex(id), 40, '0'), 'hex'), 5, 100 - id, id % 4, id * 2.5, 1, 1, NULL
         FROM generate_series(1, 9) id`,
      );
      await run(old.url);
      const orders = ['lastSeen', 'trades', 'notional'] as const;
      const pages = () =>
        Promise.all(
          orders.map(async (orderBy) => {
            const rows = await readTraderPage(old.database, { orderBy, descending: true, limit: 4 });
            return rows.map((row) => row.traderId);
          }),
        );
      const expected = [
        [1, 2, 3, 4],
        [7, 3, 6, 2],
        [9, 8, 7, 6],
      ];
      expect(await pages()).toEqual(expected);
      await stampWorld(old.database, { network: 'simulator', worldId: 'one' }, new ManualClock(1));
      await old.database.query('SELECT forget_simulated_accounts()');
      expect(await pages()).toEqual(expected);
      await old.close();
    });

    it('refuse a database of a newer version, and an applied file that was edited', async () => {
      const empty = await createTestDatabase({ server, migrated: false });
      const first = migration(1, 'SELECT 1');
      await run(empty.url, [first, migration(2, 'SELECT 2')]);
      await expect(run(empty.url, [first])).rejects.toThrow(code('MIGRATION_DOWNGRADE'));
      await expect(run(empty.url, [first, migration(2, 'SELECT 3')])).rejects.toThrow(
        code('MIGRATION_CHANGED'),
      );
      // A room's lower number that arrives later is applied.
      const late = [first, migration(2, 'SELECT 2'), migration(3, 'SELECT 3')];
      expect((await run(empty.url, late)).applied).toEqual(['0003_m.sql']);
      await empty.close();
    });
  });

  describe('world stamp', () => {
    const clock = new ManualClock(1_000_000);
    const simulator = { network: 'simulator', worldId: 'seed 1' } as const;

    it('marks a fresh database and refuses every other world', async () => {
      await expect(readWorld(test.database)).rejects.toThrow(code('WORLD_MISSING'));
      const stamps = await Promise.all([1, 2, 3].map(() => stampWorld(test.database, simulator, clock)));
      for (const stamp of stamps)
        expect(stamp).toEqual({ ...simulator, epoch: 1_000_000, createdAt: 1_000_000 });
      for (const other of [
        { network: 'simulator', worldId: 'seed 2' },
        { network: 'mainnet', worldId: 'mainnet' },
      ] as const) {
        await expect(stampWorld(test.database, other, clock)).rejects.toThrow(code('WORLD_MISMATCH'));
      }
      expect(await readWorld(test.database)).toEqual(stamps[0]);
    });

    it('begins a new epoch when asked and when the rows came from another cluster', async () => {
      const { epoch } = await stampWorld(test.database, simulator, clock);
      const second = await startNewEpoch(test.database, clock);
      expect(second.epoch).toBe(epoch + 1);
      await test.database.query(`UPDATE world SET cluster_id = 'of the dump'`);
      await clock.advance(5_000);
      const restored = await stampWorld(test.database, simulator, clock);
      expect(restored.epoch).toBe(clock.now());
      expect(await stampWorld(test.database, simulator, clock)).toEqual(restored);
    });
  });

  describe('partitions', () => {
    it('by day are made on demand by several writers at once, and dropped by age', async () => {
      const { database } = test;
      await database.query(
        `CREATE TABLE events (at int8) PARTITION BY RANGE (at); SELECT register_day_partitions('events')`,
      );
      const today = utcDay(Date.UTC(2026, 10, 23, 5));
      const others = [1, 2, 3].map(() =>
        openDatabase({ url: test.url, log: silentLogger, applicationName: 'writer' }),
      );
      await Promise.all(others.map((one) => ensureDayPartitions(one, 'events', [today, today - 1, today])));
      await ensureDayPartitions(database, 'events', [today - 40]);
      for (const day of [today, today - 1, today - 40]) {
        await database.query('INSERT INTO events VALUES ($1), ($2)', [
          day * DAY_MS,
          day * DAY_MS + DAY_MS - 1,
        ]);
      }
      expect(await dropPartitionsBefore(database, 'events', (today - 1) * DAY_MS + 5)).toEqual([
        'events_d20261014',
      ]);
      expect((await database.query('SELECT at FROM events')).rowCount).toBe(4);
      // A dropped day can come back.
      await ensureDayPartitions(database, 'events', [today - 40]);
      await database.query('INSERT INTO events VALUES ($1)', [(today - 40) * DAY_MS]);
      await expect(ensureDayPartitions(database, 'leases', [1])).rejects.toThrow(/no day partitions/);
      await Promise.all(others.map((one) => one.close()));
    });

    it('by offset hold a span each and are dropped behind a cursor', async () => {
      const { database } = test;
      await database.query(`CREATE TABLE log (epoch int8, "offset" int8) PARTITION BY RANGE (epoch, "offset");
        SELECT register_offset_partitions('log', 100)`);
      await ensureOffsetPartitions(database, 'log', { epoch: 1, fromOffset: 0, throughOffset: 0 });
      await ensureOffsetPartitions(database, 'log', { epoch: 7, fromOffset: 50, throughOffset: 310 });
      for (const offset of [50, 99, 100, 310, 399])
        await database.query('INSERT INTO log VALUES (7, $1)', [offset]);
      expect(await dropOffsetPartitionsBefore(database, 'log', { epoch: 7, offset: 199 })).toEqual([
        'log_e1_o0',
        'log_e7_o0',
      ]);
      expect((await database.query('SELECT "offset" FROM log ORDER BY 1')).rows).toEqual([
        { offset: 100 },
        { offset: 310 },
        { offset: 399 },
      ]);
    });
  });

  it('an application role may write rows and make partitions, but not change the schema', async () => {
    const role = `app_${test.name}`;
    const superuser = openDatabase({ url: server.url, log: silentLogger, applicationName: 'test' });
    await superuser.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    await test.database.query(
      `CREATE TABLE events (at int8) PARTITION BY RANGE (at); SELECT register_day_partitions('events')`,
    );
    await runMigrations({ url: test.url, log: silentLogger, applicationName: 'test', applicationRole: role });
    const url = new URL(test.url.reveal());
    url.username = role;
    url.password = 'x';
    const connection = { url: url.href, log: silentLogger, applicationName: 'app' };
    const app = openDatabase(connection);
    expect((await runMigrations(connection)).applied).toEqual([]);
    await ensureDayPartitions(app, 'events', [20_000]);
    await app.query('INSERT INTO events VALUES ($1)', [20_000 * DAY_MS]);
    expect(await dropPartitionsBefore(app, 'events', 20_001 * DAY_MS)).toEqual(['events_d20241004']);
    await stampWorld(app, { network: 'simulator', worldId: 'w' }, new ManualClock());
    for (const statement of [
      'DROP TABLE world',
      'ALTER TABLE world ADD x int4',
      'CREATE TABLE x ()',
      'DELETE FROM schema_migrations',
    ]) {
      await expect(app.query(statement)).rejects.toThrow(StoreError);
    }
    const newer = [
      ...(await loadMigrations()),
      { id: 9_999, name: '9999_x.sql', sql: 'SELECT 1', checksum: 'x' },
    ];
    await expect(runMigrations({ ...connection, migrations: newer })).rejects.toThrow(
      code('MIGRATIONS_PENDING'),
    );
    await app.close();
    await superuser.query(`DROP OWNED BY ${role}`).catch(() => undefined);
    await superuser.close();
  });
});
