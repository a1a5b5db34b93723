/** Role `database`: runs the embedded PostgreSQL of DATA_DIR when no DATABASE_URL is set. */
import { AppError, ConfigError, errorMessage } from '../../runtime/errors.ts';
import type { RoleContext, RunningRole } from '../../runtime/lifecycle.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../store/embedded/launcher.ts';
import type { ServiceContext } from '../service_context.ts';

export interface DatabaseRoleConfig {
  readonly DATA_DIR: string;
}

type DatabaseRoleContext = RoleContext<DatabaseRoleConfig> &
  Pick<ServiceContext<DatabaseRoleConfig>, 'waiting'>;

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 10_000;

interface Attempts {
  readonly signal: AbortSignal;
  /** Whether another attempt may succeed where nobody has mended anything. */
  readonly mayPass: (error: unknown) => boolean;
  /** Why there is no server at the moment. */
  readonly away: (reason: string) => void;
}

/**
 * Ready when the server accepts connections. One that does not start at first ends this process: the process manager
 * counts that, and shows why. One that has served and ends by itself (a full disk, the kernel's memory killer) is
 * started again here, for as long as it takes: giving up would take every other role down with it.
 */
export async function startDatabaseRole(context: DatabaseRoleContext): Promise<RunningRole> {
  const { clock, log } = context;
  const stop = new AbortController();
  const { signal } = stop;
  let server = await launch(context, { signal, mayPass: isRetryable, away: (why) => context.waiting?.(why) });
  let reason: string | undefined;
  const away = (why: string) => {
    reason = why;
  };
  const guarding = (async () => {
    for (;;) {
      await server.ended;
      if (signal.aborted) return;
      away('the embedded PostgreSQL ended by itself and is started again');
      log.error('the embedded PostgreSQL ended by itself; starting it again');
      await server.stop();
      await clock.sleep(RETRY_FIRST_MS, signal);
      server = await launch(context, { signal, mayPass: (error) => !(error instanceof ConfigError), away });
      reason = undefined;
    }
  })();
  const ended = guarding.catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return {
    ended,
    status: () => (reason === undefined ? {} : { state: 'degraded', detail: { message: reason } }),
    async stop() {
      stop.abort(new Error('the role stops'));
      await server.stop();
      await ended;
      // It may have been launched anew while the stop came.
      await server.stop();
    },
  };
}

const isRetryable = (error: unknown): boolean => error instanceof AppError && error.retryable;

/** @throws what may not pass, and the signal's reason; anything else is tried again. */
async function launch(context: DatabaseRoleContext, attempts: Attempts): Promise<EmbeddedPostgres> {
  const { config, clock, random, log } = context;
  const { signal, away } = attempts;
  for (let wait = RETRY_FIRST_MS; ; wait = Math.min(RETRY_MOST_MS, wait * 2)) {
    signal.throwIfAborted();
    try {
      const server = await startEmbeddedPostgres({
        dataDir: config.DATA_DIR,
        clock,
        random,
        log,
        waiting: away,
      });
      log.info({ pid: server.pid, port: server.port }, 'embedded PostgreSQL accepts connections');
      return server;
    } catch (error) {
      if (!attempts.mayPass(error)) throw error;
      away(`the embedded PostgreSQL does not start: ${errorMessage(error)}`);
      log.error({ error: errorMessage(error), retryInMs: wait }, 'the embedded PostgreSQL does not start');
    }
    await clock.sleep(wait, signal);
  }
}
