/**
 * Who acts in a world. A population is asked for its next time and, in the block at or after it, enqueues what its
 * members do; it sees the venue as any trader does, and reaches it only through orders and account actions.
 */

import type { SimulatedVenue } from '../venue/venue.ts';
import type { FairPrices } from './fair_prices.ts';

export interface Population {
  /** ms of the next act; Infinity when nobody will act again. */
  nextAt(): number;
  /** Called once per block at or after `nextAt()`, before the block executes. */
  act(time: number): void;
}

export interface Stage {
  readonly venue: SimulatedVenue;
  readonly prices: FairPrices;
  readonly seed: string;
  /** ms; nobody acts before. */
  readonly startTime: number;
}

export type MakePopulation = (stage: Stage) => Population;
