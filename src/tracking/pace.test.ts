import { describe, expect, it } from 'vitest';
import { Backoff } from './pace.ts';

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
