/** A database that an earlier version has filled, brought to this build's schema: what it knew is still there. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../src/runtime/log.ts';
import { loadMigrations, runMigrations } from '../../src/store/migrate.ts';
import { ensureDayPartitions } from '../../src/store/partitions.ts';
import { FIRST_RECORD, readRecordVersions } from '../../src/store/trader_records.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

/** What the version before the list of traders and the slots of boards did not have. */
const LATER = [5, 19, 21, 22, 23, 24, 27, 28, 29, 57, 58, 59, 60, 61, 62];
const DAY = 20_700;
const AT = DAY * 86_400_000;

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase({ migrated: false });
});
afterEach(() => test.close());

const rowsOf = async (sql: string) => (await test.database.query<Record<string, unknown>>(sql)).rows;

async function fill(): Promise<void> {
  await ensureDayPartitions(test.database, 'rank_history', [DAY]);
  await test.database.query(`
    INSERT INTO traders SELECT i, decode(lpad(to_hex(i), 40, '0'), 'hex'), ${AT}, ${AT} + i, i, i * 1.25, 1, 7,
      CASE WHEN i % 2 = 0 THEN ${AT} END FROM generate_series(1, 1000) i;
    INSERT INTO watchlist VALUES (3, ${AT});
    INSERT INTO trader_history (trader_id, state, complete_since, why_truncated, fills_through)
      VALUES (1, 'complete', NULL, NULL, ${AT}), (2, 'truncated', ${AT}, 'VENUE_KEEPS_10000_FILLS', ${AT});
    UPDATE trader_history SET reconciled = trader_id = 1;
    INSERT INTO trader_records (trader_id, through, format, record)
      VALUES (1, ${AT}, 1, '\\x01'), (2, ${AT}, 1, '\\x02');
    INSERT INTO leaderboard_metrics (trader_id, window_days, trader_score, classic_rank, copy_rank, evidence, proven,
      gates, explanation, metrics, features, record_version, as_of_day, computed_at)
      VALUES (1, 90, 0.5, 1, 1, 'strong', true, 0, '{}', '{"winRate": 1}', '{}', 1, ${DAY}, ${AT});
    INSERT INTO rank_history VALUES (1, 90, ${AT}, 1, 10, 0.5, 2, 10, 0.25);
    INSERT INTO leaderboard_snapshots VALUES (90, 1, 'w', ${AT}, 1);
    INSERT INTO leaderboard_snapshot_parts VALUES (90, 0, '\\x00');
  `);
}

it('keeps traders, their records and the ranks that were noted', async () => {
  const all = await loadMigrations();
  const connection = { url: test.url, log: silentLogger, applicationName: 'upgrade' };
  await runMigrations({ ...connection, migrations: all.filter(({ id }) => !LATER.includes(id)) });
  await fill();
  const before = {
    traders: await rowsOf('SELECT * FROM traders ORDER BY trader_id'),
    watchlist: await rowsOf('SELECT * FROM watchlist'),
    records: await rowsOf('SELECT * FROM trader_records ORDER BY trader_id'),
    ranks: await rowsOf('SELECT * FROM rank_history'),
    history: await rowsOf('SELECT * FROM trader_history ORDER BY trader_id'),
  };

  expect((await runMigrations(connection)).applied).toHaveLength(LATER.length);

  expect(await rowsOf('SELECT * FROM traders ORDER BY trader_id')).toEqual(before.traders);
  expect(
    await rowsOf(
      'SELECT trader_id, last_seen_at, trade_count, notional_usd FROM trader_listing ORDER BY trader_id',
    ),
  ).toEqual(
    before.traders.map(({ trader_id, last_seen_at, trade_count, notional_usd }) => ({
      trader_id,
      last_seen_at,
      trade_count,
      notional_usd,
    })),
  );
  expect(await rowsOf('SELECT * FROM watchlist')).toEqual(before.watchlist);
  // What was not explained is read again: part of it is explained by what is read since.
  expect(await rowsOf('SELECT * FROM trader_records ORDER BY trader_id')).toEqual(
    before.records.map((row, k) => ({ ...row, changed_in: '0', format: k === 0 ? 1 : 0 })),
  );
  // A reader who begins finds records that were there before their transactions were noted.
  expect((await readRecordVersions(test.database, FIRST_RECORD)).versions.size).toBe(2);
  expect(await rowsOf('SELECT * FROM rank_history')).toEqual(before.ranks);
  expect(await rowsOf('SELECT * FROM trader_history ORDER BY trader_id')).toEqual(
    before.history.map((row) => ({ ...row, reaches_from: null })),
  );
  // Boards are made anew from the records; what a record alone says stays.
  expect(await rowsOf('SELECT * FROM leaderboard_snapshots')).toEqual([]);
  expect(
    await rowsOf('SELECT trader_id, window_days, metrics, gates, trader_score FROM leaderboard_metrics'),
  ).toEqual([{ trader_id: 1, window_days: 90, metrics: { winRate: 1 }, gates: 0, trader_score: null }]);
});

it('has the same schema as a database that began with this version', async () => {
  const all = await loadMigrations();
  const connection = { url: test.url, log: silentLogger, applicationName: 'upgrade' };
  await runMigrations({ ...connection, migrations: all.filter(({ id }) => !LATER.includes(id)) });
  await fill();
  await runMigrations(connection);
  const fresh = await createTestDatabase();
  const SCHEMA = `
    SELECT c.relname AS name, c.relkind AS kind, c.relpersistence AS persistence, a.attname AS column,
      format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS needed
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
    ORDER BY c.relname, a.attname`;
  try {
    expect(await rowsOf(SCHEMA)).toEqual((await fresh.database.query(SCHEMA)).rows);
  } finally {
    await fresh.close();
  }
});
