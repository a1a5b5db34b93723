/**
 * Forward-only migrations: `migrations/NNNN_name.sql`, each in one transaction, recorded with its checksum.
 *
 * Rooms own number ranges, so a lower number may arrive after a higher one: what counts is that every file is
 * applied exactly once, in the order of numbers among those still missing. The files lie beside this module, in
 * the source tree and, copied by the build, beside the bundle.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { ConfigError } from '../runtime/errors.ts';
import { clientConfig, type DatabaseOptions, type Queryable } from './database.ts';
import { StoreError, storeError } from './errors.ts';
import { refuseOtherWorld, type WorldId } from './world.ts';

export interface Migration {
  /** 1..9999, the file name's first four digits. */
  readonly id: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file in hex. */
  readonly checksum: string;
}

export interface MigrationReport {
  /** File names applied by this call, in order. */
  readonly applied: readonly string[];
  /** Migrations in place after the call. */
  readonly total: number;
}

export interface MigrateOptions extends DatabaseOptions {
  /** Default: the files that belong to this build. */
  readonly migrations?: readonly Migration[];
  /** A second database role, that may read and write but not change the schema; granted what it needs. */
  readonly applicationRole?: string;
  /** Whose database it must be, if it is anybody's. Default: anybody's. */
  readonly world?: WorldId;
}

/** Any constant: one migrator at a time per database. */
const MIGRATION_LOCK = 7_041_776_001;
/** Ours, and the queue's where it lives in PostgreSQL. */
const GRANTED_SCHEMAS = ['public', 'bullmq'];
const FILE = /^(\d{4})_([a-z0-9_]+)\.sql$/;
const ROLE = /^[a-z_][a-z0-9_]{0,62}$/;

/** @throws ConfigError `MIGRATIONS_MISSING` / `MIGRATIONS_INVALID`. */
export async function loadMigrations(
  directory = new URL('./migrations/', import.meta.url),
): Promise<Migration[]> {
  let names: string[];
  try {
    names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  } catch (error) {
    throw new ConfigError(
      'MIGRATIONS_MISSING',
      `cannot read the migrations in ${directory.pathname}; build again`,
      {
        cause: error,
      },
    );
  }
  const seen = new Map<number, string>();
  return Promise.all(
    names.map(async (name) => {
      const id = Number(FILE.exec(name)?.[1] ?? 0);
      const twin = seen.get(id);
      if (id === 0)
        throw new ConfigError('MIGRATIONS_INVALID', `${name}: a migration is named NNNN_name.sql`);
      if (twin !== undefined)
        throw new ConfigError('MIGRATIONS_INVALID', `${name} and ${twin} have one number`);
      seen.set(id, name);
      const sql = await readFile(new URL(name, directory), 'utf8');
      return { id, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings the database to this build's schema. Safe when several processes call it at once: one works, the
 * others wait and find it done.
 * @throws ConfigError `MIGRATION_DOWNGRADE` when the database is newer than this build, `MIGRATION_CHANGED` when an
 *   applied file was edited, `WORLD_MISMATCH` when it belongs to another world (nothing is changed then); StoreError
 *   when a statement fails (that migration is rolled back whole).
 */
export async function runMigrations(options: MigrateOptions): Promise<MigrationReport> {
  const migrations = options.migrations ?? (await loadMigrations());
  // Building an index may take long: no statement limit, and the wait for the lock is the other migrator's work.
  const client = new pg.Client({ ...clientConfig(options), statement_timeout: 0, query_timeout: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    if (options.world !== undefined) await refuseOtherWorld(queryable(client), options.world);
    const applied = await applyMissing(client, migrations);
    if (options.applicationRole !== undefined) await grant(client, options.applicationRole);
    return { applied, total: migrations.length };
  } catch (error) {
    throw explain(storeError(error));
  } finally {
    await client.end().catch(() => undefined);
  }
}

const queryable = (client: pg.Client): Queryable => ({
  async query<Row>(text: string) {
    const { rows } = await client.query(text);
    return { rows: rows as Row[], rowCount: rows.length };
  },
});

/** The application role of production may not change the schema: somebody must have migrated before. */
function explain(error: unknown): unknown {
  if (!(error instanceof StoreError) || error.code !== 'STORE_PERMISSION' || error.sqlState !== '42501')
    return error;
  return new ConfigError(
    'MIGRATIONS_PENDING',
    'the database lacks migrations of this version and this role may not apply them: ' +
      'run `autotrade db migrate` with the DATABASE_URL of the migrator role first.',
    { cause: error },
  );
}

async function applyMissing(client: pg.Client, migrations: readonly Migration[]): Promise<string[]> {
  const before = await appliedMigrations(client);
  refuseUnknown(before, migrations);
  if (migrations.every((migration) => before.has(migration.id))) return [];
  await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
    id int4 PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at int8 NOT NULL)`);
  // Another process may have worked while this one waited.
  const done = await appliedMigrations(client);
  refuseUnknown(done, migrations);
  const applied: string[] = [];
  for (const migration of migrations) {
    if (done.has(migration.id)) continue;
    await applyOne(client, migration);
    applied.push(migration.name);
  }
  return applied;
}

interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
}

async function appliedMigrations(client: pg.Client): Promise<Map<number, AppliedMigration>> {
  const table = await client.query<{ name: string | null }>(
    "SELECT to_regclass('public.schema_migrations') AS name",
  );
  if (table.rows[0]?.name == null) return new Map();
  const { rows } = await client.query<{ id: number; name: string; checksum: string }>(
    'SELECT id, name, checksum FROM schema_migrations ORDER BY id',
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function refuseUnknown(done: ReadonlyMap<number, AppliedMigration>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.id, migration]));
  for (const [id, row] of done) {
    const own = known.get(id);
    if (own === undefined) {
      throw new ConfigError(
        'MIGRATION_DOWNGRADE',
        `the database has migration ${row.name}, which this version does not know: it was used by a newer version. ` +
          'Start that version, or restore a backup made before it.',
      );
    }
    if (own.checksum !== row.checksum) {
      throw new ConfigError(
        'MIGRATION_CHANGED',
        `migration ${own.name} differs from the one applied to this database (as ${row.name}). ` +
          'Applied migrations are never edited: add a new one.',
      );
    }
  }
}

async function applyOne(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO schema_migrations (id, name, checksum, applied_at)
       VALUES ($1, $2, $3, (extract(epoch FROM clock_timestamp()) * 1000)::int8)`,
      [migration.id, migration.name, migration.checksum],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    const typed = storeError(error);
    if (!(typed instanceof StoreError)) throw typed;
    throw new StoreError(typed.code, `migration ${migration.name}: ${typed.message}`, {
      cause: error,
      retryable: typed.retryable,
      sqlState: typed.sqlState,
    });
  }
}

/** What the application role needs and no more: rows and functions, not the schema. */
async function grant(client: pg.Client, role: string): Promise<void> {
  if (!ROLE.test(role)) {
    throw new ConfigError(
      'APPLICATION_ROLE',
      `not a database role name (lower case, digits, _): ${role.slice(0, 80)}`,
    );
  }
  const name = `"${role}"`;
  const { rows } = await client.query<{ schema: string }>(
    'SELECT nspname AS schema FROM pg_namespace WHERE nspname = ANY ($1)',
    [GRANTED_SCHEMAS],
  );
  for (const { schema } of rows) {
    await client.query(`
      GRANT USAGE ON SCHEMA ${schema} TO ${name};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${name};
      GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${name};
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} TO ${name};
    `);
  }
  await client.query(`
    REVOKE INSERT, UPDATE, DELETE ON schema_migrations, partitioned_tables FROM ${name};
  `);
}
