/** Which coins the venue refuses while others are followed, and what of that is not written yet. */
export class RefusedCoins {
  /** By coin id: exchange time (ms) up to which it was whole like the others. */
  readonly #since: Map<number, number>;
  #unwritten = new Map<number, number | null>();

  /** @param since as stored. */
  constructor(since: ReadonlyMap<number, number>) {
    this.#since = new Map(since);
  }

  /** The venue refuses these now; all were whole until `wholeUntil` (exchange time, ms). */
  are(refused: ReadonlySet<number>, wholeUntil: number): void {
    for (const coin of refused) if (!this.#since.has(coin)) this.#note(coin, wholeUntil);
    for (const coin of this.#since.keys()) if (!refused.has(coin)) this.#note(coin, null);
  }

  /** What changed since the last call; null: refused no longer. */
  take(): ReadonlyMap<number, number | null> {
    const unwritten = this.#unwritten;
    this.#unwritten = new Map();
    return unwritten;
  }

  #note(coin: number, since: number | null): void {
    this.#unwritten.set(coin, since);
    if (since === null) this.#since.delete(coin);
    else this.#since.set(coin, since);
  }
}
