/**
 * The weight rule, pure: which request may go now, and if not, when to look again. An exact log of charges, not
 * a refilled bucket: a bucket of 1200 that refills 20/s admits 2400 in one window.
 */
import { UNSETTLED_MS, WEIGHT_LANES, type WeightLane, type WeightLimits } from './ledger.ts';

interface Charge {
  readonly id: number;
  readonly lane: WeightLane;
  weight: number;
  /** ms; the charge counts while now < expiresAt. */
  expiresAt: number;
}

type Admission =
  | { readonly granted: true; readonly id: number }
  /** `retryAt` is the earliest moment at which the answer can differ, absent if it never can. */
  | { readonly granted: false; readonly retryAt?: number };

export class WeightBudget {
  readonly #limits: WeightLimits;
  #charges: Charge[] = [];
  #nextId = 1;

  constructor(limits: WeightLimits) {
    this.#limits = limits;
  }

  /** Charges `weight` to the lane if it fits at time `now` (ms). */
  admit(weight: number, lane: WeightLane, now: number): Admission {
    this.#forget(now);
    const ceiling = this.#ceiling(lane);
    const used = this.#used();
    if (used + weight <= ceiling) {
      const id = this.#nextId++;
      this.#charges.push({ id, lane, weight, expiresAt: now + this.#limits.windowMs + UNSETTLED_MS });
      return { granted: true, id };
    }
    if (weight > this.#limits.limit - this.#reservedAbove(lane, true)) return { granted: false };
    return { granted: false, retryAt: this.#whenFree(used + weight - ceiling, now) };
  }

  /** See WeightGrant.settle. An id whose charge has run out is ignored. */
  settle(id: number, now: number, actual?: number): void {
    const charge = this.#charges.find((one) => one.id === id);
    if (charge === undefined) return;
    if (actual !== undefined) charge.weight = actual;
    charge.expiresAt = now + this.#limits.windowMs;
  }

  usedByLane(now: number): Record<WeightLane, number> {
    this.#forget(now);
    const used = Object.fromEntries(WEIGHT_LANES.map((lane) => [lane, 0])) as Record<WeightLane, number>;
    for (const charge of this.#charges) used[charge.lane] += charge.weight;
    return used;
  }

  #forget(now: number): void {
    if (this.#charges.some((charge) => charge.expiresAt <= now)) {
      this.#charges = this.#charges.filter((charge) => charge.expiresAt > now);
    }
  }

  #used(lane?: WeightLane): number {
    let sum = 0;
    for (const charge of this.#charges) if (lane === undefined || charge.lane === lane) sum += charge.weight;
    return sum;
  }

  #ceiling(lane: WeightLane): number {
    return this.#limits.limit - this.#reservedAbove(lane, false);
  }

  /** What the lanes before `lane` still keep in reserve: all of it, or what they have not used themselves. */
  #reservedAbove(lane: WeightLane, whole: boolean): number {
    let kept = 0;
    for (const other of WEIGHT_LANES) {
      if (other === lane) break;
      const reserve = this.#limits.reserve[other] ?? 0;
      kept += whole ? reserve : Math.max(0, reserve - this.#used(other));
    }
    return kept;
  }

  /** The first moment by which charges of at least `weight` have run out. */
  #whenFree(weight: number, now: number): number {
    const byExpiry = [...this.#charges].sort((a, b) => a.expiresAt - b.expiresAt);
    let freed = 0;
    for (const charge of byExpiry) {
      freed += charge.weight;
      if (freed >= weight) return charge.expiresAt;
    }
    return byExpiry.at(-1)?.expiresAt ?? now;
  }
}
