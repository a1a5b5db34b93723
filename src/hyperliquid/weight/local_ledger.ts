import type { Clock, Timer } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { WeightBudget } from './budget.ts';
import {
  type AcquireOptions,
  VENUE_WEIGHT_LIMITS,
  WEIGHT_LANES,
  type WeightGrant,
  type WeightLane,
  type WeightLedger,
  type WeightLimits,
  type WeightSnapshot,
} from './ledger.ts';
import { Places } from './places.ts';

interface Waiter {
  readonly weight: number;
  readonly lane: WeightLane;
  readonly resolve: (grant: WeightGrant) => void;
  readonly reject: (reason: unknown) => void;
}

/** The ledger of a process that has its egress IP for itself: tests, tools, benches. First come, first served in a lane. */
export class LocalWeightLedger implements WeightLedger {
  readonly #clock: Clock;
  readonly #limits: WeightLimits;
  readonly #budget: WeightBudget;
  readonly #places = new Places();
  readonly #waiters = new Set<Waiter>();
  #timer: Timer | undefined;

  constructor(clock: Clock, limits: WeightLimits = VENUE_WEIGHT_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
    this.#budget = new WeightBudget(limits);
  }

  acquire(weight: number, lane: WeightLane, options: AcquireOptions = {}): Promise<WeightGrant> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) {
        reject(options.signal.reason);
        return;
      }
      let deadline: Timer | undefined;
      const done = () => {
        deadline?.cancel();
        options.signal?.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        weight,
        lane,
        resolve: (grant) => {
          done();
          resolve(grant);
        },
        reject: (reason) => {
          done();
          reject(reason);
        },
      };
      const onAbort = () => waiter.reject(options.signal?.reason);
      options.signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
      this.#serve();
      if (options.maxWaitMs !== undefined && this.#waiters.has(waiter)) {
        deadline = this.#clock.after(options.maxWaitMs, () => waiter.reject(exhausted(lane)));
      }
    });
  }

  async place(spacingMs: number, burstMs: number): Promise<number> {
    return this.#places.take(spacingMs, burstMs, this.#clock.monotonic());
  }

  async snapshot(): Promise<WeightSnapshot> {
    const usedByLane = this.#budget.usedByLane(this.#clock.monotonic());
    const used = Object.values(usedByLane).reduce((sum, one) => sum + one, 0);
    const { limit, windowMs } = this.#limits;
    return { limit, windowMs, used, usedByLane, waiting: this.#waiters.size };
  }

  /** Serves waiters by lane, then by age; the first of a lane that does not fit holds back those behind it. */
  #serve(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    let wakeAt = Number.POSITIVE_INFINITY;
    for (const lane of WEIGHT_LANES) {
      for (const waiter of [...this.#waiters].filter((one) => one.lane === lane)) {
        const now = this.#clock.monotonic();
        const admission = this.#budget.admit(waiter.weight, lane, now);
        if (admission.granted) {
          waiter.resolve(this.#grant(admission.id));
        } else if (admission.retryAt === undefined) {
          waiter.reject(impossible(waiter.weight, lane));
        } else {
          wakeAt = Math.min(wakeAt, admission.retryAt);
          break;
        }
      }
    }
    if (wakeAt < Number.POSITIVE_INFINITY) {
      this.#timer = this.#clock.after(Math.max(1, wakeAt - this.#clock.monotonic()), () => this.#serve());
    }
  }

  #grant(id: number): WeightGrant {
    return {
      settle: async (actual) => {
        this.#budget.settle(id, this.#clock.monotonic(), actual);
        this.#serve();
      },
    };
  }
}

const exhausted = (lane: WeightLane) =>
  new AppError('WEIGHT_EXHAUSTED', `no request weight was free for lane ${lane} in time; try again later`, {
    retryable: true,
  });

const impossible = (weight: number, lane: WeightLane) =>
  new AppError('WEIGHT_IMPOSSIBLE', `a request of weight ${weight} can never fit the budget of lane ${lane}`);
