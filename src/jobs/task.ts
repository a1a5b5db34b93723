/** What a queue task is: its name, its limits, when it runs by itself, and who handles it. */
import { AppError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';

export interface TaskSpec<Payload, Result> {
  /** Stable: it names jobs that wait in the queue, and the history. */
  readonly name: string;
  /** Tasks of one queue share a worker's slots; long work gets a queue of its own. */
  readonly queue: string;
  /** A run is told to end (AbortSignal) after this, and counts as failed soon after. */
  readonly deadlineMs: number;
  /** How often a failing job is tried in all. A periodic task has 1: its next run is the retry. */
  readonly attempts: number;
  /** Wait before the second attempt, doubled for each further one. */
  readonly backoffMs: number;
  /** Runs by itself at this interval; missed runs are not made up for. */
  readonly everyMs: number | undefined;
  /** Ties the spec to its types; never set. */
  readonly types?: { readonly payload: Payload; readonly result: Result };
}

/** A task of any payload. */
export type AnyTask = Omit<TaskSpec<unknown, unknown>, 'types'>;

export interface TaskOptions {
  readonly name: string;
  readonly queue?: string;
  readonly deadlineMs: number;
  readonly attempts?: number;
  readonly backoffMs?: number;
  readonly everyMs?: number;
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * Declares a task. Handlers must be idempotent: a job whose worker died is run again.
 * @throws AppError `TASK_SPEC` when a periodic task may overlap itself or the numbers make no sense.
 */
export function defineTask<Payload = Record<string, never>, Result = unknown>(
  options: TaskOptions,
): TaskSpec<Payload, Result> {
  const { name, queue = 'tasks', deadlineMs, backoffMs = 1_000, everyMs } = options;
  const attempts = options.attempts ?? (everyMs === undefined ? 3 : 1);
  const refuse = (why: string): never => {
    throw new AppError('TASK_SPEC', `task ${name}: ${why}`);
  };
  if (!NAME.test(name) || !NAME.test(queue)) refuse('names are lower-case words with dashes');
  if (!(deadlineMs > 0) || !(attempts >= 1)) refuse('needs a positive deadline and at least one attempt');
  if (everyMs !== undefined && deadlineMs > everyMs) {
    refuse(`its deadline (${deadlineMs} ms) is beyond its interval (${everyMs} ms): runs could overlap`);
  }
  return { name, queue, deadlineMs, attempts, backoffMs, everyMs };
}

export interface TaskRunContext {
  /** Aborted at the deadline, when the job's lock was lost, and when the worker stops. */
  readonly signal: AbortSignal;
  /** Monotonic end in ms UTC: plan work to end before it. */
  readonly deadlineAt: number;
  /** 1 for the first. */
  readonly attempt: number;
  readonly jobId: string;
  readonly log: Logger;
}

/** A task with the function that does it. */
export interface TaskHandler {
  readonly task: TaskSpec<unknown, unknown>;
  readonly run: (payload: unknown, context: TaskRunContext) => Promise<unknown>;
}

/** Binds a handler to its task; the result is a small JSON summary for the history. */
export function handleTask<Payload, Result>(
  task: TaskSpec<Payload, Result>,
  run: (payload: Payload, context: TaskRunContext) => Promise<Result>,
): TaskHandler {
  return {
    task: task as TaskSpec<unknown, unknown>,
    run: (payload, context) => run(payload as Payload, context),
  };
}
