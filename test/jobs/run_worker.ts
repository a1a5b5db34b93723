/** A worker process whose task never ends: prints the job's id when it runs one. */
import { openJobs } from '../../src/jobs/jobs.ts';
import { defineTask, handleTask } from '../../src/jobs/task.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { openDatabase } from '../../src/store/database.ts';

const [databaseUrl = '', redisUrl = '', namespace = '', lockMs = ''] = process.argv.slice(2);
const jobs = await openJobs({
  databaseUrl: new Secret(databaseUrl),
  redisUrl: redisUrl === '' ? undefined : new Secret(redisUrl),
  namespace,
  clock: systemClock,
  log: silentLogger,
});
const task = defineTask<{ n: number }>({ name: 'endless', deadlineMs: 60_000 });
await jobs.runWorker({
  name: 'doomed',
  concurrency: 1,
  lockMs: Number(lockMs),
  database: openDatabase({ url: databaseUrl, log: silentLogger, applicationName: 'doomed' }),
  clock: systemClock,
  log: silentLogger,
  handlers: [
    handleTask(task, async (payload, { jobId }) => {
      process.stdout.write(`${JSON.stringify({ jobId, n: payload.n })}\n`);
      await new Promise(() => undefined);
    }),
  ],
});
