import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import {
  forgetHeartbeats,
  readHeartbeats,
  startHeartbeat,
  writeHeartbeat,
} from '../../src/store/service_heartbeats.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { contractServers } from './servers.ts';

describe.each(await contractServers())('heartbeats on $name PostgreSQL', ({ server }) => {
  let test: TestDatabase;
  beforeEach(async () => {
    test = await createTestDatabase({ server });
  });
  afterEach(() => test.close());

  it('replace each other and end with "stopped"', async () => {
    const clock = new ManualClock(5_000);
    const identity = { instance: 'stream', role: 'stream', host: 'h', pid: 7, startedAt: 1_000, restarts: 2 };
    const heartbeat = startHeartbeat({
      database: test.database,
      clock,
      log: silentLogger,
      identity,
      status: () => ({
        rssBytes: 3_000_000_000,
        state: 'ready',
        detail: { lag: 1 },
        metrics: [{ name: 'm' }],
      }),
    });
    await heartbeat.stop();
    expect(await readHeartbeats(test.database)).toEqual([
      {
        ...identity,
        beatAt: 5_000,
        rssBytes: 3_000_000_000,
        state: 'stopped',
        detail: { lag: 1 },
        metrics: [{ name: 'm' }],
      },
    ]);
  });

  it('end although a service does not say any more how it is', async () => {
    const clock = new ManualClock(5_000);
    const identity = { instance: 'scheduler', role: 's', host: 'h', pid: 7, startedAt: 1_000, restarts: 0 };
    const ready = { rssBytes: 1, state: 'ready', detail: {}, metrics: [] };
    let asked = 0;
    const status = () => (asked++ === 0 ? ready : new Promise<never>(() => undefined));
    const heartbeat = startHeartbeat({ database: test.database, clock, log: silentLogger, identity, status });
    const states = async () => (await readHeartbeats(test.database)).map((one) => one.state);
    await until(async () => (await states()).length === 1);
    await until(async () => {
      await clock.advance(2_000);
      return asked === 2;
    });
    const stopped = heartbeat.stop();
    await clock.advance(2_000);
    await stopped;
    expect(await states()).toEqual(['stopped']);
  });

  it('of one role on two hosts stand beside each other; silent ones are forgotten', async () => {
    const beat = (host: string, beatAt: number) => ({
      instance: 'worker',
      role: 'worker',
      host,
      pid: 1,
      startedAt: 0,
      restarts: 0,
      beatAt,
      rssBytes: 0,
      state: 'ready',
      detail: {},
      metrics: [],
    });
    for (const one of [beat('a', 10), beat('b', 20), beat('a', 30)]) await writeHeartbeat(test.database, one);
    expect((await readHeartbeats(test.database)).map((one) => [one.host, one.beatAt])).toEqual([
      ['a', 30],
      ['b', 20],
    ]);
    expect(await forgetHeartbeats(test.database, 25)).toBe(1);
    expect((await readHeartbeats(test.database)).map((one) => one.host)).toEqual(['a']);
  });
});
