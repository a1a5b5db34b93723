import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Jobs } from '../../src/jobs/jobs.ts';
import { defineTask, handleTask } from '../../src/jobs/task.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { readLastTaskRuns, readTaskRuns } from '../../src/store/task_runs.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { ended, firstLine } from '../processes.ts';
import { until } from '../until.ts';
import { jobsBackends, openTestJobs, workerBasics } from './backends.ts';

const now = () => systemClock.now();

/** Ends the connections of one test's queue; others share the server. */
async function cutRedisClients(url: string, namespace: string): Promise<void> {
  const redis = new Redis(url);
  const clients = (await redis.client('LIST')) as string;
  const ids = clients
    .split('\n')
    .flatMap((line) => (line.includes(namespace) ? [/id=(\d+)/.exec(line)?.[1] ?? ''] : []));
  expect(ids.length).toBeGreaterThan(1);
  for (const id of ids) await redis.client('KILL', 'ID', id);
  redis.disconnect();
}

describe.each(await jobsBackends())('jobs on $name', (backend) => {
  let test: TestDatabase;
  let jobs: Jobs;
  const closers: (() => unknown)[] = [];
  beforeEach(async () => {
    test = await createTestDatabase();
    jobs = await openTestJobs(backend, test);
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await jobs.close();
    await test.close();
  });
  const work = async (handlers: ReturnType<typeof handleTask>[], options: { lockMs?: number } = {}) => {
    const worker = await jobs.runWorker({ ...workerBasics(test), ...options, handlers });
    closers.push(() => worker.stop());
    return worker;
  };

  it('runs what was enqueued, each once, with payload, and keeps the history', async () => {
    const add = defineTask<{ a: number; b: number }, { sum: number }>({ name: 'add', deadlineMs: 10_000 });
    const sums: number[] = [];
    await work([
      handleTask(add, async ({ a, b }) => {
        sums.push(a + b);
        return { sum: a + b };
      }),
    ]);
    for (let a = 0; a < 30; a++) await jobs.enqueue(add, { a, b: 1 });
    await until(() => sums.length === 30);
    expect(sums.sort((x, y) => x - y)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    const runs = await until(async () => {
      const found = await readTaskRuns(test.database, { task: 'add', limit: 100, nowMs: now() });
      return found.every((run) => run.outcome === 'succeeded') && found.length === 30 ? found : undefined;
    });
    expect(new Set(runs.map((run) => JSON.stringify(run.result))).size).toBe(30);
    expect(runs[0]?.durationMs).toBeGreaterThanOrEqual(0);
    await until(async () => (await jobs.counts(['tasks']))[0]?.active === 0);
    expect(await jobs.counts(['tasks'])).toEqual([
      { queue: 'tasks', waiting: 0, active: 0, delayed: 0, failed: 0 },
    ]);
  });

  it('adds a job of one id once while it waits', async () => {
    const task = defineTask<{ n: number }>({ name: 'once', deadlineMs: 10_000 });
    await jobs.enqueue(task, { n: 1 }, { id: 'x' });
    await jobs.enqueue(task, { n: 2 }, { id: 'x' });
    expect((await jobs.counts(['tasks']))[0]?.waiting).toBe(1);
    const seen: number[] = [];
    await work([handleTask(task, async ({ n }) => void seen.push(n))]);
    await until(() => seen.length > 0);
    expect(seen).toEqual([1]);
  });

  it('tries a failing job as often as its task says, and says why it failed', async () => {
    const task = defineTask<{ x: 1 }>({ name: 'flaky', deadlineMs: 10_000, attempts: 3, backoffMs: 20 });
    const attempts: number[] = [];
    await work([
      handleTask(task, async (_payload, { attempt }) => {
        attempts.push(attempt);
        if (attempt < 3) throw new Error(`attempt ${attempt} fails`);
        return 'at last';
      }),
    ]);
    await jobs.enqueue(task, { x: 1 });
    const runs = await until(async () => {
      const found = await readTaskRuns(test.database, { task: 'flaky', limit: 9, nowMs: now() });
      return found[0]?.outcome === 'succeeded' ? found : undefined;
    });
    expect(attempts).toEqual([1, 2, 3]);
    expect(runs.map((run) => [run.attempt, run.outcome, run.error, run.result])).toEqual([
      [3, 'succeeded', null, 'at last'],
      [2, 'failed', 'attempt 2 fails', null],
      [1, 'failed', 'attempt 1 fails', null],
    ]);
  });

  it('tells a run to end at its deadline', async () => {
    const task = defineTask<{ x: 1 }>({ name: 'slow', deadlineMs: 50, attempts: 1 });
    await work([handleTask(task, (_payload, { signal }) => systemClock.sleep(60_000, signal))]);
    await jobs.enqueue(task, { x: 1 });
    const run = await until(async () => {
      const [last] = await readLastTaskRuns(test.database, now());
      return last?.outcome === 'timed_out' ? last : undefined;
    });
    expect(run.error).toMatch(/did not end within 50 ms/);
  });

  it('runs a periodic task once per period with two schedulers and two workers, and does not make up for missed runs', async () => {
    const task = defineTask({ name: 'tick', deadlineMs: 200, everyMs: 400 });
    const other = await openTestJobs(backend, test);
    closers.push(() => other.close());
    await Promise.all([
      jobs.registerSchedules([task]),
      other.registerSchedules([task]),
      jobs.registerSchedules([task]),
    ]);
    // Nobody works for several periods: one job waits, not one for each of them or for each scheduler.
    const idleUntil = now() + 1_300;
    await until(() => now() > idleUntil);
    const [counts] = await jobs.counts(['tasks']);
    expect((counts?.waiting ?? 0) + (counts?.delayed ?? 0)).toBe(1);
    const ran: string[] = [];
    const handler = handleTask(task, async (_payload, { jobId }) => void ran.push(jobId));
    await work([handler]);
    if (backend.name === 'redis') {
      const second = await other.runWorker({ ...workerBasics(test, 'second'), handlers: [handler] });
      closers.push(() => second.stop());
    }
    await until(() => ran.length >= 6);
    // BullMQ names a job of a schedule by its slot.
    const slots = ran.map((jobId) => Number(/^repeat:tick:(\d+)$/.exec(jobId)?.[1])).sort((x, y) => x - y);
    expect(new Set(slots).size).toBe(slots.length);
    for (let i = 2; i < slots.length; i++)
      expect((slots[i] ?? 0) - (slots[i - 1] ?? 0)).toBeGreaterThanOrEqual(400);
  });

  it('keeps its rhythm when schedules are registered again and again, and takes a new interval', async () => {
    const task = defineTask({ name: 'rhythm', deadlineMs: 100, everyMs: 300 });
    await jobs.registerSchedules([task]);
    const ran: number[] = [];
    await work([handleTask(task, async () => void ran.push(now()))]);
    await until(async () => {
      await jobs.registerSchedules([task]);
      return ran.length >= 4;
    });
    await jobs.registerSchedules([defineTask({ name: 'rhythm', deadlineMs: 50, everyMs: 60 })]);
    const from = ran.length;
    await until(() => ran.length >= from + 5);
    const gaps = ran.slice(from + 1).map((at, i) => at - (ran[from + i] ?? 0));
    expect(Math.min(...gaps)).toBeLessThan(250);
  });

  it('ends schedules that are no longer wanted', async () => {
    const old = defineTask({ name: 'old', deadlineMs: 50, everyMs: 50 });
    const kept = defineTask({ name: 'kept', deadlineMs: 50, everyMs: 50 });
    await jobs.registerSchedules([old, kept]);
    await jobs.registerSchedules([kept]);
    const ran: string[] = [];
    await work([
      handleTask(old, async () => void ran.push('old')),
      handleTask(kept, async () => void ran.push('kept')),
    ]);
    await until(() => ran.length >= 4);
    // Its first job was waiting already; none follows.
    expect(ran.filter((name) => name === 'old').length).toBeLessThanOrEqual(1);
  });

  it('stops a worker without losing its job: told to end, run again by the next', async () => {
    const task = defineTask<{ x: 1 }>({ name: 'long', deadlineMs: 60_000, attempts: 5, backoffMs: 10 });
    let started = 0;
    const first = await jobs.runWorker({
      ...workerBasics(test),
      handlers: [
        handleTask(task, async (_payload, { signal }) => {
          started++;
          await systemClock.sleep(50_000, signal);
        }),
      ],
    });
    await jobs.enqueue(task, { x: 1 });
    await until(() => started === 1);
    await first.stop();
    let done = false;
    await work([
      handleTask(task, async () => {
        done = true;
      }),
    ]);
    await until(() => done);
    const runs = await until(async () => {
      const found = await readTaskRuns(test.database, { task: 'long', limit: 5, nowMs: now() });
      return found[0]?.outcome === 'succeeded' ? found : undefined;
    });
    expect(runs.map((run) => run.outcome)).toEqual(['succeeded', 'stopped']);
  });

  it('runs the job of a worker that was killed with -9 again', async () => {
    const script = join(import.meta.dirname, 'run_worker.ts');
    const url = backend.redisUrl?.reveal() ?? '';
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', script, test.url.reveal(), url, test.name, '1500'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    closers.push(() => child.kill('SIGKILL'));
    const task = defineTask<{ n: number }>({ name: 'endless', deadlineMs: 60_000 });
    await jobs.enqueue(task, { n: 7 });
    const line = await firstLine(child);
    child.kill('SIGKILL');
    await ended(child);
    const seen: unknown[] = [];
    await work(
      [
        handleTask(task, async (payload, { jobId }) => {
          seen.push({ jobId, n: payload.n });
        }),
      ],
      { lockMs: 1_500 },
    );
    await until(() => seen.length === 1);
    expect(seen).toEqual([JSON.parse(line)]);
  });

  it('survives that the connections of its backend are cut', async () => {
    const task = defineTask<{ n: number }>({ name: 'survivor', deadlineMs: 10_000 });
    const seen: number[] = [];
    await work([handleTask(task, async ({ n }) => void seen.push(n))]);
    await jobs.enqueue(task, { n: 1 });
    await until(() => seen.length === 1);
    if (backend.redisUrl !== undefined) await cutRedisClients(backend.redisUrl.reveal(), test.name);
    await test.database.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
      [test.name],
    );
    await until(() => jobs.enqueue(task, { n: 2 }));
    await until(() => seen.includes(2));
  });
});

describe('task specs', () => {
  it('refuse periodic tasks that could overlap themselves, and impossible numbers', () => {
    expect(() => defineTask({ name: 'a', deadlineMs: 2_000, everyMs: 1_000 })).toThrow(/overlap/);
    expect(() => defineTask({ name: 'a b', deadlineMs: 2_000 })).toThrow(/names/);
    expect(() => defineTask({ name: 'a', deadlineMs: 0 })).toThrow(/deadline/);
  });
});
