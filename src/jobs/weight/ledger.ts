/**
 * The weight ledger that all processes on one egress IP share. The rule is decided by a backend in one atomic
 * step (a PostgreSQL function, a Redis script); this file only waits, in order of lanes, and settles.
 *
 * Its shape is the exchange client's ledger port; the composition root passes it the lanes and limits.
 */
import type { Clock, Timer } from '../../runtime/clock.ts';
import { AppError, errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';

export interface WeightRules<Lane extends string> {
  /** Highest priority first. */
  readonly lanes: readonly Lane[];
  /** Most weight in any window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Weight that a lane keeps free from the lanes after it. */
  readonly reserve: Readonly<Partial<Record<Lane, number>>>;
  /** How long a charge that is never settled counts beyond the window: longer than a request may be under way. */
  readonly unsettledMs: number;
}

/** Admission by a backend. `retryAfterMs` undefined: it can never fit. */
export type Admission =
  | { readonly charge: string }
  | { readonly charge: undefined; readonly retryAfterMs: number | undefined };

/** One atomic step each; `lane` is the position in the list of lanes. */
export interface WeightBackend {
  admit(weight: number, lane: number): Promise<Admission>;
  settle(charge: string, actual: number | undefined): Promise<void>;
  /** ms until the next evenly spaced place, taken for the caller. */
  place(spacingMs: number, burstMs: number): Promise<number>;
  /** Weight that counts now, by lane. */
  used(): Promise<number[]>;
}

interface AcquireOptions {
  readonly signal?: AbortSignal;
  readonly maxWaitMs?: number;
}

interface Grant {
  settle(actual?: number): Promise<void>;
}

interface Snapshot<Lane extends string> {
  readonly limit: number;
  readonly windowMs: number;
  readonly used: number;
  readonly usedByLane: Readonly<Record<Lane, number>>;
  readonly waiting: number;
}

/** So that a backend that answers slowly does not bound the rate of requests. */
const ASKED_AT_ONCE = 4;
/** Another process may have given weight back: look at least this often. */
const LOOK_AGAIN_MS = 500;
/** When weight comes free, processes with higher lanes ask this much earlier, per lane. */
const LANE_STEP_MS = 3;
const BACKEND_RETRY_MS = 1_000;
const SETTLE_ATTEMPTS = 30;

interface Waiter {
  readonly weight: number;
  readonly lane: number;
  readonly resolve: (grant: Grant) => void;
  readonly reject: (reason: unknown) => void;
}

export interface SharedWeightLedgerOptions<Lane extends string> {
  readonly backend: WeightBackend;
  readonly rules: WeightRules<Lane>;
  readonly clock: Clock;
  readonly log: Logger;
}

const isRefusal = (retryAfterMs: number | undefined): retryAfterMs is number => retryAfterMs !== undefined;

export class SharedWeightLedger<Lane extends string> {
  readonly #backend: WeightBackend;
  readonly #rules: WeightRules<Lane>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #waiters = new Set<Waiter>();
  #serving = false;
  #again = false;
  #timer: Timer | undefined;

  constructor(options: SharedWeightLedgerOptions<Lane>) {
    this.#backend = options.backend;
    this.#rules = options.rules;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /**
   * Resolves when `weight` fits in the window for this lane; first come, first served within a lane.
   * @throws AppError `WEIGHT_EXHAUSTED` after `maxWaitMs`, `WEIGHT_IMPOSSIBLE` if it can never fit; the signal's
   *   reason if aborted.
   */
  acquire(weight: number, lane: Lane, options: AcquireOptions = {}): Promise<Grant> {
    const { signal, maxWaitMs } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      let deadline: Timer | undefined;
      const done = () => {
        deadline?.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        weight,
        lane: this.#rules.lanes.indexOf(lane),
        resolve: (grant) => {
          done();
          resolve(grant);
        },
        reject: (reason) => {
          done();
          reject(reason);
        },
      };
      const onAbort = () => waiter.reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (maxWaitMs !== undefined)
        deadline = this.#clock.after(maxWaitMs, () => waiter.reject(exhausted(lane)));
      this.#waiters.add(waiter);
      void this.#serve();
    });
  }

  /**
   * Takes the next of the places of this egress, `spacingMs` before the one after it; ms until then. Places that nobody
   * took may be caught up on by `burstMs`; a negative spacing gives a place back. @throws what the backend throws.
   */
  place(spacingMs: number, burstMs: number): Promise<number> {
    return this.#backend.place(spacingMs, burstMs);
  }

  async snapshot(): Promise<Snapshot<Lane>> {
    const byLane = await this.#backend.used();
    const { lanes, limit, windowMs } = this.#rules;
    const usedByLane = Object.fromEntries(lanes.map((lane, index) => [lane, byLane[index] ?? 0])) as Record<
      Lane,
      number
    >;
    return {
      limit,
      windowMs,
      used: byLane.reduce((sum, one) => sum + one, 0),
      usedByLane,
      waiting: this.#waiters.size,
    };
  }

  /** Asks for the waiters, highest lane first; arms a timer for those that must wait. */
  async #serve(): Promise<void> {
    if (this.#serving) {
      this.#again = true;
      return;
    }
    this.#serving = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    let wait = Number.POSITIVE_INFINITY;
    try {
      do {
        this.#again = false;
        wait = await this.#serveLanes();
      } while (this.#again);
    } catch (error) {
      this.#log.warn({ error: errorMessage(error) }, 'the weight ledger does not answer; requests wait');
      wait = BACKEND_RETRY_MS;
    } finally {
      this.#serving = false;
    }
    if (wait < Number.POSITIVE_INFINITY && this.#waiters.size > 0) {
      this.#timer = this.#clock.after(wait, () => void this.#serve());
    }
  }

  /** Returns after how many ms to look again. */
  async #serveLanes(): Promise<number> {
    let wait = Number.POSITIVE_INFINITY;
    for (let lane = 0; lane < this.#rules.lanes.length; lane++) {
      for (let group = this.#firstOf(lane); group.length > 0; group = this.#firstOf(lane)) {
        const refused = (await Promise.all(group.map((waiter) => this.#serveOne(waiter, group)))).filter(
          isRefusal,
        );
        if (refused.length === 0) continue;
        wait = Math.min(wait, Math.min(...refused, LOOK_AGAIN_MS) + lane * LANE_STEP_MS);
        break;
      }
    }
    return wait;
  }

  /** The first waiters of a lane as far as they want the same: what a backend grants any of them fits the first. */
  #firstOf(lane: number): Waiter[] {
    const group: Waiter[] = [];
    for (const waiter of this.#waiters) {
      if (waiter.lane !== lane) continue;
      if (group.length === ASKED_AT_ONCE || waiter.weight !== (group[0] ?? waiter).weight) break;
      group.push(waiter);
    }
    return group;
  }

  /** Asks for one of a group of equals. Undefined when a waiter is done with, else ms until one may fit. */
  async #serveOne(waiter: Waiter, group: readonly Waiter[]): Promise<number | undefined> {
    const admission = await this.#backend.admit(waiter.weight, waiter.lane);
    if (admission.charge === undefined) {
      if (admission.retryAfterMs !== undefined) return Math.max(1, admission.retryAfterMs);
      waiter.reject(impossible(waiter.weight, this.#rules.lanes[waiter.lane] ?? ''));
      return undefined;
    }
    const { charge } = admission;
    // Answers to equals may come in any order; who waited longest goes first.
    const first = group.find((one) => this.#waiters.has(one));
    if (first !== undefined) first.resolve({ settle: (actual) => this.#settle(charge, actual) });
    // Gave up while we asked: nothing was sent, so nothing was spent.
    else await this.#settle(charge, 0);
    return undefined;
  }

  /**
   * The caller has its answer and need not wait for a ledger that is away: an unsettled charge counts longer, not
   * shorter. What cost more than was taken must be recorded, so it is tried again.
   */
  async #settle(charge: string, actual: number | undefined): Promise<void> {
    try {
      await this.#backend.settle(charge, actual);
    } catch (error) {
      this.#log.warn({ error: errorMessage(error) }, 'cannot settle weight; trying again');
      void this.#settleLater(charge, actual);
    }
    if (this.#waiters.size > 0) void this.#serve();
  }

  async #settleLater(charge: string, actual: number | undefined): Promise<void> {
    for (let attempt = 0; attempt < SETTLE_ATTEMPTS; attempt++) {
      await this.#clock.sleep(BACKEND_RETRY_MS);
      try {
        await this.#backend.settle(charge, actual);
        return;
      } catch {
        // Tried again; the charge itself runs out by then.
      }
    }
  }
}

const exhausted = (lane: string) =>
  new AppError('WEIGHT_EXHAUSTED', `no request weight was free for lane ${lane} in time; try again later`, {
    retryable: true,
  });

const impossible = (weight: number, lane: string) =>
  new AppError('WEIGHT_IMPOSSIBLE', `a request of weight ${weight} can never fit the budget of lane ${lane}`);
