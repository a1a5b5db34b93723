/** When polls of the rotation may go, so that weight comes free evenly and an urgent poll never waits long for some. */

/** A run that fell behind (a busy machine, the change of runs) may catch up by this much at once. */
const BURST_MS = 5_000;
/** At its beginning: the change of runs takes about that. */
const FIRST_BURST_MS = 1_000;
/** Faster than the budget refills by this factor: what a longer pause left over is used within minutes. */
const CATCH_UP = 1.05;

export class Pace {
  #intervalMs = 0;
  #next: number | undefined;

  /** @param perMinute polls per minute that the budget carries; @param sharers runs that share them. */
  set(perMinute: number, sharers: number): void {
    this.#intervalMs = (60_000 / (perMinute * CATCH_UP)) * Math.max(1, sharers);
  }

  /** ms until the next poll may go; 0: now. */
  wait(now: number): number {
    return Math.max(0, (this.#next ?? now) - now);
  }

  /** A poll of so many requests goes now. */
  take(now: number, requests: number): void {
    const next = Math.max(this.#next ?? now - FIRST_BURST_MS, now - BURST_MS);
    this.#next = next + this.#intervalMs * requests;
  }
}

/** First and longest pause after failures of the venue in a row. */
const FIRST_MS = 250;
const LONGEST_MS = 5_000;
/** After the venue said that we ask too much. */
const REFUSED_MS = 10_000;

/** Holds polls back while the venue does not answer; one success ends it. */
export class Backoff {
  #failures = 0;
  #until = 0;
  #successes = 0;

  /** ms until the venue may be asked again; 0: now. */
  wait(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /** Rises with every answer. */
  get successes(): number {
    return this.#successes;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#until = 0;
    this.#successes++;
  }

  /** Failures of requests that were under way when the pause began are one failure. */
  failed(now: number, rateLimited: boolean): void {
    if (now < this.#until) return;
    const pause = rateLimited ? REFUSED_MS : Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures++;
    this.#until = now + pause;
  }
}
