import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cache, MemoryCache, RedisCache } from '../../src/jobs/cache.ts';
import {
  type EventLog,
  type LogEvent,
  startRepublisher,
  TRADE_EVENTS_CHANNEL,
} from '../../src/jobs/republisher.ts';
import { ManualClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import type { NewsListener, Wake } from '../../src/store/news.ts';
import { redisServer } from '../database.ts';
import { until } from '../until.ts';

const server = await redisServer();
if ('missing' in server) process.stdout.write(`skipped Redis tests: ${server.missing}\n`);
const url = 'missing' in server ? undefined : server.url;
let count = 0;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
function connect(): Redis {
  const redis = new Redis(url ?? '');
  redis.on('error', () => undefined);
  closers.push(() => redis.disconnect());
  return redis;
}

const caches: { name: string; make: () => Cache }[] = [
  { name: 'memory', make: () => new MemoryCache(new ManualClock()) },
  ...(url === undefined
    ? []
    : [
        {
          name: 'redis',
          make: () =>
            new RedisCache({
              redis: connect(),
              namespace: `test${process.pid}${count++}`,
              log: silentLogger,
            }),
        },
      ]),
];

describe.each(caches)('cache in $name', ({ make }) => {
  it('gives back what was put in until it is deleted, and copies of it', async () => {
    const cache = make();
    expect(await cache.get('a')).toBeUndefined();
    await cache.set('a', { list: [1, 2] }, 60_000);
    const first = await cache.get<{ list: number[] }>('a');
    first?.list.push(3);
    expect(await cache.get('a')).toEqual({ list: [1, 2] });
    await cache.delete('a');
    expect(await cache.get('a')).toBeUndefined();
  });

  it('loads once for callers that ask at once, and does not keep a failure', async () => {
    const cache = make();
    let loads = 0;
    const load = async () => ++loads;
    expect(await Promise.all([1, 2, 3].map(() => cache.getOrLoad('b', 60_000, load)))).toEqual([1, 1, 1]);
    expect(await cache.getOrLoad('b', 60_000, load)).toBe(1);
    await expect(cache.getOrLoad('c', 60_000, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await cache.getOrLoad('c', 60_000, async () => 'yes')).toBe('yes');
  });
});

describe('memory cache', () => {
  it('forgets at the end of the time to live, and what was used least recently', async () => {
    const clock = new ManualClock();
    const cache = new MemoryCache(clock, 2);
    await cache.set('a', 1, 100);
    await clock.advance(99);
    expect(await cache.get('a')).toBe(1);
    await clock.advance(1);
    expect(await cache.get('a')).toBeUndefined();
    await cache.set('a', 1, 100);
    await cache.set('b', 2, 100);
    await cache.get('a');
    await cache.set('c', 3, 100);
    expect([await cache.get('a'), await cache.get('b'), await cache.get('c')]).toEqual([1, undefined, 3]);
  });
});

describe.runIf(url !== undefined)('cache in Redis', () => {
  it('expires, and is merely empty when Redis is away', async () => {
    const redis = connect();
    const cache = new RedisCache({ redis, namespace: `test${process.pid}${count++}`, log: silentLogger });
    await cache.set('a', 1, 1);
    await until(async () => (await cache.get('a')) === undefined);
    redis.disconnect();
    await cache.set('b', 1, 1_000);
    expect(await cache.getOrLoad('b', 1_000, async () => 2)).toBe(2);
  });
});

/** A log and its news, in memory. */
class FakeLog implements EventLog {
  epoch = 5;
  first = 1;
  readonly events: LogEvent[] = [];
  readonly wakes = new Set<(why: Wake) => void | Promise<void>>();
  readonly news: NewsListener = {
    connected: true,
    subscribe: (_topic, wake) => {
      this.wakes.add(wake);
      return () => void this.wakes.delete(wake);
    },
    close: async () => undefined,
  };
  async span() {
    return { epoch: this.epoch, first: this.first, head: this.events.at(-1)?.offset ?? 0 };
  }
  async read(after: { offset: number }, limit: number) {
    return this.events.filter((event) => event.offset > after.offset).slice(0, limit);
  }
  add(many: number): void {
    for (let i = 0; i < many; i++)
      this.events.push({ offset: this.events.length + 1, body: { n: this.events.length + 1 } });
  }
  async wakeAll(): Promise<void> {
    await Promise.all([...this.wakes].map((wake) => wake({ reason: 'look' })));
  }
}

describe.runIf(url !== undefined)('republisher', () => {
  let log: FakeLog;
  let received: {
    type: string;
    offset?: number;
    epoch: number;
    worldId: string;
    reason?: string;
    from?: number;
    to?: number;
  }[];
  let starts: typeof received;
  let world: { network: string; worldId: string };
  beforeEach(async () => {
    log = new FakeLog();
    received = [];
    starts = [];
    world = { network: 'simulator', worldId: `w${process.pid}_${count++}` };
    const listener = connect();
    await listener.subscribe(TRADE_EVENTS_CHANNEL);
    listener.on('message', (_channel, text) => {
      const message = JSON.parse(text);
      if (message.worldId !== world.worldId) return;
      (message.reason === 'start' ? starts : received).push(message);
    });
  });
  const start = () => {
    const stop = startRepublisher({
      redis: connect(),
      log: silentLogger,
      news: log.news,
      topic: 'changes',
      events: log,
      world,
    });
    closers.push(stop);
    return stop;
  };

  it('publishes each event once and in order, from any number of republishers', async () => {
    start();
    start();
    start();
    log.add(3);
    await log.wakeAll();
    log.add(1_700);
    for (let i = 0; i < 8; i++) await log.wakeAll();
    await until(() => received.length >= 1_700);
    expect(received.map((one) => one.offset)).toEqual(Array.from({ length: 1_700 }, (_, i) => i + 4));
    expect(received[0]).toEqual({ ...world, epoch: 5, type: 'change', offset: 4, n: 4 });
  });

  it('goes on where the last one stopped', async () => {
    const stop = start();
    await log.wakeAll();
    stop();
    log.add(5);
    start();
    await log.wakeAll();
    await until(() => received.length === 5);
  });

  it('says so where it begins without a place: at first, and when Redis has lost it', async () => {
    log.add(3);
    start();
    await log.wakeAll();
    await log.wakeAll();
    await until(() => starts.length > 0);
    expect(starts).toEqual([{ ...world, epoch: 5, type: 'reset', reason: 'start', to: 3 }]);
    log.add(2);
    await connect().del(`autotrade:${world.network}:${world.worldId}:trade_events:cursor`);
    await log.wakeAll();
    await until(() => starts.length > 1);
    expect(starts[1]).toMatchObject({ reason: 'start', to: 5 });
    expect(received).toEqual([]);
  });

  it('announces what retention took between its look and its read', async () => {
    start();
    await log.wakeAll();
    log.add(10);
    log.events.splice(0, 6);
    await log.wakeAll();
    log.first = 7;
    await log.wakeAll();
    await until(() => received.length === 5);
    expect(received[0]).toMatchObject({ type: 'reset', reason: 'retention', from: 1, to: 6 });
    expect(received.slice(1).map((one) => one.offset)).toEqual([7, 8, 9, 10]);
  });

  it('announces a new epoch and what retention took', async () => {
    start();
    await log.wakeAll();
    log.add(10);
    log.first = 7;
    log.events.splice(0, 6);
    await log.wakeAll();
    await until(() => received.length === 5);
    expect(received[0]).toMatchObject({ type: 'reset', reason: 'retention', from: 1, to: 6 });
    expect(received.slice(1).map((one) => one.offset)).toEqual([7, 8, 9, 10]);
    log.epoch = 6;
    await log.wakeAll();
    await until(() => received.length === 10);
    expect(received[5]).toMatchObject({ type: 'reset', reason: 'epoch', epoch: 6 });
    expect(received.slice(6).map((one) => one.offset)).toEqual([7, 8, 9, 10]);
  });
});
