/**
 * The queue as the rest of the program sees it: enqueue, schedule, run.
 *
 * On PostgreSQL the workers of an installation are one process (BullMQ's PostgreSQL backend deadlocks under
 * several), and nothing here ever moves an active job back to delayed; on Redis any number of machines work.
 */
import type { Job, Queue, Worker } from 'bullmq';
import type { Clock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Database } from '../store/database.ts';
import { openQueueConnection, type QueueConnection, type QueueConnectionOptions } from './connection.ts';
import { runTask, type TaskRunOptions } from './run_task.ts';
import type { AnyTask, TaskHandler, TaskSpec } from './task.ts';
import { UntilClosed } from './until_closed.ts';

export interface EnqueueOptions {
  /** Not before this many ms from now. */
  readonly delayMs?: number;
  /** A job of this id that waits or runs is not added again. No colon. */
  readonly id?: string;
  /** 1 is most urgent; absent is before all numbers. */
  readonly priority?: number;
}

export interface QueueCounts {
  readonly queue: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
}

export interface WorkerOptions {
  readonly handlers: readonly TaskHandler[];
  /** Jobs at a time in each queue. */
  readonly concurrency: number;
  /** Who works, in the history: instance and host. */
  readonly name: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** A worker that is silent this long is dead and its jobs are run again; default 15,000 ms. */
  readonly lockMs?: number;
}

export interface RunningWorker {
  /** Stops taking jobs, aborts those that run, waits for them (up to `graceMs`, default 8,000 ms). */
  stop(graceMs?: number): Promise<void>;
}

/** What is asked while the queue closes, or later, is rejected with AppError `QUEUE_CLOSED`. */
export interface Jobs {
  readonly kind: 'postgres' | 'redis';
  /** Returns the job's id. */
  enqueue<Payload>(
    task: TaskSpec<Payload, unknown>,
    payload: Payload,
    options?: EnqueueOptions,
  ): Promise<string>;
  /**
   * Makes the periodic tasks run by themselves, and ends schedules that are no longer among them. Any number of
   * schedulers may say the same.
   */
  registerSchedules(tasks: readonly AnyTask[]): Promise<void>;
  runWorker(options: WorkerOptions): Promise<RunningWorker>;
  counts(queues: readonly string[]): Promise<QueueCounts[]>;
  close(): Promise<void>;
}

export async function openJobs(options: QueueConnectionOptions): Promise<Jobs> {
  return new BullJobs(await openQueueConnection(options), options.log);
}

/** Finished jobs are kept for the queue's own view only; the history is in task_runs. */
const KEEP = { removeOnComplete: { count: 200 }, removeOnFail: { count: 500 } };

class BullJobs implements Jobs {
  readonly kind: 'postgres' | 'redis';
  readonly #connection: QueueConnection;
  readonly #log: Logger;
  readonly #untilClosed = new UntilClosed();
  readonly #queues = new Map<string, Promise<Queue>>();
  readonly #open = new Set<Queue>();

  constructor(connection: QueueConnection, log: Logger) {
    this.kind = connection.kind;
    this.#connection = connection;
    this.#log = log;
  }

  enqueue<Payload>(
    task: TaskSpec<Payload, unknown>,
    payload: Payload,
    options: EnqueueOptions = {},
  ): Promise<string> {
    return this.#untilClosed.run(async () => {
      const queue = await this.#queue(task.queue);
      const job = await queue.add(task.name, payload, {
        ...jobOptions(task),
        ...(options.delayMs === undefined ? {} : { delay: options.delayMs }),
        ...(options.id === undefined ? {} : { deduplication: { id: options.id } }),
        ...(options.priority === undefined ? {} : { priority: options.priority }),
      });
      return job.id ?? '';
    });
  }

  registerSchedules(tasks: readonly AnyTask[]): Promise<void> {
    // The inner one too: the connection that holds the lock is given back only when the work ends.
    const set = () => this.#untilClosed.run(() => this.#setSchedules(tasks));
    return this.#untilClosed.run(() => this.#connection.exclusively(set));
  }

  async #setSchedules(tasks: readonly AnyTask[]): Promise<void> {
    for (const queueName of new Set(tasks.map((task) => task.queue))) {
      const queue = await this.#queue(queueName);
      const wanted = new Map(
        tasks
          .filter((task) => task.queue === queueName && task.everyMs !== undefined)
          .map((task) => [task.name, task]),
      );
      for (const scheduler of await queue.getJobSchedulers(0, -1)) {
        const task = wanted.get(scheduler.key);
        if (task === undefined) await queue.removeJobScheduler(scheduler.key);
        // One that stands as wanted is left alone: to set it again would move its next run.
        else if (Number(scheduler.every) === task.everyMs) wanted.delete(task.name);
      }
      for (const task of wanted.values()) {
        const template = { name: task.name, data: {}, opts: jobOptions(task) };
        await queue.upsertJobScheduler(task.name, { every: task.everyMs ?? 0 }, template);
      }
    }
  }

  runWorker(options: WorkerOptions): Promise<RunningWorker> {
    return this.#untilClosed.run(() => this.#startWorker(options));
  }

  async #startWorker(options: WorkerOptions): Promise<RunningWorker> {
    const abort = new AbortController();
    const queues = [...new Set(options.handlers.map((handler) => handler.task.queue))];
    const lockMs = options.lockMs ?? 15_000;
    const workers = queues.map((queue) => {
      const handlers = options.handlers.filter((handler) => handler.task.queue === queue);
      const worker = this.#connection.worker(queue, processorOf(handlers, options, abort.signal), {
        concurrency: options.concurrency,
        lockDuration: lockMs,
        stalledInterval: Math.max(1_000, lockMs / 3),
        // A job that takes its worker down with it is given up after the third time.
        maxStalledCount: 2,
      });
      worker.on('error', (error) => this.#log.warn({ queue, error: error.message }, 'queue worker'));
      worker.on('stalled', (jobId) =>
        this.#log.warn({ queue, jobId }, 'a job lost its worker and runs again'),
      );
      return worker;
    });
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    return { stop: (graceMs = 8_000) => stopWorkers(workers, abort, options.clock, graceMs) };
  }

  counts(queues: readonly string[]): Promise<QueueCounts[]> {
    return this.#untilClosed.run(() => Promise.all(queues.map((queue) => this.#count(queue))));
  }

  async #count(name: string): Promise<QueueCounts> {
    const queue = await this.#queue(name);
    const counts = await queue.getJobCounts('wait', 'prioritized', 'active', 'delayed', 'failed');
    const of = (state: string) => counts[state] ?? 0;
    return {
      queue: name,
      waiting: of('wait') + of('prioritized'),
      active: of('active'),
      delayed: of('delayed'),
      failed: of('failed'),
    };
  }

  async close(): Promise<void> {
    this.#untilClosed.close();
    for (const queue of this.#open) await queue.close();
    await this.#connection.close();
  }

  #queue(name: string): Promise<Queue> {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const opening = this.#openQueue(name);
    this.#queues.set(name, opening);
    // BullMQ keeps a first connection that failed for good: the next who asks gets another.
    opening.catch(() => this.#queues.delete(name));
    return opening;
  }

  async #openQueue(name: string): Promise<Queue> {
    const queue = this.#connection.queue(name, KEEP);
    queue.on('error', (error) => this.#log.warn({ queue: name, error: error.message }, 'queue'));
    this.#open.add(queue);
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      this.#open.delete(queue);
      await queue.close();
      throw error;
    }
  }
}

const jobOptions = (task: AnyTask) => ({
  ...KEEP,
  attempts: task.attempts,
  backoff: { type: 'exponential', delay: task.backoffMs },
});

function processorOf(handlers: readonly TaskHandler[], options: WorkerOptions, stopping: AbortSignal) {
  const byName = new Map(handlers.map((handler) => [handler.task.name, handler]));
  return (job: Job, _token: string | undefined, lost: AbortSignal | undefined): Promise<unknown> => {
    const handler = byName.get(job.name);
    if (handler === undefined) {
      throw new AppError(
        'TASK_UNKNOWN',
        `this version has no task "${job.name}"; it is left to one that has`,
      );
    }
    const run: TaskRunOptions = {
      handler,
      payload: job.data,
      jobId: job.id ?? '',
      attempt: job.attemptsMade + 1,
      worker: options.name,
      database: options.database,
      clock: options.clock,
      log: options.log,
      signals: lost === undefined ? [stopping] : [stopping, lost],
    };
    return runTask(run);
  };
}

async function stopWorkers(
  workers: readonly Worker[],
  abort: AbortController,
  clock: Clock,
  graceMs: number,
): Promise<void> {
  const closing = Promise.all(workers.map((worker) => worker.close()));
  abort.abort(new AppError('TASK_STOPPED', 'the worker stops', { retryable: true }));
  const limit = new AbortController();
  // A close that is under way cannot be forced: what is left then ends with the connections, when the queue closes.
  const grace = clock.sleep(graceMs, limit.signal).catch(() => undefined);
  await Promise.race([closing, grace]);
  limit.abort(new Error('closed in time'));
}
