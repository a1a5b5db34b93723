/** The role `database`: runs the embedded PostgreSQL of DATA_DIR when no DATABASE_URL is set. */
import { AppError } from '../../runtime/errors.ts';
import type { StartRole } from '../../runtime/lifecycle.ts';
import { startEmbeddedPostgres } from '../../store/embedded/launcher.ts';

export interface DatabaseRoleConfig {
  readonly DATA_DIR: string;
}

/** Ready when the server accepts connections; rejects `ended` if the server ends by itself. */
export const startDatabaseRole: StartRole<DatabaseRoleConfig> = async ({ config, clock, random, log }) => {
  const server = await startEmbeddedPostgres({ dataDir: config.DATA_DIR, clock, random, log });
  log.info({ pid: server.pid, port: server.port }, 'embedded PostgreSQL accepts connections');
  let stopping = false;
  return {
    stop() {
      stopping = true;
      return server.stop();
    },
    ended: server.ended.then(() => {
      if (!stopping) throw new AppError('DATABASE_ENDED', 'the embedded PostgreSQL ended by itself');
    }),
  };
};
