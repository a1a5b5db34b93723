import { type Jobs, openJobs } from '../../src/jobs/jobs.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { redisServer, type TestDatabase } from '../database.ts';

export interface JobsBackend {
  readonly name: 'postgres' | 'redis';
  readonly redisUrl: Secret | undefined;
}

/** Both columns of the jobs contract. */
export async function jobsBackends(): Promise<JobsBackend[]> {
  const redis = await redisServer();
  if ('missing' in redis) {
    process.stdout.write(`skipped a column of the jobs contract: ${redis.missing}\n`);
    return [{ name: 'postgres', redisUrl: undefined }];
  }
  return [
    { name: 'postgres', redisUrl: undefined },
    { name: 'redis', redisUrl: new Secret(redis.url) },
  ];
}

/** Opens the queue of a test's own world. */
export const openTestJobs = (backend: JobsBackend, test: TestDatabase): Promise<Jobs> =>
  openJobs({
    databaseUrl: test.url,
    redisUrl: backend.redisUrl,
    namespace: test.name,
    clock: systemClock,
    log: silentLogger,
  });

export const workerBasics = (test: TestDatabase, name = 'worker') => ({
  name,
  concurrency: 4,
  database: test.database,
  clock: systemClock,
  log: silentLogger,
});
