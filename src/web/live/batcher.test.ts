import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../runtime/clock.ts';
import { BATCH_MS, Batcher } from './batcher.ts';

function rig(limit = 100) {
  const clock = new ManualClock();
  const batches: (readonly number[])[] = [];
  let lost = 0;
  let hidden = false;
  const frames: (() => void)[] = [];
  const batcher = new Batcher<number>({
    clock: {
      after: (ms, run) => clock.after(ms, run),
      frame: (run) => {
        if (!hidden) return clock.after(0, run);
        frames.push(run);
        return { cancel: () => undefined };
      },
    },
    limit,
    apply: (items, dropped) => {
      batches.push(items);
      lost += dropped;
    },
  });
  return {
    clock,
    batches,
    batcher,
    lost: () => lost,
    hide: () => {
      hidden = true;
    },
    show: () => {
      hidden = false;
      for (const run of frames.splice(0)) run();
    },
  };
}

describe('Batcher', () => {
  it('hands over at most four times a second, everything and in order', async () => {
    const { clock, batches, batcher } = rig();
    for (let item = 0; item < 20; item++) {
      batcher.push(item);
      await clock.advance(50);
    }
    await clock.advance(BATCH_MS);
    expect(batches.length).toBeLessThanOrEqual(5);
    expect(batches.flat()).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('applies nothing while paused, and everything on going on', async () => {
    const { clock, batches, batcher } = rig();
    batcher.pause();
    batcher.push(1);
    batcher.push(2);
    await clock.advance(5_000);
    expect(batches).toEqual([]);
    expect(batcher.waiting).toBe(2);
    batcher.resume();
    await clock.advance(BATCH_MS);
    expect(batches).toEqual([[1, 2]]);
  });

  it('stops while the page is hidden and keeps a bounded number, counting the rest', async () => {
    const { clock, batches, batcher, lost, hide, show } = rig(10);
    hide();
    for (let item = 0; item < 1_000; item++) batcher.push(item);
    await clock.advance(60_000);
    expect(batches).toEqual([]);
    show();
    expect(batches).toHaveLength(1);
    expect(batches[0]).toHaveLength(10);
    expect(batches[0]?.at(-1)).toBe(999);
    expect(lost()).toBe(990);
  });
});
