/**
 * Traders that just traded and were never seeded: a few of them are asked to be polled out of turn, so that who is
 * active becomes exact first. The rotation keeps its share of the polls (see Intake). Pure.
 */
const MAX_ASKED = 200;
/** A request that led to nothing in this time (the account cannot be read) makes room again. */
const FORGET_MS = 600_000;

export class UnseededPolls {
  /** By trader and dex, oldest first: when it was asked for (ms). */
  readonly #asked = new Map<string, number>();

  /** True if the trader should be polled on the dex out of turn; it then counts as asked for. */
  ask(trader: number, dex: string, now: number): boolean {
    if (this.#asked.size >= MAX_ASKED) this.#forget(now);
    if (this.#asked.size >= MAX_ASKED) return false;
    const key = `${trader} ${dex}`;
    if (this.#asked.has(key)) return false;
    this.#asked.set(key, now);
    return true;
  }

  seeded(trader: number, dex: string): void {
    this.#asked.delete(`${trader} ${dex}`);
  }

  #forget(now: number): void {
    for (const [key, at] of this.#asked) {
      if (now - at < FORGET_MS) return;
      this.#asked.delete(key);
    }
  }
}
