/**
 * Results on their way into the database: gathered for a moment, written as one transaction, tried again while the
 * database is away or full. A batch that the database refuses for good is written row by row, so that one row never
 * costs the others.
 */
import type { Clock } from '../runtime/clock.ts';
import { AppError, errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { RequestResult, TrackedSnapshot, TurnResult } from '../store/tracking_results.ts';
import type { TrackingLease } from '../store/tracking_turns.ts';
import { isLeaseLost, type RunLease } from './run_lease.ts';
import type { TrackingStore } from './tracking_store.ts';

/** What came of one poll. */
export interface PollResult {
  readonly lease: TrackingLease;
  readonly snapshots: readonly TrackedSnapshot[];
  readonly mode?: { readonly traderId: number; readonly mode: string };
  readonly turn?: TurnResult;
  readonly request?: RequestResult;
}

export interface ResultBufferOptions {
  readonly store: TrackingStore;
  readonly lease: RunLease;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stored: (results: readonly PollResult[]) => void;
  /** Results that do not count because their lease had expired. */
  readonly voided: (count: number) => void;
  /** A result that the database refuses; its error's code. */
  readonly refused: (result: PollResult, code: string) => void;
}

const GATHER_MS = 150;
const MOST_AT_ONCE = 100;
/** More than this waiting: the database is slower than the polls, which then wait. */
const MOST_WAITING = 200;
const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 4_000;

export class ResultBuffer {
  readonly #options: ResultBufferOptions;
  #waiting: PollResult[] = [];
  #writing: Promise<void> | undefined;
  #abandoned = new AbortController();

  constructor(options: ResultBufferOptions) {
    this.#options = options;
  }

  /** Resolves when there is room for more. */
  async add(result: PollResult): Promise<void> {
    this.#waiting.push(result);
    this.#writing ??= this.#write();
    while (this.#waiting.length > MOST_WAITING && this.#writing !== undefined) await this.#writing;
  }

  /** Writes what is left; gives up after `graceMs`. */
  async end(graceMs: number): Promise<void> {
    const timer = this.#options.clock.after(graceMs, () =>
      this.#abandoned.abort(new AppError('TRACKING_ENDED', 'the run ends before its results are stored')),
    );
    while (this.#writing !== undefined) await this.#writing;
    timer.cancel();
    if (this.#waiting.length > 0) this.#options.voided(this.#waiting.length);
    this.#waiting = [];
  }

  async #write(): Promise<void> {
    const { clock } = this.#options;
    try {
      await clock.sleep(GATHER_MS, this.#abandoned.signal).catch(() => undefined);
      while (this.#waiting.length > 0 && !this.#abandoned.signal.aborted) {
        const batch = this.#waiting.slice(0, MOST_AT_ONCE);
        this.#waiting = this.#waiting.slice(MOST_AT_ONCE);
        await this.#store(batch);
      }
    } finally {
      this.#writing = undefined;
    }
  }

  /** By lease, in the order in which they came. */
  async #store(batch: readonly PollResult[]): Promise<void> {
    for (const lease of new Set(batch.map((one) => one.lease))) {
      const results = batch.filter((one) => one.lease === lease);
      if (this.#options.lease.isCurrent(lease)) await this.#storeUnder(lease, results);
      else this.#options.voided(results.length);
    }
  }

  async #storeUnder(lease: TrackingLease, results: readonly PollResult[]): Promise<void> {
    const { clock, log } = this.#options;
    let ids: number[] | undefined;
    for (let pause = RETRY_FIRST_MS; ; pause = Math.min(RETRY_LONGEST_MS, pause * 2)) {
      try {
        ids ??= await this.#reserve(results);
        await this.#storeOnce(lease, results, ids);
        this.#options.stored(results);
        return;
      } catch (error) {
        if (isLeaseLost(error)) {
          this.#options.lease.lost(lease);
          this.#options.voided(results.length);
          return;
        }
        if (!mayPass(error)) return this.#oneByOne(lease, results, error);
        log.warn(
          { error: errorMessage(error), results: results.length },
          'cannot store snapshots; trying again',
        );
        await clock.sleep(pause, this.#abandoned.signal).catch(() => undefined);
        if (this.#abandoned.signal.aborted) {
          this.#options.voided(results.length);
          return;
        }
      }
    }
  }

  async #oneByOne(lease: TrackingLease, results: readonly PollResult[], error: unknown): Promise<void> {
    const [only] = results;
    if (only === undefined) return;
    if (results.length > 1) {
      for (const result of results) await this.#storeUnder(lease, [result]);
      return;
    }
    const code = error instanceof AppError ? error.code : 'STORE_QUERY';
    this.#options.refused(only, code);
    if (only.snapshots.length === 0 && only.mode === undefined) return;
    await this.#storeUnder(lease, [withoutAnswer(only, code)]);
  }

  #reserve(results: readonly PollResult[]): Promise<number[]> {
    const count = results.reduce((sum, one) => sum + one.snapshots.length, 0);
    return count === 0 ? Promise.resolve([]) : this.#options.store.reserveSnapshotIds(count);
  }

  #storeOnce(lease: TrackingLease, results: readonly PollResult[], ids: readonly number[]): Promise<void> {
    return this.#options.store.storeResults(lease, {
      snapshots: results.flatMap((one) => one.snapshots),
      ids,
      modes: results.flatMap((one) => one.mode ?? []),
      turns: results.flatMap((one) => one.turn ?? []),
      requests: results.flatMap((one) => one.request ?? []),
    });
  }
}

/** A lost COMMIT is repeated too: the ids make it safe. */
const mayPass = (error: unknown): boolean =>
  error instanceof AppError && (error.retryable || error.code === 'STORE_COMMIT_UNKNOWN');

/** A request that cannot be stored now is asked again after this. */
const REFUSED_RETRY_MS = 60_000;

const withoutAnswer = (result: PollResult, code: string): PollResult => ({
  lease: result.lease,
  snapshots: [],
  ...(result.turn === undefined ? {} : { turn: { traderId: result.turn.traderId, error: code } }),
  ...(result.request === undefined ? {} : { request: { ...result.request, retryAfterMs: REFUSED_RETRY_MS } }),
});
