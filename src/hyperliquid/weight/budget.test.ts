import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../runtime/clock.ts';
import { WeightBudget } from './budget.ts';
import { WEIGHT_LANES, type WeightLane } from './ledger.ts';
import { LocalWeightLedger } from './local_ledger.ts';

describe('weight budget', () => {
  test('no window of 60 s ever sees more than the limit, wherever between grant and answer a request arrived', () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 20_000 }),
      weight: fc.integer({ min: 1, max: 200 }),
      lane: fc.constantFrom(...WEIGHT_LANES),
      answerAfter: fc.integer({ min: 0, max: 10_000 }),
      arrivesAt: fc.double({ min: 0, max: 1, noNaN: true }),
      actual: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const limits = { limit: 1200, windowMs: 60_000, reserve: { orders: 100, repairs: 50 } };
        const budget = new WeightBudget(limits);
        const arrivals: { at: number; weight: number }[] = [];
        const answers: { at: number; id: number; actual: number | undefined }[] = [];
        let now = 0;
        for (const one of steps) {
          now += one.wait;
          for (const answer of answers.filter((a) => a.at <= now).sort((a, b) => a.at - b.at)) {
            budget.settle(answer.id, answer.at, answer.actual);
            answers.splice(answers.indexOf(answer), 1);
          }
          const admission = budget.admit(one.weight, one.lane, now);
          if (!admission.granted) continue;
          const actual = one.actual === null ? undefined : Math.ceil(one.actual * one.weight);
          arrivals.push({ at: now + one.arrivesAt * one.answerAfter, weight: actual ?? one.weight });
          answers.push({ at: now + one.answerAfter, id: admission.id, actual });
        }
        for (const from of arrivals) {
          const inWindow = arrivals.filter((a) => a.at >= from.at && a.at < from.at + 60_000);
          expect(inWindow.reduce((sum, a) => sum + a.weight, 0)).toBeLessThanOrEqual(1200);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a lower lane leaves the reserve of the lanes before it alone; what they used does not count twice', () => {
    const budget = new WeightBudget({ limit: 100, windowMs: 60_000, reserve: { orders: 30 } });
    expect(budget.admit(71, 'sweep', 0)).toEqual({ granted: false });
    expect(budget.admit(70, 'sweep', 0).granted).toBe(true);
    expect(budget.admit(1, 'sweep', 0).granted).toBe(false);
    expect(budget.admit(30, 'orders', 0).granted).toBe(true);
    expect(budget.admit(1, 'orders', 0).granted).toBe(false);
    expect(budget.usedByLane(0)).toMatchObject({ orders: 30, sweep: 70 });
  });

  test('a grant whose holder died counts one minute longer than any window', () => {
    const budget = new WeightBudget({ limit: 10, windowMs: 60_000, reserve: {} });
    budget.admit(10, 'sweep', 0);
    expect(budget.admit(10, 'sweep', 119_999)).toEqual({ granted: false, retryAt: 120_000 });
    expect(budget.admit(10, 'sweep', 120_000).granted).toBe(true);
  });
});

describe('local ledger', () => {
  const limits = { limit: 10, windowMs: 60_000, reserve: {} };

  test('waits until weight is free and serves the higher lane first', async () => {
    const clock = new ManualClock();
    const ledger = new LocalWeightLedger(clock, limits);
    const first = await ledger.acquire(10, 'sweep');
    await first.settle(10);
    const served: WeightLane[] = [];
    const low = ledger.acquire(10, 'sweep').then(() => served.push('sweep'));
    const high = ledger.acquire(10, 'repairs').then((grant) => {
      served.push('repairs');
      return grant.settle();
    });
    await clock.advance(59_999);
    expect(served).toEqual([]);
    await clock.advance(1);
    await high;
    expect(served).toEqual(['repairs']);
    await clock.advance(60_000);
    await low;
    expect(served).toEqual(['repairs', 'sweep']);
    expect((await ledger.snapshot()).usedByLane.sweep).toBe(10);
  });

  test('gives back what the answer did not cost, so that a waiting request goes at once', async () => {
    const ledger = new LocalWeightLedger(new ManualClock(), limits);
    const first = await ledger.acquire(10, 'audits');
    const second = ledger.acquire(6, 'audits');
    await first.settle(2);
    await second;
    expect((await ledger.snapshot()).used).toBe(8);
  });

  test('gives up after maxWaitMs, on abort, and at once on the impossible', async () => {
    const clock = new ManualClock();
    const ledger = new LocalWeightLedger(clock, limits);
    await ledger.acquire(10, 'sweep');
    const late = expect(ledger.acquire(1, 'sweep', { maxWaitMs: 500 })).rejects.toMatchObject({
      code: 'WEIGHT_EXHAUSTED',
    });
    await clock.advance(500);
    await late;
    const abort = new AbortController();
    const aborted = expect(ledger.acquire(1, 'sweep', { signal: abort.signal })).rejects.toThrow('stop');
    abort.abort(new Error('stop'));
    await aborted;
    await expect(ledger.acquire(11, 'sweep')).rejects.toMatchObject({ code: 'WEIGHT_IMPOSSIBLE' });
    expect((await ledger.snapshot()).waiting).toBe(0);
  });
});
