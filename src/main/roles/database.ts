/** Role `database`: runs the embedded PostgreSQL of DATA_DIR when no DATABASE_URL is set. */
import { ConfigError, errorMessage } from '../../runtime/errors.ts';
import type { RoleContext, StartRole } from '../../runtime/lifecycle.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../store/embedded/launcher.ts';

export interface DatabaseRoleConfig {
  readonly DATA_DIR: string;
}

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 10_000;

/**
 * Ready when the server accepts connections. A server that ends by itself (a full disk, the kernel's memory killer)
 * is started again here, for as long as it takes: giving up would take every other role down with it.
 */
export const startDatabaseRole: StartRole<DatabaseRoleConfig> = async (context) => {
  const { clock, log } = context;
  const stop = new AbortController();
  let server = await launch(context, stop.signal);
  const guarding = (async () => {
    for (;;) {
      await server.ended;
      if (stop.signal.aborted) return;
      log.error('the embedded PostgreSQL ended by itself; starting it again');
      await server.stop();
      await clock.sleep(RETRY_FIRST_MS, stop.signal);
      server = await launch(context, stop.signal);
    }
  })();
  const ended = guarding.catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return {
    ended,
    async stop() {
      stop.abort(new Error('the role stops'));
      await server.stop();
      await ended;
      // It may have been launched anew while the stop came.
      await server.stop();
    },
  };
};

/** @throws ConfigError, and the signal's reason; anything else is tried again. */
async function launch(
  context: RoleContext<DatabaseRoleConfig>,
  signal: AbortSignal,
): Promise<EmbeddedPostgres> {
  const { config, clock, random, log } = context;
  for (let wait = RETRY_FIRST_MS; ; wait = Math.min(RETRY_MOST_MS, wait * 2)) {
    signal.throwIfAborted();
    try {
      const server = await startEmbeddedPostgres({ dataDir: config.DATA_DIR, clock, random, log });
      log.info({ pid: server.pid, port: server.port }, 'embedded PostgreSQL accepts connections');
      return server;
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      log.error({ error: errorMessage(error), retryInMs: wait }, 'the embedded PostgreSQL does not start');
    }
    await clock.sleep(wait, signal);
  }
}
