/**
 * The head of the event log, followed while anybody listens: new changes are read once, encoded once, and handed to
 * the channels in spans that touch each other. The newest stay in memory, so that a reader that comes back after a
 * moment is served without the database.
 */
import type { PositionChange } from '../../contract/positions.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Queryable } from '../../store/database.ts';
import type { NewsListener, Wake } from '../../store/news.ts';
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
    this.#unsubscribe = options.news.subscribe('changes', (wake) => this.#follow(wake));
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

  /** True if memory holds everything in (after, head]. */
  reaches(after: number): boolean {
    return this.#head !== undefined && after >= this.#oldest() - 1;
  }

  /** The first `limit` matching changes in (after, head], if memory reaches back that far. */
  recent(after: number, accepts: Accepts, limit: number): LoggedChange[] | undefined {
    if (!this.reaches(after)) return undefined;
    const found: LoggedChange[] = [];
    for (let i = after + 1 - this.#oldest(); i < this.#ring.length && found.length < limit; i++) {
      const logged = this.#ring[i] as LoggedChange;
      if (accepts(logged.change)) found.push(logged);
    }
    return found;
  }

  #oldest(): number {
    return this.#ring[0]?.change.offset ?? (this.#head ?? 0) + 1;
  }

  /** Called on news and once a second; calls never overlap. */
  async #follow(wake: Wake): Promise<void> {
    if (!this.#wanted) return;
    const { clock } = this.#options;
    const wait = this.#nextReadAt - clock.monotonic();
    if (wait > 0) await clock.sleep(wait);
    this.#nextReadAt = clock.monotonic() + this.#options.pauseMs();
    // News says how far the log is; without it, or when it speaks of another epoch, the log itself is asked.
    const known = wake.reason === 'news' && this.#head !== undefined && wake.upTo.epoch === this.#epoch;
    const through = known ? wake.upTo.offset : await this.#look();
    while (through !== undefined && this.#head !== undefined && this.#head < through) {
      if (!(await this.#page(this.#head, through))) return;
    }
  }

  /** Asks the log how far it is. @returns undefined if there is nothing to read on from here. */
  async #look(): Promise<number | undefined> {
    const span = await readLogSpan(this.#options.db);
    if (span === undefined || !this.#wanted) return undefined;
    if (this.#head === undefined) {
      this.#epoch = span.epoch;
      this.#head = span.head;
      return undefined;
    }
    if (span.epoch === this.#epoch && span.head >= this.#head) return span.head;
    this.#jump(span, 'EPOCH_CHANGED');
    return undefined;
  }

  /** @returns false if the log was broken or the tail was told to rest. */
  async #page(head: number, through: number): Promise<boolean> {
    const { db } = this.#options;
    const upto = Math.min(through, head + PAGE);
    const views = await readLogSlice(db, { epoch: this.#epoch, after: head, through: upto, limit: PAGE });
    if (this.#head !== head) return false;
    const dense = views.length === upto - head && views[0]?.offset === head + 1;
    if (!dense) {
      const span = await readLogSpan(db);
      if (span !== undefined && this.#head === head) {
        this.#jump(span, span.epoch === this.#epoch ? 'PLACE_TOO_OLD' : 'EPOCH_CHANGED');
      }
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
