/** Runs one role in this process: context, signals, the channel to the process manager, exit codes. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { isManaged, restartCount, type Source } from '../runtime/config/environment.ts';
import { loadSettings } from '../runtime/config/load.ts';
import { ConfigError, EXIT_CONFIG, errorMessage } from '../runtime/errors.ts';
import type { RunningRole } from '../runtime/lifecycle.ts';
import { createLogger, type Logger } from '../runtime/log.ts';
import { systemRandom } from '../runtime/random.ts';
import type { ChildMessage } from './child_protocol.ts';
import type { Role } from './roles.ts';

const REPORT_EVERY_MS = 2_000;
/** After this long a stop is given up and the process ends anyway; shorter than the guard's patience. */
const STOP_LIMIT_MS = 8_000;
const LAG_RESOLUTION_MS = 20;
const SAME_WISH_MS = 1_000;

/** Sends to the manager, if there is one; a manager that has just gone is not an error here. */
function tell(message: ChildMessage): void {
  if (process.connected && process.send) process.send(message, undefined, undefined, () => undefined);
}

/**
 * Runs the role until it is told to stop or fails.
 * @returns the exit code: 0 after a stop, 78 when a setting is wrong, 1 for any other failure.
 */
export async function runService(role: Role, instance: string | undefined, source: Source): Promise<number> {
  const name = instance === undefined ? role.name : `${role.name}@${instance}`;
  let log: Logger | undefined;
  try {
    const { settings } = loadSettings(source, role.groups);
    log = createLogger({ service: name, level: settings.LOG_LEVEL });
    // A log that nobody reads any more (the manager died) must not end us before we have stopped properly.
    process.stdout.on('error', () => undefined);
    const start = await role.load();
    const stop = stopRequest();
    const context = {
      config: settings,
      clock: systemClock,
      random: systemRandom,
      log,
      instance: name,
      restarts: restartCount(),
      waiting: (message: string) => tell({ type: 'waiting', message }),
    };
    const running = await startOrStop(start(context as Parameters<typeof start>[0]), stop.requested);
    if (running === undefined) return 0;
    log.info({ restarts: context.restarts }, 'ready');
    tell({ type: 'ready' });
    return await serve(running, stop, log, systemClock);
  } catch (error) {
    return reportFailure(error, log);
  }
}

interface StopRequest {
  /** Resolves with the reason. */
  readonly requested: Promise<string>;
}

/** A signal, or the loss of the manager. A second signal ends the process at once, unless it is the same Ctrl-C. */
function stopRequest(): StopRequest {
  const requested = new Promise<string>((resolve) => {
    let askedAt: number | undefined;
    const ask = (reason: string) => {
      const now = systemClock.monotonic();
      if (askedAt !== undefined) {
        if (reason.startsWith('SIG') && now - askedAt > SAME_WISH_MS) process.exit(1);
        return;
      }
      askedAt = now;
      // Whatever hangs from here on, the process ends.
      systemClock.after(STOP_LIMIT_MS, () => process.exit(1), { background: true });
      resolve(reason);
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => ask(signal));
    if (process.send) process.on('disconnect', () => ask('process manager gone'));
  });
  return { requested };
}

/** Waits for the start; a stop during it ends the process without waiting, since nothing was promised yet. */
async function startOrStop(
  starting: Promise<RunningRole>,
  stop: Promise<string>,
): Promise<RunningRole | undefined> {
  const first = await Promise.race([starting, stop]);
  if (typeof first !== 'string') return first;
  const running = await Promise.race([
    starting.catch(() => undefined),
    systemClock.sleep(STOP_LIMIT_MS / 2).then(() => undefined),
  ]);
  await running?.stop();
  return undefined;
}

async function serve(running: RunningRole, stop: StopRequest, log: Logger, clock: Clock): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  const report = () => {
    const worst = delay.max / 1e6 - LAG_RESOLUTION_MS;
    delay.reset();
    tell({
      type: 'status',
      rssBytes: process.memoryUsage.rss(),
      eventLoopLagMs: Number.isFinite(worst) ? Math.max(0, Math.round(worst)) : 0,
      detail: statusLine(running),
    });
  };
  report();
  const timer = clock.every(REPORT_EVERY_MS, report, { background: true });
  const keepAlive = clock.every(60_000, () => undefined);
  try {
    const ended = (running.ended ?? new Promise<never>(() => undefined)).then(() => 'the role ended');
    const reason = await Promise.race([stop.requested, ended]);
    log.info({ reason }, 'stopping');
    await running.stop();
    log.info('stopped');
    return reason === 'the role ended' ? 1 : 0;
  } catch (error) {
    await running.stop().catch(() => undefined);
    throw error;
  } finally {
    timer.cancel();
    keepAlive.cancel();
    delay.disable();
  }
}

function statusLine(running: RunningRole): string | undefined {
  const status = running.status?.();
  const message = status?.detail?.['message'];
  return typeof message === 'string' ? message : status?.state;
}

/** Says why, to the log, the manager and, when alone, the terminal. */
function reportFailure(error: unknown, log: Logger | undefined): number {
  const isConfig = error instanceof ConfigError;
  const message = errorMessage(error);
  tell({ type: 'fatal', message });
  if (log) log.fatal({ err: error }, message);
  if (isConfig && !isManaged()) console.error(message);
  else if (!log) console.error(error);
  return isConfig ? EXIT_CONFIG : 1;
}
