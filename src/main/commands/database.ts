import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { migrateQueue } from '../../jobs/connection.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Settings } from '../../runtime/config/groups.ts';
import { loadSettings } from '../../runtime/config/load.ts';
import { ConfigError } from '../../runtime/errors.ts';
import { silentLogger } from '../../runtime/log.ts';
import { databaseHome, deleteHome, resolveDatabaseUrl } from '../../store/embedded/home.ts';
import { runMigrations } from '../../store/migrate.ts';
import { refuseOtherWorld, stampWorld } from '../../store/world.ts';
import { withDatabase } from '../command_database.ts';
import { runningManager } from '../run_files.ts';
import { worldOf } from '../store.ts';
import type { Command, CommandInput } from './command.ts';

export const migrateCommand: Command = {
  name: 'db migrate',
  usage: '[--application-role NAME]',
  summary: 'bring the database to the schema of this version',
  help: [
    'Safe to run at any time and more than once. In production, run it as the role that owns the schema before',
    'starting the new version.',
    '',
    '  --application-role   grant this database role what the services need, and no more',
  ].join('\n'),
  options: { 'application-role': { type: 'string' } },
  words: { min: 0, max: 0 },
  async run({ source, options, print }) {
    const { settings } = loadSettings(source, ['storage', 'simulator']);
    const role = options['application-role'];
    const url = await resolveDatabaseUrl({ databaseUrl: settings.DATABASE_URL, dataDir: settings.DATA_DIR });
    // The queue's tables are the first that change.
    await withDatabase(settings, (database) => refuseOtherWorld(database, worldOf(settings)));
    if (settings.REDIS_URL === undefined) {
      await migrateQueue({ databaseUrl: url, clock: systemClock, log: silentLogger });
    }
    const report = await runMigrations({
      url,
      log: silentLogger,
      applicationName: 'autotrade db migrate',
      ...(typeof role === 'string' ? { applicationRole: role } : {}),
    });
    const world = await withDatabase(settings, (database) =>
      stampWorld(database, worldOf(settings), systemClock),
    );
    for (const name of report.applied) print(`applied ${name}`);
    print(
      `The database has all ${report.total} migrations; network ${world.network}, world ${world.worldId}.`,
    );
    return 0;
  },
};

/** Destroying data needs the name of the network, so that the right one is meant. */
function refuseUnconfirmed(settings: Settings<'base'>, { options }: CommandInput, what: string): void {
  const manager = runningManager(settings.DATA_DIR);
  if (manager)
    throw new ConfigError('STILL_RUNNING', `Process ${manager.pid} is running. First: autotrade stop`);
  if (options['confirm'] === settings.NETWORK) return;
  throw new ConfigError(
    'NOT_CONFIRMED',
    `This deletes ${what}, for ever. To do it, add: --confirm ${settings.NETWORK}`,
  );
}

export const databaseResetCommand: Command = {
  name: 'db reset',
  usage: '--confirm <network>',
  summary: 'delete the embedded database',
  help: 'Deletes the database of DATA_DIR; the next start makes a new one. Refuses while services run.',
  options: { confirm: { type: 'string' } },
  words: { min: 0, max: 0 },
  async run(input) {
    const { settings } = loadSettings(input.source, ['storage']);
    if (settings.DATABASE_URL !== undefined)
      throw new ConfigError(
        'DATABASE_EXTERNAL',
        'DATABASE_URL is set: drop and create that database with its own tools, then run autotrade db migrate',
      );
    const home = databaseHome(settings.DATA_DIR);
    refuseUnconfirmed(settings, input, home);
    for (const folder of await deleteHome(home)) input.print(`Deleted ${folder}.`);
    return 0;
  },
};

export const resetCommand: Command = {
  name: 'reset',
  usage: '--confirm <network>',
  summary: 'delete everything of this network: database, keys, run files',
  help: 'Deletes DATA_DIR. Logs and .env stay. An external database is not touched. Refuses while services run.',
  options: { confirm: { type: 'string' } },
  words: { min: 0, max: 0 },
  async run(input) {
    const { settings } = loadSettings(input.source, []);
    const folder = resolve(settings.DATA_DIR);
    refuseUnconfirmed(settings, input, folder);
    // The database may lie elsewhere, and only a file of its home says where.
    const gone = await deleteHome(databaseHome(folder));
    rmSync(folder, { recursive: true, force: true });
    for (const one of [...gone, folder]) input.print(`Deleted ${one}.`);
    return 0;
  },
};
