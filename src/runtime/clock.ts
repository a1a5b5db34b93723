/** Time is an argument: this file and its test double are the only places that touch the real clock. */

export interface Timer {
  /** Stops the timer; safe to call twice. */
  cancel(): void;
}

export interface Clock {
  /** Wall clock, ms since the Unix epoch, UTC. May step. */
  now(): number;
  /** Monotonic ms from an arbitrary start. Never steps back. */
  monotonic(): number;
  /** Runs `fn` once after `ms`. The timer keeps the process alive unless `background` is set. */
  after(ms: number, fn: () => void, options?: { readonly background?: boolean }): Timer;
  /** Runs `fn` every `ms`, first after `ms`. */
  every(ms: number, fn: () => void, options?: { readonly background?: boolean }): Timer;
  /** Resolves after `ms`; rejects with the signal's reason if aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** setTimeout fires at once beyond this many ms. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

function sleepWith(clock: Pick<Clock, 'after'>, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn, options) {
    const handle = setTimeout(fn, Math.min(ms, MAX_TIMEOUT_MS));
    if (options?.background) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  every(ms, fn, options) {
    const handle = setInterval(fn, Math.min(ms, MAX_TIMEOUT_MS));
    if (options?.background) handle.unref();
    return { cancel: () => clearInterval(handle) };
  },
  sleep: (ms, signal) => sleepWith(systemClock, ms, signal),
};

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/** Virtual time for tests and simulation: nothing happens until `advance` is called. */
export class ManualClock implements Clock {
  #now: number;
  readonly #start: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs;
    this.#start = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#start;
  }

  after(ms: number, fn: () => void): Timer {
    const entry: Pending = { at: this.#now + Math.max(0, ms), order: this.#order++, fn };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  every(ms: number, fn: () => void): Timer {
    let timer: Timer;
    const arm = () => {
      timer = this.after(ms, () => {
        arm();
        fn();
      });
    };
    arm();
    return { cancel: () => timer.cancel() };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepWith(this, ms, signal);
  }

  /** Number of timers that have not fired. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Moves time forward, firing due timers in order and letting promise callbacks run between them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#nextDue(end);
      if (next === undefined) break;
      this.#now = next.at;
      this.#pending.delete(next);
      next.fn();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  #nextDue(end: number): Pending | undefined {
    let best: Pending | undefined;
    for (const entry of this.#pending) {
      if (entry.at > end) continue;
      if (best === undefined || entry.at < best.at || (entry.at === best.at && entry.order < best.order))
        best = entry;
    }
    return best;
  }
}

/** Lets promise callbacks that are already queued, and those that they queue, run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
