/**
 * When has a connection that still answers pings stopped delivering? Pure: time is an argument (ms, monotonic).
 *
 * The limit follows the market: thirty mean gaps between frames, so that a handful of quiet coins is given minutes
 * and the whole market seconds. An alarm that turns out to be false (the replay after the reconnect held nothing
 * new) doubles the patience, a true one resets it.
 */
const MIN_LIMIT_MS = 15_000;
const MAX_LIMIT_MS = 600_000;
const GAPS = 30;
/** Weight of the newest gap in the mean. */
const ALPHA = 1 / 32;
/** Before so many gaps the mean says nothing yet. */
const LEARN_GAPS = 8;
const MAX_PATIENCE = 16;
const RELAX_EVERY_MS = 600_000;

export class DataWatch {
  #lastData: number | undefined;
  #meanGap = 0;
  #gaps = 0;
  #patience = 1;
  #relaxedAt = 0;

  /** A live frame with trades (not a replay after a subscribe). */
  data(now: number): void {
    if (this.#lastData !== undefined) {
      const gap = now - this.#lastData;
      this.#gaps++;
      this.#meanGap += (gap - this.#meanGap) * Math.max(ALPHA, 1 / this.#gaps);
    }
    this.#lastData = now;
    if (now - this.#relaxedAt >= RELAX_EVERY_MS) {
      this.#relaxedAt = now;
      this.#patience = Math.max(1, this.#patience / 2);
    }
  }

  /** Longest silence that is still believed, ms; the longest of all until there was data. */
  limitMs(): number {
    const limit = this.#gaps < LEARN_GAPS ? MAX_LIMIT_MS : GAPS * this.#meanGap;
    return Math.min(MAX_LIMIT_MS, Math.max(MIN_LIMIT_MS, limit)) * this.#patience;
  }

  /** @param since when this connection became able to deliver. */
  isSilent(now: number, since: number): boolean {
    return now - Math.max(this.#lastData ?? since, since) > this.limitMs();
  }

  /** The connection was cut for silence. */
  alarmed(): void {
    this.#patience = Math.min(MAX_PATIENCE, this.#patience * 2);
  }

  /** After the alarm, trades turned up that the silent connection had not delivered. */
  alarmWasTrue(): void {
    this.#patience = 1;
  }
}
