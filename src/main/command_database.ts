/** A short connection to the database for a command that runs and ends. */
import type { Settings } from '../runtime/config/groups.ts';
import { silentLogger } from '../runtime/log.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { resolveDatabaseUrl } from '../store/embedded/home.ts';

/** @throws ConfigError when there is neither DATABASE_URL nor a started embedded database. */
export async function withDatabase<T>(
  settings: Pick<Settings<'base' | 'storage'>, 'DATABASE_URL' | 'DATA_DIR'>,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const url = await resolveDatabaseUrl({ databaseUrl: settings.DATABASE_URL, dataDir: settings.DATA_DIR });
  const database = openDatabase({
    url,
    log: silentLogger,
    applicationName: 'autotrade command',
    maxConnections: 1,
    connectTimeoutMs: 5_000,
  });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}
