import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { acquireLease, tryAcquireLease } from '../../src/store/leases.ts';
import { listenNews, type NewsListener, publishNews, type Wake } from '../../src/store/news.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { contractServers } from './servers.ts';

describe.each(await contractServers())('on $name PostgreSQL', ({ server }) => {
  let test: TestDatabase;
  const closers: (() => unknown)[] = [];
  beforeEach(async () => {
    test = await createTestDatabase({ server });
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    await test.close();
  });

  const sessionsEnded = (application: string) =>
    test.database
      .query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = $2',
        [application, test.name],
      )
      .then((result) => result.rowCount);

  describe('news', () => {
    const listen = (clock = systemClock): NewsListener => {
      const listener = listenNews({
        url: test.url,
        applicationName: 'listener',
        log: silentLogger,
        clock,
        random: seededRandom(1),
      });
      closers.push(() => listener.close());
      return listener;
    };

    it('arrives when its transaction commits, never when it rolls back, and only to its topic', async () => {
      const listener = listen(new ManualClock());
      const seen: Wake[] = [];
      const others: Wake[] = [];
      listener.subscribe('changes', (why) => void seen.push(why));
      listener.subscribe('trades', (why) => void others.push(why));
      await until(() => listener.connected);
      await test.database
        .transaction(async (tx) => {
          await publishNews(tx, 'changes', { epoch: 1, offset: 99 });
          throw new Error('rolled back');
        })
        .catch(() => undefined);
      await test.database.transaction(async (tx) => {
        await publishNews(tx, 'changes', { epoch: 1, offset: 100 });
        await test.database.query('SELECT 1');
        expect(seen.filter((why) => why.reason === 'news')).toEqual([]);
      });
      await until(() => seen.some((why) => why.reason === 'news'));
      expect(seen.filter((why) => why.reason === 'news')).toEqual([
        { reason: 'news', upTo: { epoch: 1, offset: 100 } },
      ]);
      expect(others.filter((why) => why.reason === 'news')).toEqual([]);
    });

    it('is looked for once a second even when none arrives', async () => {
      const clock = new ManualClock();
      const listener = listen(clock);
      await until(() => listener.connected);
      let looks = 0;
      const end = listener.subscribe('changes', (why) => void (why.reason === 'look' && looks++));
      await clock.advance(3_000);
      expect(looks).toBe(3);
      end();
      await clock.advance(3_000);
      expect(looks).toBe(3);
    });

    it('survives the end of its session and wakes readers after it', async () => {
      const listener = listen();
      const seen: Wake[] = [];
      await until(() => listener.connected);
      listener.subscribe('changes', (why) => void seen.push(why));
      expect(await sessionsEnded('listener')).toBe(1);
      await until(() => seen.some((why) => why.reason === 'reconnect'));
      await publishNews(test.database, 'changes', { epoch: 2, offset: 5 });
      await until(() => seen.some((why) => why.reason === 'news'));
    });

    it('merges what arrives while a reader works, and goes on after a reader failed', async () => {
      const listener = listen(new ManualClock());
      await until(() => listener.connected);
      let open: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const offsets: number[] = [];
      let second = 0;
      listener.subscribe('changes', async (why) => {
        if (why.reason === 'news') offsets.push(why.upTo.offset);
        await gate;
      });
      listener.subscribe('changes', (why) => {
        if (why.reason === 'news') second = why.upTo.offset;
        throw new Error('a reader fails');
      });
      for (let offset = 1; offset <= 50; offset++)
        await publishNews(test.database, 'changes', { epoch: 1, offset });
      await until(() => second === 50);
      expect(offsets).toEqual([1]);
      open();
      await until(() => offsets.at(-1) === 50);
      expect(offsets).toEqual([1, 50]);
    });
  });

  describe('leases', () => {
    const options = (holder: string) => ({
      url: test.url,
      name: 'stream',
      holder,
      clock: systemClock,
      log: silentLogger,
    });

    it('have one holder; the next one gets a higher token as soon as it is released', async () => {
      const first = await acquireLease(options('a'));
      expect(await tryAcquireLease(options('b'))).toBeUndefined();
      const waiting = acquireLease(options('b'));
      await first.release();
      const second = await waiting;
      expect(second.token).toBe(first.token + 1);
      await test.database.transaction((tx) => second.check(tx));
      await expect(test.database.transaction((tx) => first.check(tx))).rejects.toMatchObject({
        code: 'STORE_LEASE_LOST',
      });
      await second.release();
    });

    it('are lost with their session, and a former holder that does not know it cannot write', async () => {
      const first = await acquireLease(options('a'));
      // The zombie: same token, but its process never learns that the session ended.
      const check = (tx: Parameters<typeof first.check>[0]) =>
        tx.query('SELECT 1 FROM leases WHERE name = $1 AND token = $2 FOR SHARE', ['stream', first.token]);
      expect(await sessionsEnded('lease stream')).toBe(1);
      await until(() => first.signal.aborted);
      expect(first.signal.reason).toMatchObject({ code: 'STORE_LEASE_LOST' });
      const second = await acquireLease(options('b'));
      expect((await test.database.transaction((tx) => check(tx))).rowCount).toBe(0);
      await second.release();
    });

    it('hold off a takeover until a guarded transaction past its check has ended', async () => {
      const first = await acquireLease(options('a'));
      const order: string[] = [];
      let waiting: Promise<void> = Promise.resolve();
      await test.database.transaction(async (tx) => {
        await first.check(tx);
        await first.release();
        waiting = acquireLease(options('b')).then((lease) => {
          order.push('taken over');
          return lease.release();
        });
        await until(async () => {
          const blocked = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'lease stream' AND wait_event_type = 'Lock' AND datname = current_database()`;
          return (await test.database.query(blocked)).rowCount === 1;
        });
        order.push('committed');
      });
      await waiting;
      expect(order).toEqual(['committed', 'taken over']);
    });

    it('are taken from a holder that stopped beating, by ending its session', async () => {
      const frozen = await acquireLease({ ...options('frozen'), clock: new ManualClock() });
      await test.database.query('UPDATE lease_beats SET beat_at = beat_at - 20000');
      const next = await acquireLease(options('b'));
      expect(next.token).toBe(frozen.token + 1);
      await until(() => frozen.signal.aborted);
      await next.release();
    });

    it('end the wait when asked to', async () => {
      const first = await acquireLease(options('a'));
      const abort = new AbortController();
      const waiting = acquireLease({ ...options('b'), signal: abort.signal });
      abort.abort(new Error('stopping'));
      await expect(waiting).rejects.toThrow('stopping');
      await first.release();
    });
  });
});
