/** What a feed logs: one line per kind of event in ten seconds, with how many were left out. */
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';

const NOTE_EVERY_MS = 10_000;

export class FeedNotes {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #noted = new Map<string, { at: number; suppressed: number }>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  note(event: string, detail: Record<string, unknown>): void {
    const now = this.#clock.monotonic();
    const last = this.#noted.get(event);
    if (last !== undefined && now - last.at < NOTE_EVERY_MS) {
      last.suppressed++;
      return;
    }
    this.#noted.set(event, { at: now, suppressed: 0 });
    const line = { ...detail, suppressed: last?.suppressed ?? 0 };
    if (event === 'live') this.#log.info(line, 'feed connection is live');
    else this.#log.warn(line, `feed: ${event}`);
  }
}
