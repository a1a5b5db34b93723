import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { stampWorld } from '../../src/store/world.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

/** Not about accounts of the exchange, or public: kept when the simulated exchange begins anew. */
const KEPT = [
  'api_sessions',
  'api_sign_in_links',
  'api_tickets',
  'api_tokens',
  'coin_feed',
  'coins',
  'feed_gaps',
  'lease_beats',
  'leases',
  'partitioned_tables',
  'position_changes',
  'schema_migrations',
  'service_heartbeats',
  'simulated_run_tables',
  'stream_state',
  'task_runs',
  'tracking_runs',
  'trader_listing',
  'traders',
  'trades',
  'watchlist',
  'weight_charges',
  'weight_places',
  'world',
];

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(() => test.close());

const stamp = (network: 'simulator' | 'mainnet') =>
  stampWorld(test.database, { network, worldId: 'one' }, systemClock);
const forget = () => test.database.query('SELECT forget_simulated_accounts()');

/** Tables by the file on disk that holds their rows: truncating gives a new one. */
async function files(): Promise<Map<string, string>> {
  const { rows } = await test.database.query<{ name: string; file: string }>(
    `SELECT c.relname AS name,
       coalesce(string_agg(p.relfilenode::text, ' ' ORDER BY p.relname), c.relfilenode::text) AS file
     FROM pg_class c LEFT JOIN pg_inherits i ON i.inhparent = c.oid LEFT JOIN pg_class p ON p.oid = i.inhrelid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     GROUP BY c.oid, c.relname, c.relfilenode`,
  );
  return new Map(rows.map((row) => [row.name, row.file]));
}

it('forgets every table of what accounts hold or did, and no other', async () => {
  await stamp('simulator');
  const partitioned = await test.database.query<{ name: string; kind: string }>(
    'SELECT table_name AS name, kind FROM partitioned_tables',
  );
  for (const { name, kind } of partitioned.rows) {
    const [create, place] =
      kind === 'day'
        ? ['create_day_partition($1, $2)', [1]]
        : ['create_offset_partition($1, $2, $3)', [1, 1]];
    await test.database.query(`SELECT ${create}`, [name, ...place]);
  }
  const before = await files();
  await forget();
  const after = await files();
  const kept = [...before].filter(([name, file]) => after.get(name) === file).map(([name]) => name);
  expect(kept.sort()).toEqual(KEPT);
});

it('refuses to forget the accounts of a real exchange', async () => {
  await stamp('mainnet');
  await expect(forget()).rejects.toThrow('not the database of a simulated exchange');
});
