/** When polls of the rotation may go, and how long the venue is left alone when it fails. Pure. */

/** Weight of the polls that a pace counts. */
export const POLL_WEIGHT = 2;
/**
 * Share of the budget that is given out in evenly spaced places. Less than the reserve of repairs leaves (.975): a
 * window that is never quite full lets an urgent poll go at any moment, and what was uneven (a change of runs, a slow
 * answer) evens out instead of coming back a minute later when its charges run out.
 */
const EVEN_SHARE = 0.97;
/** Places that nobody took (the change of runs, a busy machine) are caught up on by this much. */
export const CATCH_UP_MS = 5_000;

/** ms between two polls of weight 2. @param perMinute such polls that the whole budget carries in a minute. */
export const spacingMs = (perMinute: number): number => 60_000 / (perMinute * EVEN_SHARE);

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
