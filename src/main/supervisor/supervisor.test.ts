import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../runtime/clock.ts';
import { backoffMs, dependencyOrder, type Ended, type ServiceSpec, type ServiceStatus } from './service.ts';
import { type ChildEvents, Supervisor } from './supervisor.ts';

const spec = (name: string, dependsOn: string[] = []): ServiceSpec => ({
  name,
  role: name,
  dependsOn,
  stopSignal: 'SIGTERM',
  readyTimeoutMs: 20_000,
});

interface Launched {
  readonly name: string;
  readonly restarts: number;
  readonly events: ChildEvents;
  readonly signals: string[];
}

const CRASH: Ended = { code: 1, signal: null };

/** A supervisor over fake children; `uniform` is the jitter drawn each time. */
function harness(services: ServiceSpec[], options: { dieOnSignal?: boolean; uniform?: number } = {}) {
  const clock = new ManualClock();
  const launched: Launched[] = [];
  const changes: string[] = [];
  const nothingLeft: (ServiceStatus | undefined)[] = [];
  const supervisor = new Supervisor({
    services,
    clock,
    random: { next: () => options.uniform ?? 0.5, int: () => 0 },
    onChange: ({ name, state }) => changes.push(`${name} ${state}`),
    onNothingLeft: (service) => nothingLeft.push(service),
    launch: ({ name }, restarts, events) => {
      const signals: string[] = [];
      launched.push({ name, restarts, events, signals });
      return {
        pid: 1000 + launched.length,
        signal(signal) {
          signals.push(signal);
          if (signal === 'SIGKILL' || options.dieOnSignal) events.ended({ code: null, signal });
        },
      };
    },
  });
  const last = (name: string): Launched => {
    const found = launched.findLast((child) => child.name === name);
    if (!found) throw new Error(`${name} was never launched`);
    return found;
  };
  const state = (name: string) => supervisor.status().find((service) => service.name === name);
  return { clock, launched, changes, nothingLeft, supervisor, last, state };
}

describe('start', () => {
  it('waits for readiness, in dependency order', () => {
    const h = harness([
      spec('api', ['database']),
      spec('stream', ['database', 'venue']),
      spec('database'),
      spec('venue'),
    ]);
    h.supervisor.start();
    expect(h.launched.map(({ name }) => name)).toEqual(['database', 'venue']);
    expect(h.state('api')).toMatchObject({ state: 'waiting', note: 'database is starting', pid: null });
    h.last('database').events.ready();
    expect(h.launched.map(({ name }) => name)).toEqual(['database', 'venue', 'api']);
    h.last('venue').events.ready();
    expect(h.last('stream').restarts).toBe(0);
  });

  it('counts a service that is never ready as crashed', async () => {
    const h = harness([spec('a')]);
    h.supervisor.start();
    await h.clock.advance(19_999);
    expect(h.last('a').signals).toEqual([]);
    await h.clock.advance(1);
    expect(h.state('a')).toMatchObject({
      state: 'backoff',
      lastExit: 'killed by SIGKILL: not ready after 20 s',
    });
  });

  it('does not count the time that it waits for something outside', async () => {
    const h = harness([spec('a')]);
    h.supervisor.start();
    for (let waited = 0; waited < 600_000; waited += 10_000) {
      h.last('a').events.waiting('the database cannot be reached');
      await h.clock.advance(10_000);
    }
    expect(h.state('a')).toMatchObject({
      state: 'starting',
      restarts: 0,
      note: 'the database cannot be reached',
    });
    h.last('a').events.ready();
    expect(h.state('a')).toMatchObject({ state: 'ready', note: '' });
    h.last('a').events.waiting('too late');
    expect(h.state('a')?.note).toBe('');
  });

  it('refuses circles and strangers', () => {
    expect(() => dependencyOrder([spec('a', ['b']), spec('b', ['a'])])).toThrow('a > b > a');
    expect(() => dependencyOrder([spec('a', ['x'])])).toThrow('not a service');
  });
});

describe('restart', () => {
  it('backs off exponentially with full jitter', () => {
    expect([1, 2, 3, 4, 5].map((restart) => backoffMs(restart, 0.5))).toEqual([250, 500, 1000, 2000, 4000]);
    expect(backoffMs(1, 0)).toBe(0);
    expect(backoffMs(40, 0.999)).toBeLessThan(30_000);
  });

  it('gives up after five restarts of a crash loop, and blocks what waits for it', async () => {
    const h = harness([spec('a'), spec('b', ['a']), spec('c')]);
    h.supervisor.start();
    h.last('c').events.ready();
    for (let crash = 0; crash < 6; crash++) {
      h.last('a').events.ended(CRASH);
      await h.clock.advance(10_000);
      h.last('c').events.report({ rssBytes: 1, eventLoopLagMs: 0 });
    }
    expect(h.launched.filter(({ name }) => name === 'a')).toHaveLength(6);
    expect(h.state('a')).toMatchObject({ state: 'failed', restarts: 5, lastExit: 'exit code 1' });
    expect(h.state('b')).toMatchObject({ state: 'blocked', note: 'a is failed' });
    await h.clock.advance(29_000);
    expect(h.launched.filter(({ name }) => name === 'a')).toHaveLength(6);
    expect(h.state('c')?.state).toBe('ready');
    expect(h.nothingLeft).toEqual([]);
  });

  it('counts short readiness as part of the loop, and 60 s of readiness as health', async () => {
    const h = harness([spec('a')], { uniform: 0 });
    h.supervisor.start();
    const liveFor = async (ms: number) => {
      h.last('a').events.ready();
      for (let lived = 0; lived < ms; lived += 10_000) {
        h.last('a').events.report({ rssBytes: 1, eventLoopLagMs: 0 });
        await h.clock.advance(Math.min(10_000, ms - lived));
      }
      h.last('a').events.ended(CRASH);
      await h.clock.advance(0);
    };
    for (let i = 0; i < 5; i++) await liveFor(59_000);
    expect(h.state('a')?.state).toBe('starting');
    await liveFor(60_000);
    for (let i = 0; i < 4; i++) await liveFor(1_000);
    expect(h.state('a')).toMatchObject({ state: 'starting', restarts: 10 });
    await liveFor(1_000);
    expect(h.state('a')?.state).toBe('failed');
  });

  it('treats an unexpected exit 0 as a crash', () => {
    const h = harness([spec('a')]);
    h.supervisor.start();
    h.last('a').events.ready();
    h.last('a').events.ended({ code: 0, signal: null });
    expect(h.state('a')?.state).toBe('backoff');
  });

  it('kills and restarts a service that falls silent', async () => {
    const h = harness([spec('a')]);
    h.supervisor.start();
    h.last('a').events.ready();
    await h.clock.advance(29_000);
    h.last('a').events.report({ rssBytes: 5, eventLoopLagMs: 2 });
    await h.clock.advance(29_000);
    expect(h.state('a')).toMatchObject({ state: 'ready', rssBytes: 5, eventLoopLagMs: 2 });
    await h.clock.advance(1_000);
    expect(h.state('a')?.lastExit).toContain('no sign of life for 30 s');
  });

  it('passes the count of restarts to the next process and forgets late words of the old one', async () => {
    const h = harness([spec('a'), spec('b', ['a'])]);
    h.supervisor.start();
    const first = h.last('a');
    first.events.ended(CRASH);
    await h.clock.advance(1_000);
    expect(h.last('a').restarts).toBe(1);
    first.events.ready();
    first.events.ended(CRASH);
    expect(h.state('a')?.state).toBe('starting');
  });
});

describe('dependants', () => {
  let h: ReturnType<typeof harness>;
  beforeEach(() => {
    h = harness([spec('database'), spec('api', ['database'])]);
    h.supervisor.start();
    h.last('database').events.ready();
    h.last('api').events.ready();
  });

  it('keep running, degraded, while a dependency is away', async () => {
    h.last('database').events.ended(CRASH);
    expect(h.state('api')).toMatchObject({ state: 'ready', degraded: true, note: 'database is backoff' });
    await h.clock.advance(250);
    h.last('database').events.ready();
    expect(h.state('api')).toMatchObject({ state: 'ready', degraded: false, note: '' });
    expect(h.launched).toHaveLength(3);
  });

  it('that crash meanwhile wait for it, without counting towards the cap', async () => {
    for (let i = 0; i < 3; i++) {
      h.last('database').events.ended(CRASH);
      h.last('api').events.ended(CRASH);
      expect(h.state('api')?.state).toBe('waiting');
      await h.clock.advance(5_000);
      h.last('database').events.ready();
      h.last('api').events.ready();
    }
    h.last('api').events.ended(CRASH);
    expect(h.state('api')).toMatchObject({ state: 'backoff', note: 'restart 1 of 5 in 250 ms; exit code 1' });
  });

  it('are blocked, not looping, when it has failed', () => {
    h.last('database').events.ended({ code: 78, signal: null, reason: 'wrong world' });
    expect(h.state('api')).toMatchObject({ state: 'ready', degraded: true, note: 'database is failed' });
    h.last('api').events.ended(CRASH);
    expect(h.state('api')).toMatchObject({ state: 'blocked', note: 'database is failed' });
  });
});

describe('exit code 78', () => {
  it('stops the service and shows why, without restart', async () => {
    const h = harness([spec('a'), spec('b')]);
    h.supervisor.start();
    h.last('a').events.ended({ code: 78, signal: null, reason: 'PORT must be a number' });
    await h.clock.advance(60_000);
    expect(h.state('a')).toMatchObject({ state: 'failed', note: 'exit code 78: PORT must be a number' });
    expect(h.launched.filter(({ name }) => name === 'a')).toHaveLength(1);
  });

  it('ends the whole when nothing can run without it', () => {
    const h = harness([spec('database'), spec('api', ['database'])]);
    h.supervisor.start();
    h.last('database').events.ended({ code: 78, signal: null, reason: 'no binary' });
    expect(h.nothingLeft).toMatchObject([{ name: 'database', lastExit: 'exit code 78: no binary' }]);
  });
});

describe('stop', () => {
  const three = [spec('database'), spec('stream', ['database']), spec('api', ['database'])];
  const allReady = (h: ReturnType<typeof harness>) => {
    h.supervisor.start();
    for (const { name } of three) h.last(name).events.ready();
  };

  it('stops dependants first', async () => {
    const h = harness(three);
    allReady(h);
    let done = false;
    void h.supervisor.stop().then(() => {
      done = true;
    });
    expect(h.last('database').signals).toEqual([]);
    h.last('api').events.ended({ code: 0, signal: null });
    expect(h.last('database').signals).toEqual([]);
    h.last('stream').events.ended({ code: 0, signal: null });
    expect(h.last('database').signals).toEqual(['SIGTERM']);
    h.last('database').events.ended({ code: 0, signal: null });
    await h.clock.advance(0);
    expect(done).toBe(true);
    expect(h.supervisor.status().every(({ state }) => state === 'stopped')).toBe(true);
    expect(h.clock.pending).toBe(0);
  });

  it('kills what ignores the signal, all within 9 s', async () => {
    const h = harness(three);
    allReady(h);
    const stopped = h.supervisor.stop();
    await h.clock.advance(4_999);
    expect(h.last('api').signals).toEqual(['SIGTERM']);
    await h.clock.advance(1);
    expect(h.last('api').signals).toEqual(['SIGTERM', 'SIGKILL']);
    await h.clock.advance(4_000);
    await stopped;
    expect(h.state('api')?.lastExit).toContain('did not stop in time');
  });

  it('starts nothing any more', async () => {
    const h = harness([spec('a'), spec('b', ['a'])], { dieOnSignal: true });
    h.supervisor.start();
    h.last('a').events.ended(CRASH);
    await h.supervisor.stop();
    await h.clock.advance(120_000);
    expect(h.launched).toHaveLength(1);
    expect(h.supervisor.status().map(({ state }) => state)).toEqual(['stopped', 'stopped']);
  });

  it('can be forced', async () => {
    const h = harness(three);
    allReady(h);
    const stopped = h.supervisor.stop();
    h.supervisor.kill();
    await stopped;
    expect(h.last('database').signals).toContain('SIGKILL');
  });
});
