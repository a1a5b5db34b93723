/** The process manager: `autotrade start`. Wires the supervisor to real processes, files, signals and the terminal. */
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import type { Settings } from '../runtime/config/groups.ts';
import { ConfigError, EXIT_CONFIG, errorMessage } from '../runtime/errors.ts';
import { makeWritableFolder } from '../runtime/folder.ts';
import type { Random } from '../runtime/random.ts';
import { startGuard } from './guard.ts';
import { type LogFile, LogFiles } from './log_file.ts';
import { processLauncher } from './process_launcher.ts';
import { type ManagerInfo, ownIdentity, type RunState, takeLock, writeRunState } from './run_files.ts';
import { statusTable } from './status_table.ts';
import type { ServiceSpec, ServiceStatus } from './supervisor/service.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { VERSION } from './version.ts';
import { webUrl } from './web_url.ts';

export interface ManagerOptions {
  readonly settings: Settings;
  /** First 16 hex digits over the settings in force. */
  readonly settingsHash: string;
  readonly services: readonly ServiceSpec[];
  readonly command: (spec: ServiceSpec) => readonly [string, ...string[]];
  readonly clock: Clock;
  readonly random: Random;
  readonly print: (text: string) => void;
  readonly color: boolean;
  /** Called when a service becomes ready for the first time; a failure is printed, not fatal. */
  readonly onFirstReady?: (service: string) => Promise<void>;
}

const RUN_STATE_EVERY_MS = 1_000;
/** Name of its log. */
const MANAGER = 'process-manager';
const SAME_WISH_MS = 1_000;
/** Services without a manager end within 8 s; the guard kills the rest after 10 s. */
const INHERITED_END_MS = 12_000;
const PORT_POLL_MS = 100;

/** Runs until stopped by a signal or until nothing is left to run; resolves with the exit code. */
export async function runManager(options: ManagerOptions): Promise<number> {
  const { settings, clock } = options;
  const info = managerInfo(options);
  // A terminal that is gone must not end the services; SIGHUP says what is wanted.
  process.stdout.on('error', () => undefined);
  const lock = takeLock(info);
  try {
    makeWritableFolder('LOG_DIR', settings.LOG_DIR);
    await refuseTakenPorts(options, lock.inherited ? INHERITED_END_MS : 0);
  } catch (error) {
    lock.release();
    throw error;
  }
  const guard = startGuard();
  const logs = logFiles(settings);
  const say = sayer(options, logs.of(MANAGER));
  say(`manager ${VERSION}, process ${info.pid}, settings ${options.settingsHash}`);
  let exitCode = 0;
  const ready = new Set<string>();
  const services = () => supervisor.status().map((status) => withLogLoss(status, logs));
  const save = () =>
    saveRunState({ manager: info, writtenAt: clock.now(), services: services(), note: logs.lossOf(MANAGER) });
  const supervisor: Supervisor = new Supervisor({
    services: options.services,
    launch: processLauncher({ command: options.command, logFile: logs.of, guard, clock }),
    clock,
    random: options.random,
    onChange: (status) => {
      announce(status, say);
      save();
      if (status.state !== 'ready' || ready.has(status.name)) return;
      ready.add(status.name);
      options.onFirstReady?.(status.name).catch((error: unknown) => say(errorMessage(error)));
    },
    onNothingLeft: (misconfigured) => {
      exitCode = misconfigured ? EXIT_CONFIG : 1;
      say(`nothing left to run${misconfigured ? `:\n${misconfigured.lastExit}` : ''}`);
      stop('nothing left to run');
    },
  });
  const timers = [
    clock.every(RUN_STATE_EVERY_MS, save),
    clock.every(settings.STATUS_INTERVAL_SECONDS * 1_000, () =>
      options.print(`\n${statusTable(services(), { now: clock.now(), color: options.color })}\n`),
    ),
  ];
  let stop: (reason: string) => void = () => undefined;
  const stopped = new Promise<void>((done) => {
    stop = (reason) => {
      say(`stopping: ${reason}`);
      void supervisor.stop().then(done);
    };
  });
  const unlisten = listenSignals(clock, stop, () => supervisor.kill());
  supervisor.start();
  save();
  await stopped;
  for (const timer of timers) timer.cancel();
  unlisten();
  save();
  guard.close();
  lock.release();
  say('stopped');
  return exitCode;
}

function managerInfo({ settings, clock }: ManagerOptions): ManagerInfo {
  return {
    ...ownIdentity(),
    startedAt: clock.now(),
    version: VERSION,
    network: settings.NETWORK,
    url: webUrl(settings),
    dataDir: resolve(settings.DATA_DIR),
    logDir: resolve(settings.LOG_DIR),
  };
}

const logFiles = (settings: Settings): LogFiles =>
  new LogFiles({
    folder: settings.LOG_DIR,
    maxBytes: settings.LOG_FILE_MEGABYTES * 1_048_576,
    keep: settings.LOG_KEEP_FILES,
  });

/** A service works without its log, so that something is missing there must be said beside it. */
function withLogLoss(status: ServiceStatus, logs: LogFiles): ServiceStatus {
  const note = [status.note, logs.lossOf(status.name)].filter((part) => part !== '').join('; ');
  return { ...status, note };
}

/** Prints a line and keeps it in logs/process-manager.log. */
function sayer({ clock, print }: ManagerOptions, file: LogFile): (text: string) => void {
  return (text) => {
    const time = new Date(clock.now()).toISOString();
    file.write(`${time} ${text}\n`);
    print(`${time.slice(11, 19)}  ${text}`);
  };
}

function announce(status: ServiceStatus, say: (text: string) => void): void {
  const { name, state, note, pid } = status;
  if (state === 'waiting') return;
  say(`${name} ${state}${state === 'starting' ? ` (process ${pid})` : ''}${note === '' ? '' : `: ${note}`}`);
}

/** services.json is for readers; a disk that refuses it must not stop the services. */
function saveRunState(state: RunState): void {
  try {
    writeRunState(state.manager.dataDir, state);
  } catch {
    // The next second tries again; readers see the age.
  }
}

/**
 * First signal: stop in order. A later one: kill. One Ctrl-C may arrive twice, from the terminal and from npm, so what
 * follows at once is the same wish.
 */
function listenSignals(clock: Clock, stop: (reason: string) => void, kill: () => void): () => void {
  let askedAt: number | undefined;
  const listeners = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const listener = () => {
      if (askedAt === undefined) {
        askedAt = clock.monotonic();
        stop(signal);
      } else if (clock.monotonic() - askedAt > SAME_WISH_MS) kill();
    };
    process.on(signal, listener);
    return () => void process.off(signal, listener);
  });
  return () => {
    for (const remove of listeners) remove();
  };
}

/**
 * A port that another program holds would show as a crash loop; better said before anything starts. Who holds it may be
 * a service of a manager that was killed: that one lets go within `patienceMs`.
 */
async function refuseTakenPorts(options: ManagerOptions, patienceMs: number): Promise<void> {
  const { settings, services, clock, print } = options;
  const deadline = clock.monotonic() + patienceMs;
  for (const place of listenedOn(settings, services)) {
    let problem = await listenProblem(place);
    if (problem?.code === 'PORT_TAKEN' && patienceMs > 0)
      print(`Port ${place.port} is in use: waiting for what an earlier run left behind to end.`);
    while (problem?.code === 'PORT_TAKEN' && clock.monotonic() < deadline) {
      await clock.sleep(PORT_POLL_MS);
      problem = await listenProblem(place);
    }
    if (problem !== undefined) throw problem;
  }
}

export interface ListenedOn {
  /** The setting that holds the port. */
  readonly setting: string;
  readonly host: string;
  readonly port: number;
}

/** Where the roles of these services listen. */
export function listenedOn(
  settings: Pick<Settings, 'HOST' | 'PORT' | 'SIMULATOR_PORT' | 'SIMULATOR_CONTROL_PORT'>,
  services: readonly ServiceSpec[],
): ListenedOn[] {
  const roles = new Set(services.map(({ role }) => role));
  const places: ListenedOn[] = [];
  if (roles.has('api')) places.push({ setting: 'PORT', host: settings.HOST, port: settings.PORT });
  if (roles.has('simulator'))
    places.push({ setting: 'SIMULATOR_PORT', host: '127.0.0.1', port: settings.SIMULATOR_PORT });
  if (roles.has('simulator') && settings.SIMULATOR_CONTROL_PORT !== 0)
    places.push({
      setting: 'SIMULATOR_CONTROL_PORT',
      host: '127.0.0.1',
      port: settings.SIMULATOR_CONTROL_PORT,
    });
  return places;
}

/** Why nothing can listen there and what to change, or undefined when something can. */
export async function listenProblem({ setting, host, port }: ListenedOn): Promise<ConfigError | undefined> {
  const problem = await portProblem(host, port);
  if (problem === undefined) return undefined;
  if (problem === 'EADDRINUSE')
    return new ConfigError(
      'PORT_TAKEN',
      `Port ${port} is in use by another program. Stop that program, or set ${setting} to another number in .env.`,
    );
  const change = setting === 'PORT' ? 'HOST or PORT' : setting;
  return new ConfigError('PORT_REFUSED', `Cannot listen on ${host}:${port} (${problem}). Change ${change}.`);
}

/** The error code of listening there, or undefined when it works. */
function portProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}
