import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../runtime/clock.ts';
import { IpLedger, MinuteWindow, VENUE_LIMITS } from './limits.ts';

const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 400 })), {
  maxLength: 200,
});

function grantedBy(window: MinuteWindow, taken: readonly (readonly [number, number])[]) {
  let now = 0;
  const granted: { now: number; amount: number }[] = [];
  for (const [pause, amount] of taken) {
    now += pause;
    if (window.take(now, amount)) granted.push({ now, amount });
  }
  return granted;
}

describe('a minute window', () => {
  it('sliding: no 60 s hold more than the limit', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const granted = grantedBy(new MinuteWindow(1200, 'sliding'), taken);
        for (const { now: end } of granted) {
          const inside = granted.filter(({ now }) => now > end - 60_000 && now <= end);
          expect(inside.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(1200);
        }
      }),
    );
  });

  it('fixed: no whole minute holds more than the limit, but two together may', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const sums = new Map<number, number>();
        for (const { now, amount } of grantedBy(new MinuteWindow(1200, 'fixed'), taken)) {
          const minute = Math.floor(now / 60_000);
          sums.set(minute, (sums.get(minute) ?? 0) + amount);
        }
        for (const sum of sums.values()) expect(sum).toBeLessThanOrEqual(1200);
      }),
    );
    const window = new MinuteWindow(10, 'fixed');
    expect([window.take(59_999, 10), window.take(59_999, 1), window.take(60_000, 10)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('lets a surcharge overdraw, and refuses until it has aged out', () => {
    const window = new MinuteWindow(100, 'sliding');
    window.take(0, 90);
    window.add(10, 50);
    expect(window.take(59_999, 1)).toBe(false);
    expect(window.take(60_000, 51)).toBe(false);
    expect(window.take(60_000, 50)).toBe(true);
  });
});

describe('one client address', () => {
  const ledger = (overrides = {}) =>
    new IpLedger({ ...VENUE_LIMITS, users: 2, ...overrides }, new ManualClock());

  it('counts distinct users, not subscriptions', () => {
    const one = ledger();
    expect([one.addSubscription('a'), one.addSubscription('a'), one.addSubscription('b')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(one.addSubscription('c')).toBe('Cannot track more than 2 total users.');
    one.removeSubscription('a');
    expect(one.addSubscription('c')).toBe('Cannot track more than 2 total users.');
    one.removeSubscription('a');
    expect(one.addSubscription('c')).toBeUndefined();
  });

  it('refuses new connections beyond the rate even when old ones are closed', () => {
    const one = ledger({ newConnectionsPerMinute: 2 });
    for (let index = 0; index < 2; index++) {
      expect(one.openConnection()).toBeUndefined();
      one.closeConnection();
    }
    expect(one.openConnection()).toBe('Cannot open more than 2 new connections per minute.');
  });
});
