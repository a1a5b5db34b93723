/**
 * The head of the event log, followed while anybody listens: new changes are read once, encoded once, and handed to
 * the channels in spans that touch each other. The newest stay in memory, so that a reader that comes back after a
 * moment is served without the database.
 */
import type { PositionChange } from '../../contract/positions.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Queryable } from '../../store/database.ts';
import type { NewsListener } from '../../store/news.ts';
import { type LogSpan, readLogSlice, readLogSpan } from '../../store/read_changes.ts';
import { changeRow } from '../views.ts';

/** A change and its JSON text. */
export interface LoggedChange {
  readonly change: PositionChange;
  readonly json: string;
}

/** What a filter selects of the log's changes. */
export type Accepts = (change: PositionChange) => boolean;

export interface TailOptions {
  readonly db: Queryable;
  readonly news: Pick<NewsListener, 'subscribe'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** New changes in the order of the log: everything in (after, upto] of the epoch. */
  readonly onSpan: (span: {
    epoch: number;
    after: number;
    upto: number;
    changes: readonly LoggedChange[];
  }) => void;
  /** The log does not continue where the tail stands: another epoch, or rows are gone. */
  readonly onBreak: (why: 'EPOCH_CHANGED' | 'PLACE_TOO_OLD') => void;
  /** Least pause between two reads, ms: what gathers meanwhile goes out as one frame. */
  readonly pauseMs: () => number;
}

const PAGE = 2_000;
const RING = 20_000;

export class LogTail {
  readonly #options: TailOptions;
  readonly #unsubscribe: () => void;
  #wanted = false;
  #epoch = 0;
  /** Last offset that was handed out; undefined while the tail is not following. */
  #head: number | undefined;
  #ring: LoggedChange[] = [];
  #nextReadAt = 0;

  constructor(options: TailOptions) {
    this.#options = options;
    this.#unsubscribe = options.news.subscribe('changes', () => this.#follow());
  }

  get epoch(): number {
    return this.#epoch;
  }

  get head(): number | undefined {
    return this.#head;
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** Follows from the log's head as of now, unless it does already. */
  async start(): Promise<LogSpan | undefined> {
    const span = await readLogSpan(this.#options.db);
    this.#wanted = true;
    if (span !== undefined && this.#head === undefined) {
      this.#epoch = span.epoch;
      this.#head = span.head;
    }
    return span;
  }

  /** Nobody listens any more. */
  rest(): void {
    this.#wanted = false;
    this.#head = undefined;
    this.#ring = [];
  }

  /** Matching changes in (after, head] if memory reaches back that far. */
  recent(after: number, accepts: Accepts): LoggedChange[] | undefined {
    const oldest = this.#ring[0]?.change.offset ?? (this.#head ?? 0) + 1;
    if (after < oldest - 1) return undefined;
    const skip = after + 1 - oldest;
    return this.#ring.slice(skip).filter(({ change }) => accepts(change));
  }

  /** Called on news and once a second; calls never overlap. */
  async #follow(): Promise<void> {
    if (!this.#wanted) return;
    const { clock, db } = this.#options;
    const wait = this.#nextReadAt - clock.monotonic();
    if (wait > 0) await clock.sleep(wait);
    this.#nextReadAt = clock.monotonic() + this.#options.pauseMs();
    const span = await readLogSpan(db);
    if (span === undefined || !this.#wanted) return;
    if (this.#head === undefined) {
      this.#epoch = span.epoch;
      this.#head = span.head;
      return;
    }
    if (span.epoch !== this.#epoch || span.head < this.#head) {
      this.#jump(span, 'EPOCH_CHANGED');
      return;
    }
    while (this.#head !== undefined && this.#head < span.head) {
      if (!(await this.#page(this.#head, span))) return;
    }
  }

  /** @returns false if the log was broken or the tail was told to rest. */
  async #page(head: number, span: LogSpan): Promise<boolean> {
    const views = await readLogSlice(this.#options.db, {
      epoch: this.#epoch,
      after: head,
      through: Math.min(span.head, head + PAGE),
      limit: PAGE,
    });
    if (this.#head !== head) return false;
    const upto = Math.min(span.head, head + PAGE);
    const dense = views.length === upto - head && views[0]?.offset === head + 1;
    if (!dense) {
      this.#jump(span, 'PLACE_TOO_OLD');
      return false;
    }
    const changes = views.map((view) => {
      const change = changeRow(view);
      return { change, json: JSON.stringify(change) };
    });
    this.#ring.push(...changes);
    if (this.#ring.length > RING) this.#ring = this.#ring.slice(-RING / 2);
    this.#head = upto;
    this.#options.onSpan({ epoch: this.#epoch, after: head, upto, changes });
    return true;
  }

  #jump(span: LogSpan, why: 'EPOCH_CHANGED' | 'PLACE_TOO_OLD'): void {
    this.#options.log.warn(
      { why, epoch: span.epoch, head: span.head },
      'the event log does not continue here',
    );
    this.#epoch = span.epoch;
    this.#head = span.head;
    this.#ring = [];
    this.#options.onBreak(why);
  }
}
