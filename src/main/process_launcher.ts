/** Real children for the supervisor: each in a process group of its own, its output in its log file. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../runtime/clock.ts';
import { childEnvironment } from '../runtime/config/environment.ts';
import { parseChildMessage } from './child_protocol.ts';
import type { Guard } from './guard.ts';
import type { LogFile } from './log_file.ts';
import type { ServiceSpec } from './supervisor/service.ts';
import type { Child, ChildEvents, Launch } from './supervisor/supervisor.ts';

export interface LauncherOptions {
  /** Program and arguments for a service. */
  readonly command: (spec: ServiceSpec) => readonly [string, ...string[]];
  readonly logFile: (service: string) => LogFile;
  readonly guard: Guard;
  readonly clock: Clock;
}

/** Output may be held open by a grandchild after the end: wait this long for the rest of it. */
const OUTPUT_GRACE_MS = 250;
const LAST_WORDS_BYTES = 2_000;

export function processLauncher(options: LauncherOptions): Launch {
  return (spec, restarts, events) => launch(options, spec, restarts, events);
}

function launch(options: LauncherOptions, spec: ServiceSpec, restarts: number, events: ChildEvents): Child {
  const [program, ...args] = options.command(spec);
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: childEnvironment({ AUTOTRADE_RESTARTS: String(restarts), AUTOTRADE_MANAGED: '1' }),
  });
  const { pid } = child;
  if (pid !== undefined) options.guard.add(pid);
  const lastWords = captureOutput(child, options.logFile(spec.name));
  let fatal: string | undefined;
  child.on('message', (value) => {
    const message = parseChildMessage(value);
    if (message?.type === 'ready') events.ready();
    else if (message?.type === 'status') events.report(message);
    else if (message?.type === 'waiting') events.waiting(message.message);
    else if (message?.type === 'fatal') fatal = message.message;
  });
  child.on('error', (error) => {
    if (pid === undefined) events.ended({ code: null, signal: null, reason: error.message });
  });
  child.once('exit', (code, signal) => {
    if (pid !== undefined) signalGroup(pid, 'SIGKILL');
    afterOutput(child, options.clock, () => {
      if (pid !== undefined) options.guard.remove(pid);
      const reason = fatal ?? (code === 0 ? undefined : lastWords());
      events.ended({ code, signal, reason });
    });
  });
  return {
    pid: pid ?? 0,
    signal(name) {
      if (pid !== undefined && child.exitCode === null && child.signalCode === null) signalGroup(pid, name);
    },
  };
}

/** Writes the child's output to its log; returns a reader of the last line of its standard error. */
function captureOutput(child: ChildProcess, log: LogFile): () => string | undefined {
  let tail = '';
  child.stdout?.on('data', (chunk: Buffer) => log.write(chunk));
  child.stderr?.on('data', (chunk: Buffer) => {
    log.write(chunk);
    tail = (tail + chunk.toString('utf8')).slice(-LAST_WORDS_BYTES);
  });
  return () => {
    const lines = tail.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
    // A stack trace ends with Node's version; the error itself is the line that names it.
    return lines.findLast((line) => /\b(Error|error)\b/.test(line)) ?? lines.at(-1);
  };
}

function afterOutput(child: ChildProcess, clock: Clock, done: () => void): void {
  let called = false;
  const once = () => {
    if (called) return;
    called = true;
    timer.cancel();
    done();
  };
  const timer = clock.after(OUTPUT_GRACE_MS, once);
  child.once('close', once);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group is gone already.
  }
}
