/**
 * Writes what has gathered, one batch at a time: soon after something came, at once when it is urgent, again and
 * again while the database is away. A batch is made once and tried until it is in.
 */
import type { Clock, Timer } from '../runtime/clock.ts';
import { AppError, errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

export interface FlushLoopOptions<Batch> {
  readonly clock: Clock;
  readonly log: Logger;
  /** Longest wait (ms) between something gathered and its flush. */
  readonly everyMs: number;
  /** Everything gathered so far as one batch; undefined if there is nothing to write. */
  readonly collect: () => Batch | undefined;
  /** True while there is something that a stop must not leave unwritten. */
  readonly owes: () => boolean;
  readonly write: (batch: Batch) => Promise<void>;
  readonly written: (batch: Batch, tookMs: number) => void;
  /** A batch can never be written: the role must end. */
  readonly failed: (error: unknown) => void;
}

export class FlushLoop<Batch> {
  readonly #options: FlushLoopOptions<Batch>;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #draining = false;
  readonly #abort = new AbortController();
  /** Tries of the current batch that failed; 0 while all is well. */
  failures = 0;

  constructor(options: FlushLoopOptions<Batch>) {
    this.#options = options;
  }

  /** Something has gathered: flush within `everyMs`. */
  gathered(): void {
    if (this.#timer !== undefined || this.#stopped) return;
    this.#timer = this.#options.clock.after(this.#options.everyMs, () => {
      this.#timer = undefined;
      this.flush();
    });
  }

  /** Flush now, or as soon as the flush under way has ended. */
  flush(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again) this.flush();
    });
  }

  /** Writes what is left, for at most `graceMs`, and stops. Rejects if it could not all be written. */
  async stop(graceMs: number): Promise<void> {
    this.#timer?.cancel();
    const limit = this.#options.clock.after(graceMs, () =>
      this.#abort.abort(new AppError('FLUSH_UNFINISHED', 'the database did not take the last batch in time')),
    );
    this.#draining = true;
    try {
      this.flush();
      while (this.#running !== undefined) await this.#running;
      if (this.#abort.signal.aborted) throw this.#abort.signal.reason;
    } finally {
      this.#stopped = true;
      limit.cancel();
    }
  }

  /** Stops without writing: another process has taken over. */
  abandon(): void {
    this.#stopped = true;
    this.#again = false;
    this.#timer?.cancel();
    this.#abort.abort(new AppError('FLUSH_ABANDONED', 'the stream was taken over'));
  }

  async #run(): Promise<void> {
    while ((this.#again || (this.#draining && this.#options.owes())) && !this.#abort.signal.aborted) {
      this.#again = false;
      this.#timer?.cancel();
      this.#timer = undefined;
      const batch = this.#options.collect();
      if (batch === undefined) return;
      const startedAt = this.#options.clock.monotonic();
      if (!(await this.#writeForSure(batch))) return;
      this.#options.written(batch, this.#options.clock.monotonic() - startedAt);
    }
  }

  /** Resolves to true when the batch is in, to false when it never will be. */
  async #writeForSure(batch: Batch): Promise<boolean> {
    const { clock, log } = this.#options;
    for (;;) {
      try {
        await this.#options.write(batch);
        if (this.failures > 0) log.info({ failures: this.failures }, 'the database takes writes again');
        this.failures = 0;
        return true;
      } catch (error) {
        if (!(error instanceof AppError && error.retryable)) {
          this.abandon();
          this.#options.failed(error);
          return false;
        }
        if (this.failures++ % 20 === 0) {
          log.warn(
            { error: errorMessage(error), failures: this.failures },
            'cannot write; keeping and trying again',
          );
        }
      }
      const wait = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(10, this.failures - 1));
      try {
        await clock.sleep(wait, this.#abort.signal);
      } catch {
        return false;
      }
    }
  }
}
