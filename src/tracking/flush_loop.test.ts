import { describe, expect, test } from 'vitest';
import { ManualClock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import { silentLogger } from '../runtime/log.ts';
import { FlushLoop } from './flush_loop.ts';

/** Gathers numbers; `fail` decides what happens to the next writes. */
function rig() {
  const clock = new ManualClock();
  const gathered: number[] = [];
  const written: number[][] = [];
  const failures: unknown[] = [];
  const state: { error: Error | undefined; hold: Promise<void> | undefined } = {
    error: undefined,
    hold: undefined,
  };
  const loop = new FlushLoop<number[]>({
    clock,
    log: silentLogger,
    everyMs: 200,
    collect: () => (gathered.length === 0 ? undefined : gathered.splice(0, 3)),
    owes: () => gathered.length > 0,
    write: async (batch) => {
      await state.hold;
      if (state.error !== undefined) throw state.error;
      written.push(batch);
    },
    written: () => undefined,
    failed: (error) => failures.push(error),
  });
  return { clock, gathered, written, failures, state, loop };
}

const away = new AppError('AWAY', 'the database is away', { retryable: true });

describe('a flush loop', () => {
  test('writes within its time, and at once when asked', async () => {
    const { clock, gathered, written, loop } = rig();
    gathered.push(1);
    loop.gathered();
    await clock.advance(199);
    expect(written).toEqual([]);
    await clock.advance(1);
    expect(written).toEqual([[1]]);
    gathered.push(2);
    loop.flush();
    await clock.advance(0);
    expect(written).toEqual([[1], [2]]);
  });

  test('one batch at a time: what comes meanwhile goes with the next', async () => {
    const { clock, gathered, written, state, loop } = rig();
    let release: () => void = () => undefined;
    state.hold = new Promise((resolve) => {
      release = resolve;
    });
    gathered.push(1);
    loop.flush();
    gathered.push(2);
    loop.flush();
    gathered.push(3);
    loop.flush();
    await clock.advance(1_000);
    expect(written).toEqual([]);
    release();
    await clock.advance(0);
    expect(written).toEqual([[1], [2, 3]]);
  });

  test('tries the same batch again until it is in, in order', async () => {
    const { clock, gathered, written, state, loop } = rig();
    state.error = away;
    gathered.push(1);
    loop.flush();
    await clock.advance(10_000);
    gathered.push(2);
    loop.flush();
    await clock.advance(600_000);
    expect(loop.failures).toBeGreaterThan(5);
    state.error = undefined;
    await clock.advance(5_000);
    expect(written).toEqual([[1], [2]]);
    expect(loop.failures).toBe(0);
  });

  test('ends when a batch can never be written', async () => {
    const { clock, gathered, written, state, failures, loop } = rig();
    state.error = new AppError('LEASE_LOST', 'taken over');
    gathered.push(1);
    loop.flush();
    await clock.advance(0);
    state.error = undefined;
    gathered.push(2);
    loop.flush();
    await clock.advance(10_000);
    expect(failures).toHaveLength(1);
    expect(written).toEqual([]);
  });

  test('a stop writes all that is owed, batch after batch', async () => {
    const { gathered, written, loop } = rig();
    gathered.push(1, 2, 3, 4, 5, 6, 7);
    await loop.stop(1_000);
    expect(written).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
  });

  test('a stop gives up after its time and says so', async () => {
    const { clock, gathered, state, loop } = rig();
    state.error = away;
    gathered.push(1);
    const stopped = expect(loop.stop(1_000)).rejects.toMatchObject({ code: 'FLUSH_UNFINISHED' });
    await clock.advance(1_000);
    await stopped;
  });
});
