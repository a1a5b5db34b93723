/** A database of another world is not touched, not even brought to this version's schema. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrateCommand } from '../../src/main/commands/database.ts';
import { openStore } from '../../src/main/store.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { loadMigrations, runMigrations } from '../../src/store/migrate.ts';
import { stampWorld, type WorldId } from '../../src/store/world.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

const OURS: WorldId = { network: 'simulator', worldId: 'seed ours' };
const OTHERS: WorldId = { network: 'mainnet', worldId: 'mainnet' };

let test: TestDatabase;
let missing: string;
const source = () => ({
  environment: { DATABASE_URL: test.url.reveal(), SIMULATOR_SEED: 'ours' },
  file: {},
});

const openIt = async (): Promise<void> => {
  const { settings: config } = loadSettings(source(), ['storage', 'simulator']);
  const context = { config, clock: systemClock, random: systemRandom, log: silentLogger };
  await (await openStore({ context, instance: 'test', restarts: 0 })).close();
};
const migrateIt = async (): Promise<void> => {
  const input = { words: [], options: {}, source: source(), print: () => undefined, terminal: false };
  await migrateCommand.run(input);
};

/** Tables of every schema, the queue's included, and the migrations that were applied. */
async function schema(): Promise<unknown> {
  const tables = await test.database.query(
    `SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
     ORDER BY 1, 2`,
  );
  const applied = await test.database.query<{ name: string }>(
    'SELECT name FROM schema_migrations ORDER BY id',
  );
  return { tables: tables.rows, applied: applied.rows.map(({ name }) => name) };
}

beforeEach(async () => {
  test = await createTestDatabase({ migrated: false });
  const migrations = await loadMigrations();
  missing = migrations.pop()?.name ?? '';
  await runMigrations({ url: test.url, log: silentLogger, applicationName: 'earlier version', migrations });
});
afterEach(() => test.close());

describe.each([
  ['a role that opens it', openIt],
  ['db migrate', migrateIt],
])('%s', (_, use) => {
  it('leaves a database of another world as it was', async () => {
    await stampWorld(test.database, OTHERS, systemClock);
    const before = await schema();
    await expect(use()).rejects.toMatchObject({ name: 'ConfigError', code: 'WORLD_MISMATCH' });
    expect(await schema()).toEqual(before);
  });

  it('migrates one that is ours', async () => {
    await stampWorld(test.database, OURS, systemClock);
    await use();
    expect(await schema()).toMatchObject({ applied: expect.arrayContaining([missing]) });
  });
});
