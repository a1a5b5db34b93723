/** One run of one job: deadline, abort, history. */
import type { Clock } from '../runtime/clock.ts';
import { AppError, errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Database } from '../store/database.ts';
import {
  beginTaskRun,
  endTaskRun,
  type TaskOutcome,
  type TaskRunId,
  type TaskRunStart,
} from '../store/task_runs.ts';
import type { TaskHandler } from './task.ts';

export interface TaskRunOptions {
  readonly handler: TaskHandler;
  readonly payload: unknown;
  readonly jobId: string;
  readonly attempt: number;
  readonly worker: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Any of them aborts the run: the worker stops, the job's lock was lost. */
  readonly signals: readonly AbortSignal[];
}

/** A handler that ignores its signal is left behind after this, and its job fails. */
const IGNORED_SIGNAL_MS = 10_000;

/** @throws what the handler throws, or AppError `TASK_DEADLINE`. */
export async function runTask(options: TaskRunOptions): Promise<unknown> {
  const { handler, clock } = options;
  const { name, deadlineMs } = handler.task;
  const startedAt = clock.now();
  const deadlineAt = startedAt + deadlineMs;
  const log = options.log.child({ task: name, jobId: options.jobId });
  const { jobId, attempt, worker } = options;
  const history = new HistoryEntry(options, { task: name, jobId, attempt, worker, startedAt, deadlineAt });
  await history.begin();
  const deadline = new AbortController();
  const late = new AppError('TASK_DEADLINE', `task ${name} did not end within ${deadlineMs} ms`, {
    retryable: true,
  });
  const timer = clock.after(deadlineMs, () => deadline.abort(late), { background: true });
  const signal = AbortSignal.any([deadline.signal, ...options.signals]);
  try {
    const context = { signal, deadlineAt, attempt: options.attempt, jobId: options.jobId, log };
    const result = await Promise.race([handler.run(options.payload, context), leftBehind(signal, clock)]);
    await history.end('succeeded', { result });
    return result;
  } catch (error) {
    const outcome = deadline.signal.aborted ? 'timed_out' : signal.aborted ? 'stopped' : 'failed';
    log.warn({ outcome, error: errorMessage(error) }, 'task failed');
    await history.end(outcome, { error: errorMessage(error).slice(0, 2_000) });
    throw error;
  } finally {
    timer.cancel();
  }
}

/** Rejects some time after the abort, for handlers that do not listen to it. */
function leftBehind(signal: AbortSignal, clock: Clock): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = () => clock.after(IGNORED_SIGNAL_MS, () => reject(signal.reason), { background: true });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** The history must not decide over the job: a database that is away all the time costs the entry, nothing else. */
class HistoryEntry {
  readonly #options: Pick<TaskRunOptions, 'database' | 'clock' | 'log'>;
  readonly #start: TaskRunStart;
  #id: TaskRunId | undefined;

  constructor(options: Pick<TaskRunOptions, 'database' | 'clock' | 'log'>, start: TaskRunStart) {
    this.#options = options;
    this.#start = start;
  }

  async begin(): Promise<void> {
    try {
      this.#id = await beginTaskRun(this.#options.database, this.#start);
    } catch (error) {
      this.#options.log.warn({ error: errorMessage(error) }, 'cannot record the start of a task run yet');
    }
  }

  async end(
    outcome: TaskOutcome,
    what: { readonly result?: unknown; readonly error?: string },
  ): Promise<void> {
    const { database, clock, log } = this.#options;
    const finishedAt = clock.now();
    try {
      this.#id ??= await beginTaskRun(database, this.#start);
      await endTaskRun(database, this.#id, { finishedAt, outcome, ...what });
    } catch (error) {
      log.warn({ error: errorMessage(error) }, 'cannot record the end of a task run');
    }
  }
}
