import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recentTrades } from '../../src/hyperliquid/info/recent_trades.ts';
import {
  UNSETTLED_MS,
  WEIGHT_LANES,
  type WeightLane,
  type WeightLedger,
} from '../../src/hyperliquid/weight/ledger.ts';
import { SharedWeightLedger, type WeightBackend, type WeightRules } from '../../src/jobs/weight/ledger.ts';
import { postgresWeightBackend } from '../../src/jobs/weight/postgres_backend.ts';
import { redisWeightBackend } from '../../src/jobs/weight/redis_backend.ts';
import { weightReserve } from '../../src/main/weight_ledger.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { jobsBackends } from './backends.ts';

const rulesOf = (limit: number, windowMs: number, reserve = {}): WeightRules<WeightLane> => ({
  lanes: WEIGHT_LANES,
  limit,
  windowMs,
  reserve,
  unsettledMs: UNSETTLED_MS,
});

describe.each(await jobsBackends())('weight ledger on $name', ({ name, redisUrl }) => {
  let test: TestDatabase;
  let count = 0;
  const closers: (() => unknown)[] = [];
  beforeEach(async () => {
    test = await createTestDatabase();
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    await test.close();
  });

  /** A ledger with connections of its own, as another process would have. */
  async function connect(rules: WeightRules<WeightLane>, egress: string) {
    let backend: WeightBackend;
    if (redisUrl !== undefined) {
      const redis = new Redis(redisUrl.reveal());
      closers.push(() => redis.disconnect());
      const namespace = test.name;
      // As if this Redis had been there for long.
      await redis.set(`autotrade:{${namespace}:weight:${egress}}:mark`, 1);
      backend = redisWeightBackend({ redis, namespace, egress, rules });
    } else {
      const database = openDatabase({
        url: test.url,
        log: silentLogger,
        applicationName: 'ledger',
        maxConnections: 2,
      });
      closers.push(() => database.close());
      backend = postgresWeightBackend(database, egress, rules);
    }
    const ledger: WeightLedger = new SharedWeightLedger({
      backend,
      rules,
      clock: systemClock,
      log: silentLogger,
    });
    return { backend, ledger };
  }

  it('never lets any window exceed the limit, surcharges and refunds included, whoever asks', async () => {
    const request = fc.record({
      weight: fc.integer({ min: 1, max: 20 }),
      lane: fc.constantFrom(...WEIGHT_LANES),
      answerMs: fc.integer({ min: 0, max: 60 }),
      arrives: fc.double({ min: 0, max: 1, noNaN: true }),
      refund: fc.double({ min: 0, max: 1, noNaN: true }),
      unknown: fc.boolean(),
    });
    const workers = fc.array(fc.array(request, { minLength: 5, maxLength: 14 }), {
      minLength: 2,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(workers, async (plan) => {
        const rules = rulesOf(60, 250, { orders: 10, repairs: 5 });
        rules satisfies WeightRules<WeightLane>;
        const brief = { ...rules, unsettledMs: 60_000 };
        const egress = `egress${count++}`;
        const arrivals: { at: number; weight: number }[] = [];
        await Promise.all(
          plan.map(async (requests) => {
            const { ledger } = await connect(brief, egress);
            // Several under way at once in each worker.
            await Promise.all(
              requests.map(async (one) => {
                const grant = await ledger.acquire(one.weight, one.lane);
                await systemClock.sleep(one.answerMs * one.arrives);
                const actual = Math.ceil(one.weight * one.refund);
                arrivals.push({ at: systemClock.monotonic(), weight: one.unknown ? one.weight : actual });
                await systemClock.sleep(one.answerMs * (1 - one.arrives));
                await grant.settle(one.unknown ? undefined : actual);
              }),
            );
          }),
        );
        for (const from of arrivals) {
          const inWindow = arrivals.filter((one) => one.at >= from.at && one.at < from.at + rules.windowMs);
          expect(inWindow.reduce((sum, one) => sum + one.weight, 0)).toBeLessThanOrEqual(rules.limit);
        }
        for (const close of closers.splice(0)) await close();
      }),
      // Real time: a failure cannot be made smaller by running it again.
      { numRuns: 6, endOnFailure: true },
    );
  });

  it('gives out the whole limit to many workers at once, and not one more', async () => {
    const rules = rulesOf(1200, 60_000);
    const ledgers = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(() => connect(rules, 'one')));
    const abort = new AbortController();
    let granted = 0;
    const all = Promise.allSettled(
      ledgers.flatMap(({ ledger }) =>
        Array.from({ length: 100 }, () =>
          ledger.acquire(2, 'sweep', { signal: abort.signal }).then((grant) => {
            granted++;
            return grant.settle(2);
          }),
        ),
      ),
    );
    await until(() => granted === 600);
    const { ledger } = await connect(rules, 'one');
    expect(await ledger.snapshot()).toMatchObject({
      limit: 1200,
      used: 1200,
      usedByLane: { sweep: 1200, orders: 0 },
    });
    await expect(ledger.acquire(1, 'orders', { maxWaitMs: 50 })).rejects.toMatchObject({
      code: 'WEIGHT_EXHAUSTED',
    });
    abort.abort(new Error('enough'));
    const outcomes = await all;
    expect(outcomes.filter((one) => one.status === 'fulfilled').length).toBe(600);
  });

  it('keeps the reserve of higher lanes from lower ones; what those used themselves does not count twice', async () => {
    const { backend } = await connect(rulesOf(100, 60_000, { orders: 30, repairs: 10 }), 'reserve');
    const [orders, repairs, sweep] = ['orders', 'repairs', 'sweep'].map((lane) =>
      WEIGHT_LANES.indexOf(lane as WeightLane),
    ) as [number, number, number];
    expect(await backend.admit(61, sweep)).toEqual({ charge: undefined, retryAfterMs: undefined });
    expect((await backend.admit(60, sweep)).charge).toBeDefined();
    expect((await backend.admit(1, sweep)).charge).toBeUndefined();
    expect((await backend.admit(10, repairs)).charge).toBeDefined();
    expect((await backend.admit(1, repairs)).charge).toBeUndefined();
    expect((await backend.admit(20, orders)).charge).toBeDefined();
    expect((await backend.admit(1, sweep)).charge).toBeUndefined();
    expect((await backend.admit(10, orders)).charge).toBeDefined();
    expect(await backend.used()).toEqual([30, 10, 0, 60, 0]);
  });

  it('grants a repair at once while lower lanes take all that they are given', async () => {
    const rules = rulesOf(1200, 60_000, weightReserve(1200));
    const { ledger } = await connect(rules, 'saturated');
    const abort = new AbortController();
    let granted = 0;
    const polls = Promise.allSettled(
      Array.from({ length: 600 }, (_, i) =>
        ledger
          .acquire(2, i % 10 === 0 ? 'audits' : 'sweep', { signal: abort.signal })
          .then((grant) => grant.settle(2).then(() => granted++)),
      ),
    );
    const { ledger: stream } = await connect(rules, 'saturated');
    await until(() => granted === 585);
    const { maxWeight = 0 } = recentTrades('BTC');
    const grant = await stream.acquire(maxWeight, 'repairs', { maxWaitMs: 5_000 });
    expect((await stream.snapshot()).used).toBe(1200);
    await grant.settle(21);
    // What it gave back is still its lane's.
    await (await stream.acquire(9, 'repairs', { maxWaitMs: 5_000 })).settle(9);
    expect((await stream.snapshot()).used).toBe(1200);
    abort.abort(new Error('enough'));
    await polls;
  });

  it('counts what was never settled as spent for the window and the longest request', async () => {
    const rules = { ...rulesOf(10, 50), unsettledMs: 60_000 };
    const { backend } = await connect(rules, 'unsettled');
    await backend.admit(10, 0);
    const refused = await backend.admit(1, 0);
    expect(refused.charge).toBeUndefined();
    expect((refused as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(50_000);
  });

  it('charges a surcharge after the answer, and gives back what was not used', async () => {
    const { backend, ledger } = await connect(rulesOf(100, 60_000), 'surcharge');
    const grant = await ledger.acquire(20, 'history');
    await grant.settle(95);
    expect((await ledger.snapshot()).used).toBe(95);
    expect((await backend.admit(6, 0)).charge).toBeUndefined();
    const refund = await ledger.acquire(5, 'history');
    await refund.settle(0);
    expect((await backend.admit(5, 0)).charge).toBeDefined();
  });

  it('counts what was sent after its charge had run out', async () => {
    const brief = await connect({ ...rulesOf(100, 60), unsettledMs: 60 }, 'frozen');
    const lasting = await connect(rulesOf(100, 60_000), 'frozen');
    const { charge: late = '' } = await brief.backend.admit(20, 0);
    const { charge: unused = '' } = await brief.backend.admit(30, 0);
    await until(async () => (await lasting.ledger.snapshot()).used === 0);
    // Makes the backend forget them.
    expect(await lasting.backend.admit(1, 0)).toMatchObject({ charge: expect.any(String) });
    await lasting.backend.settle(unused, 0);
    await lasting.backend.settle(late, 25);
    expect((await lasting.ledger.snapshot()).used).toBe(26);
  });

  it('serves higher lanes first and waits in order within one', async () => {
    const rules = { ...rulesOf(10, 300), unsettledMs: 300 };
    const { ledger } = await connect(rules, 'order');
    const full = await ledger.acquire(10, 'sweep');
    const order: string[] = [];
    const take = (lane: WeightLane, tag: string) =>
      ledger.acquire(10, lane).then(async (grant) => {
        order.push(tag);
        await grant.settle();
      });
    const all = [
      take('history', 'history'),
      take('sweep', 'sweep 1'),
      take('sweep', 'sweep 2'),
      take('repairs', 'repairs'),
    ];
    await full.settle(10);
    await Promise.all(all);
    expect(order).toEqual(['repairs', 'sweep 1', 'sweep 2', 'history']);
  });

  it('gives evenly spaced places to all who ask, in order, and lets a few that nobody took be caught up on', async () => {
    const rules = rulesOf(1200, 60_000);
    const [one, other] = await Promise.all([connect(rules, 'places'), connect(rules, 'places')]);
    const spacing = 10_000;
    const asked = systemClock.monotonic();
    const take = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, i) =>
          (i % 2 === 0 ? one : other).ledger.place(spacing, 3 * spacing),
        ),
      );
    const waits = (await take(8)).sort((a, b) => a - b);
    const elapsed = systemClock.monotonic() - asked;
    waits.forEach((wait, i) => {
      expect(wait).toBeLessThanOrEqual(i * spacing);
      expect(wait).toBeGreaterThanOrEqual(Math.max(0, i * spacing - elapsed - 2));
    });
    // A place that is given back is taken by the next.
    await one.ledger.place(-spacing, 3 * spacing);
    expect(await other.ledger.place(spacing, 3 * spacing)).toBeLessThanOrEqual(7 * spacing);
    expect(await other.ledger.place(spacing, 3 * spacing)).toBeGreaterThan(7 * spacing);
    const { ledger } = await connect(rules, 'places of another address');
    expect(await ledger.place(1, 0)).toBe(0);
    const left = systemClock.monotonic();
    await until(() => systemClock.monotonic() - left > 50);
    // 50 ms were left unused, 20 ms of them may be caught up on.
    expect(await ledger.place(1_000_020, 20)).toBe(0);
    const next = await ledger.place(1, 20);
    expect(next).toBeLessThanOrEqual(1_000_000);
    expect(next).toBeGreaterThan(1_000_000 - (systemClock.monotonic() - left));
    expect((await ledger.snapshot()).used).toBe(0);
  });

  it('refuses at once what can never fit, and ends the wait when asked', async () => {
    const { ledger } = await connect(rulesOf(10, 60_000, { orders: 4 }), 'refuse');
    await expect(ledger.acquire(7, 'sweep')).rejects.toMatchObject({ code: 'WEIGHT_IMPOSSIBLE' });
    await (await ledger.acquire(10, 'orders')).settle();
    const abort = new AbortController();
    const waiting = ledger.acquire(1, 'orders', { signal: abort.signal });
    abort.abort(new Error('stopping'));
    await expect(waiting).rejects.toThrow('stopping');
    expect((await ledger.snapshot()).waiting).toBe(0);
  });

  it.runIf(name === 'redis')('admits nothing for one window on a Redis that has forgotten', async () => {
    const redis = new Redis(redisUrl?.reveal() ?? '');
    closers.push(() => redis.disconnect());
    const rules = rulesOf(10, 60_000);
    const backend = redisWeightBackend({ redis, namespace: test.name, egress: 'forgotten', rules });
    expect(await backend.admit(1, 0)).toEqual({ charge: undefined, retryAfterMs: 60_000 });
    const again = (await backend.admit(1, 0)) as { retryAfterMs: number };
    expect(again.retryAfterMs).toBeGreaterThan(50_000);
  });

  it.runIf(name === 'postgres')('waits while the database is away, and goes on', async () => {
    const { ledger } = await connect(rulesOf(10, 60_000), 'away');
    const superuser = test.database;
    const blocker = superuser.transaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('weight:away', 2))`);
      const waiting = ledger.acquire(1, 'orders');
      await until(async () => {
        const blocked = await superuser.query<{ pid: number }>(
          `SELECT pid FROM pg_stat_activity WHERE application_name = 'ledger' AND wait_event_type = 'Lock' AND datname = $1`,
          [test.name],
        );
        return blocked.rows[0] && superuser.query('SELECT pg_terminate_backend($1)', [blocked.rows[0].pid]);
      });
      return { waiting };
    });
    const grant = await (await blocker).waiting;
    await grant.settle();
    expect((await ledger.snapshot()).used).toBe(1);
  });
});
