/** At most `limit` events in any window of `windowMs`. Pure: time is an argument (ms, monotonic). */
export class RateWindow {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #times: number[] = [];

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** How long (ms) until a place is free; 0 if one is. */
  wait(now: number): number {
    while (this.#times.length > 0 && now - (this.#times[0] as number) >= this.#windowMs) this.#times.shift();
    return this.#times.length < this.#limit ? 0 : (this.#times[0] as number) + this.#windowMs - now;
  }

  /** Takes one place and returns 0, or takes none and returns how long (ms) until one is free. */
  take(now: number): number {
    const wait = this.wait(now);
    if (wait === 0) this.#times.push(now);
    return wait;
  }
}
