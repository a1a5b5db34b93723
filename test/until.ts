import { systemClock } from '../src/runtime/clock.ts';

/** Waits until `condition` gives something truthy and returns it; fails with its last error after `limitMs`. */
export async function until<T>(
  condition: () => T | Promise<T>,
  what = 'the condition',
  limitMs = 60_000,
): Promise<NonNullable<T>> {
  const end = systemClock.monotonic() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (systemClock.monotonic() > end) {
      throw new Error(`waited ${limitMs} ms in vain for ${what}`, { cause: last });
    }
    await systemClock.sleep(10);
  }
}
