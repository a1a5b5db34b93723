/**
 * Evenly spaced requests, pure: places in time, given out in the order of asking. Whoever asks gets the next one, so
 * any number of processes share them without knowing of each other.
 */
export class Places {
  #nextAt: number | undefined;

  /** See WeightLedger.place. @param now ms. */
  take(spacingMs: number, burstMs: number, now: number): number {
    const place = Math.max(this.#nextAt ?? now, now - burstMs);
    this.#nextAt = place + spacingMs;
    return Math.max(0, place - now);
  }
}
