/** A world whose traders have a past: the history is generated and installed before the first block. */
import type { Address } from '../../domain/address.ts';
import { makerAddresses } from '../agents/market_makers.ts';
import { DEFAULT_MAKERS, SimulatedWorld, type WorldOptions } from '../agents/world.ts';
import { KNOWN_BUILDERS } from '../exchange/known_builders.ts';
import { COIN_SEEDS } from '../venue/coin_table.ts';
import { generatePast } from './generate.ts';
import { installPast } from './install.ts';
import { LivingTraders } from './living_traders.ts';
import { MINUTE_MS } from './market_history.ts';
import type { Past } from './past.ts';
import type { PastRecords } from './past_records.ts';

export interface PopulationSize {
  readonly traders: number;
  /** Days of history. */
  readonly days: number;
}

/** What a world of traders with a past is by default. */
export const DEFAULT_POPULATION: PopulationSize = { traders: 2_000, days: 90 };

export interface PopulatedWorld {
  readonly world: SimulatedWorld;
  readonly past: Past;
  readonly records: PastRecords;
}

/** @param options `startTime` is moved back to the whole minute */
export function populatedWorld(options: WorldOptions, size: PopulationSize): PopulatedWorld {
  const startTime = Math.floor(options.startTime / MINUTE_MS) * MINUTE_MS;
  const world = new SimulatedWorld({ ...options, startTime, oracleTimes: 'schedule' });
  const { state } = world.venue;
  const houses: readonly Address[] = makerAddresses(state, (options.makers ?? DEFAULT_MAKERS).makers);
  const past = generatePast({
    ...size,
    seed: options.seed,
    salt: state.salt,
    end: startTime,
    coins: options.coins ?? COIN_SEEDS,
    houses,
  });
  const records = installPast(state, past, KNOWN_BUILDERS);
  world.join((stage) => new LivingTraders(stage, past, options.coins ?? COIN_SEEDS, options.oracleMs));
  return { world, past, records };
}
