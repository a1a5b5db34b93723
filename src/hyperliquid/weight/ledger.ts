/**
 * The port behind which the weight budget of one egress IP lives. Every caller on that IP, in any process, takes
 * from the same ledger before the first byte of a request leaves. Backends: in-process (this room), PostgreSQL
 * and Redis (the jobs room). All of them follow the rules of budget.ts.
 */

/** Highest priority first. A lane may not eat into what a lane before it keeps in reserve. */
export const WEIGHT_LANES = ['orders', 'repairs', 'audits', 'sweep', 'history'] as const;
export type WeightLane = (typeof WEIGHT_LANES)[number];

/** Weight kept free for a lane in every window; lanes that are not named keep nothing. */
export type WeightReserve = Readonly<Partial<Record<WeightLane, number>>>;

export interface WeightLimits {
  /** Most weight that may reach the venue in any window of `windowMs`. The venue's rule: 1200 in 60 s. */
  readonly limit: number;
  readonly windowMs: number;
  readonly reserve: WeightReserve;
}

export const VENUE_WEIGHT_LIMITS: WeightLimits = { limit: 1200, windowMs: 60_000, reserve: {} };

/**
 * Weight that was taken for one request. It counts from the moment of `acquire`; the request reached the venue
 * at some unknown moment before its answer, so it stops counting one window after `settle`, not after `acquire`.
 * Exactly one `settle` per grant; a grant that is never settled (crash) counts for `UNSETTLED_MS` more.
 */
export interface WeightGrant {
  /**
   * The answer is here, or the outcome is unknown.
   * @param actual what the request cost, response-size surcharge included: less than was acquired gives the
   *   rest back, more is charged after the fact. Absent means unknown: everything acquired counts as spent.
   */
  settle(actual?: number): Promise<void>;
}

export interface AcquireOptions {
  readonly signal?: AbortSignal;
  /** Give up (`WEIGHT_EXHAUSTED`) instead of waiting longer than this. Default: wait as long as it takes. */
  readonly maxWaitMs?: number;
}

export interface WeightSnapshot {
  readonly limit: number;
  readonly windowMs: number;
  /** Weight that counts against the window now, all lanes. */
  readonly used: number;
  readonly usedByLane: Readonly<Record<WeightLane, number>>;
  /** Callers of this process that wait. */
  readonly waiting: number;
}

export interface WeightLedger {
  /**
   * Resolves when `weight` fits in the window for this lane. Pass the most that the request can cost, with the
   * largest response-size surcharge; `settle` gives back what was not used.
   * @throws AppError `WEIGHT_EXHAUSTED` after `maxWaitMs`, `WEIGHT_IMPOSSIBLE` if it can never fit; the
   *   signal's reason if aborted.
   */
  acquire(weight: number, lane: WeightLane, options?: AcquireOptions): Promise<WeightGrant>;
  /**
   * Takes the next of the evenly spaced places of this egress IP, which all processes on it share; `spacingMs` are left
   * free after it. Resolves to ms until the place, 0: now. Places that nobody took may be caught up on by `burstMs` at
   * most. A negative spacing gives a place back. It holds no weight: `acquire` it when the place has come.
   */
  place(spacingMs: number, burstMs: number): Promise<number>;
  snapshot(): Promise<WeightSnapshot>;
}

/** How long a grant whose holder died counts beyond the window: longer than any request may be under way. */
export const UNSETTLED_MS = 60_000;
