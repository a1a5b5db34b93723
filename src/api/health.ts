/** Is the process alive, and can it serve? Alive asks nothing of anybody else. */
import type { Clock, Timer } from '../runtime/clock.ts';

const PROBE_EVERY_MS = 500;

/** How late timers fire: the time that the event loop was blocked. */
export class LoopLag {
  readonly #clock: Clock;
  readonly #timer: Timer;
  #due: number;
  #lag = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#due = clock.monotonic() + PROBE_EVERY_MS;
    this.#timer = clock.every(
      PROBE_EVERY_MS,
      () => {
        const now = clock.monotonic();
        this.#lag = Math.max(0, now - this.#due);
        this.#due = now + PROBE_EVERY_MS;
      },
      { background: true },
    );
  }

  /** ms by which the last probe was late, or the one that is due now. */
  get ms(): number {
    return Math.max(this.#lag, this.#clock.monotonic() - this.#due);
  }

  stop(): void {
    this.#timer.cancel();
  }
}

/** A part that must work before requests can be served. */
export interface ReadyCheck {
  readonly name: string;
  /** Resolves when the part works; rejects or takes too long when it does not. */
  check(): Promise<unknown>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** Names of the parts that do not work now; empty means ready. */
export async function failingChecks(checks: readonly ReadyCheck[], clock: Clock): Promise<string[]> {
  const results = await Promise.all(
    checks.map(async ({ name, check }) => {
      const stop = new AbortController();
      try {
        const late = clock
          .sleep(CHECK_TIMEOUT_MS, stop.signal)
          .then(() => Promise.reject(new Error('too slow')));
        await Promise.race([check(), late]);
        return undefined;
      } catch {
        return name;
      } finally {
        stop.abort();
      }
    }),
  );
  return results.filter((name) => name !== undefined);
}
