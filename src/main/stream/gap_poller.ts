/** Requests the polls that gaps make necessary beside the flushes, until all are stored. */
import type { Clock } from '../../runtime/clock.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { type GapPage, GapPolls, type GapPollsParts } from '../../tracking/gap_polls.ts';

/** Between two pages: flushes come first. */
const PAUSE_MS = 100;
const RETRY_MS = 1_000;

export interface GapPollerOptions extends GapPollsParts {
  readonly write: (page: GapPage) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export class GapPoller {
  readonly #options: GapPollerOptions;
  readonly #polls: GapPolls;
  #running = false;

  constructor(options: GapPollerOptions) {
    this.#options = options;
    this.#polls = new GapPolls(options);
  }

  /** Gaps that are stored: the coin (by id) and the last ms of each (exchange time). */
  add(gaps: Iterable<readonly [coin: number, end: number]>): void {
    for (const [coin, end] of gaps) this.#polls.add(coin, end);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    const { clock, signal } = this.#options;
    this.#running = true;
    for (let page = this.#polls.next(); page !== undefined; page = this.#polls.next()) {
      const isIdle = page.polls.length === 0 && page.done.size === 0;
      if (!isIdle) await this.#write(page);
      await clock.sleep(isIdle ? 0 : PAUSE_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
    }
    this.#running = false;
  }

  /** Again and again: what is not written when the process ends is found by the next one. */
  async #write(page: GapPage): Promise<void> {
    const { clock, log, signal, write } = this.#options;
    while (!signal.aborted) {
      try {
        await write(page);
        return;
      } catch (error) {
        log.warn({ error: errorMessage(error) }, 'cannot request the polls after a gap; trying again');
      }
      await clock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }
}
