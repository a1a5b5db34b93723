import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff, Pace } from './pace.ts';

/** Polls that go in `ms`, each as soon as it may; looks every `lookMs`. */
function polls(pace: Pace, ms: number, lookMs: number, from = 0): number {
  let sent = 0;
  for (let now = from; now < from + ms; now += lookMs) {
    while (pace.wait(now) === 0) {
      pace.take(now, 1);
      sent++;
    }
  }
  return sent;
}

describe('pace', () => {
  it('uses the whole budget and no more than 5 % beyond it, however coarse the looks and many the sharers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 400 }), (sharers, lookMs) => {
        let sent = 0;
        for (let one = 0; one < sharers; one++) {
          const pace = new Pace();
          pace.set(600, sharers);
          sent += polls(pace, 120_000, lookMs);
        }
        expect(sent).toBeGreaterThanOrEqual(1_200);
        // The burst at the start, and one poll of each sharer that begins at once.
        expect(sent).toBeLessThanOrEqual(1_200 * 1.05 + 11 + sharers);
      }),
    );
  });

  it('makes up for a pause by a burst of five seconds and no more', () => {
    const pace = new Pace();
    pace.set(600, 1);
    polls(pace, 10_000, 10);
    expect(polls(pace, 10, 10, 70_000)).toBeLessThanOrEqual(54);
  });

  it('counts every request of a poll', () => {
    const pace = new Pace();
    pace.set(600, 1);
    pace.take(100_000, 40);
    expect(pace.wait(100_000)).toBeGreaterThan(2_000);
  });
});

describe('backoff', () => {
  it('waits longer with every failure, at most 5 s, and not at all after a success', () => {
    const backoff = new Backoff();
    const waits: number[] = [];
    let now = 0;
    for (let failure = 0; failure < 8; failure++) {
      backoff.failed(now, false);
      waits.push(backoff.wait(now));
      now += backoff.wait(now);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
    backoff.failed(now, true);
    expect(backoff.wait(now)).toBe(10_000);
    backoff.succeeded();
    expect(backoff.wait(now)).toBe(0);
  });

  it('takes the failures of requests that were under way together as one', () => {
    const backoff = new Backoff();
    for (let i = 0; i < 12; i++) backoff.failed(1_000 + i, false);
    expect(backoff.wait(1_000)).toBe(250);
  });
});
