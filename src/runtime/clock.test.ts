import { describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from './clock.ts';

describe('ManualClock', () => {
  it('fires timers in time order, then in order of creation', async () => {
    const clock = new ManualClock(1000);
    const seen: string[] = [];
    clock.after(20, () => seen.push('b'));
    clock.after(10, () => seen.push('a'));
    clock.after(20, () => seen.push('c'));
    const cancelled = clock.after(15, () => seen.push('never'));
    cancelled.cancel();
    await clock.advance(19);
    expect(seen).toEqual(['a']);
    await clock.advance(1);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(clock.now()).toBe(1020);
    expect(clock.monotonic()).toBe(20);
  });

  it('repeats until cancelled, and a timer may cancel itself', async () => {
    const clock = new ManualClock();
    let count = 0;
    const timer = clock.every(5, () => {
      count++;
      if (count === 3) timer.cancel();
    });
    await clock.advance(100);
    expect(count).toBe(3);
    expect(clock.pending).toBe(0);
  });

  it('runs continuations of a sleep before later timers', async () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    void clock.sleep(10).then(() => seen.push(clock.monotonic()));
    clock.after(11, () => seen.push(clock.monotonic()));
    await clock.advance(50);
    expect(seen).toEqual([10, 11]);
  });

  it('leaves no timer behind when a sleep is aborted', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const slept = clock.sleep(1000, controller.signal);
    controller.abort(new Error('stopping'));
    await expect(slept).rejects.toThrow('stopping');
    expect(clock.pending).toBe(0);
    await expect(clock.sleep(1, controller.signal)).rejects.toThrow('stopping');
  });
});

describe('systemClock', () => {
  it('sleeps on the real clock and aborts at once', async () => {
    await systemClock.sleep(1);
    const controller = new AbortController();
    const slept = systemClock.sleep(60_000, controller.signal);
    controller.abort(new Error('stopping'));
    await expect(slept).rejects.toThrow('stopping');
  });
});
