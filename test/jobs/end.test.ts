import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Jobs, openJobs } from '../../src/jobs/jobs.ts';
import { defineTask, handleTask } from '../../src/jobs/task.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { startCuttingProxy } from '../stream/cutting_proxy.ts';
import { until } from '../until.ts';
import { jobsBackends, openTestJobs, workerBasics } from './backends.ts';

const tasks = ['one', 'two', 'three'].map((name) =>
  defineTask({ name, queue: `queue-${name}`, deadlineMs: 1_000, everyMs: 60_000 }),
);
const queues = tasks.map((task) => task.queue);

/** Waits until the promise is settled, and says how. */
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? error,
  );

describe.each(await jobsBackends())('the end of the queue on $name', (backend) => {
  let test: TestDatabase;
  beforeEach(async () => {
    test = await createTestDatabase();
  });
  afterEach(() => test.close());

  it('leaves nobody without an answer, whatever it is being asked', async () => {
    for (const afterMs of [0, 1, 2, 3, 5, 8, 12, 20, 40]) {
      const jobs = await openTestJobs(backend, test);
      const asked = [
        outcome(jobs.registerSchedules(tasks)),
        outcome(jobs.counts(queues)),
        outcome(jobs.enqueue(tasks[0] as (typeof tasks)[0], {})),
      ];
      await systemClock.sleep(afterMs);
      await jobs.close();
      for (const answer of await Promise.all(asked)) expect(['done', 'QUEUE_CLOSED']).toContain(answer);
      expect(await outcome(jobs.counts(queues))).toBe('QUEUE_CLOSED');
      expect(await outcome(jobs.registerSchedules(tasks))).toBe('QUEUE_CLOSED');
      const handlers = [handleTask(tasks[0] as (typeof tasks)[0], async () => undefined)];
      expect(await outcome(jobs.runWorker({ ...workerBasics(test), handlers }))).toBe('QUEUE_CLOSED');
    }
  });

  it('does not wait for a task that does not end', async () => {
    const jobs = await openTestJobs(backend, test);
    const deaf = defineTask({ name: 'deaf', deadlineMs: 60_000 });
    let runs = 0;
    const running = handleTask(deaf, () => {
      runs++;
      return new Promise<void>(() => undefined);
    });
    const worker = await jobs.runWorker({ ...workerBasics(test), handlers: [running] });
    await jobs.enqueue(deaf, {});
    await until(() => runs === 1);
    const began = systemClock.monotonic();
    await worker.stop(200);
    await jobs.close();
    // 10 s is how long it would have to end.
    expect(systemClock.monotonic() - began).toBeLessThan(8_000);
  });
});

describe('the queue in PostgreSQL', () => {
  let test: TestDatabase;
  let jobs: Jobs;
  const closers: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    test = await createTestDatabase();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await test.close();
  });

  it('can be asked again when the database was away the first time', async () => {
    const url = new URL(test.url.reveal());
    const wire = await startCuttingProxy(Number(url.port));
    closers.push(async () => wire.close());
    url.port = String(wire.port);
    jobs = await openJobs({
      databaseUrl: new Secret(url.href),
      namespace: test.name,
      clock: systemClock,
      log: silentLogger,
    });
    closers.push(() => jobs.close());
    wire.cut();
    await expect(jobs.counts(queues)).rejects.toThrow();
    wire.mend();
    expect(await until(() => jobs.counts(queues), 'the queue', 10_000)).toHaveLength(3);
  });
});
