import type { Clock } from '../../runtime/clock.ts';
import { RateWindow } from './rate_window.ts';

/** The venue's limit is 30 new connections a minute for one IP; the rest is left to others on it. */
const CONNECTS_PER_MINUTE = 24;

/** Lets one connection at a time come up, and not too many a minute. First come, first served. */
export class ConnectGate {
  readonly #clock: Clock;
  readonly #window = new RateWindow(CONNECTS_PER_MINUTE, 60_000);
  #tail: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with the function that lets the next one in; rejects when aborted. */
  async enter(signal: AbortSignal): Promise<() => void> {
    const before = this.#tail;
    let leave: () => void = () => undefined;
    this.#tail = new Promise((resolve) => {
      leave = resolve;
    });
    try {
      await before;
      for (;;) {
        signal.throwIfAborted();
        const wait = this.#window.take(this.#clock.monotonic());
        if (wait === 0) return leave;
        await this.#clock.sleep(wait, signal);
      }
    } catch (error) {
      leave();
      throw error;
    }
  }
}
