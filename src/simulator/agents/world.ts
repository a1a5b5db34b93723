/** A venue with its population, moved through time. The same options give the same bytes. */
import { seededRandom } from '../../runtime/random.ts';
import { mix32 } from '../venue/arithmetic.ts';
import { COIN_SEEDS, type CoinSeed } from '../venue/coin_table.ts';
import type { VenueRules } from '../venue/rules.ts';
import type { World } from '../venue/types.ts';
import { SimulatedVenue } from '../venue/venue.ts';
import { FairPrices } from './fair_prices.ts';
import { LiquidatorDesk } from './liquidator_desk.ts';
import { type MakerOptions, MarketMakers } from './market_makers.ts';
import type { MakePopulation, Population, Stage } from './population.ts';
import { type TakerOptions, Takers } from './takers.ts';

const USD = 1_000_000;
/** Blocks come about every 70 ms, never closer than 48 (recordings: median 70, least 47). */
const BLOCK_MS = 70;
const JITTER_MS = 11;
const ORACLE_MS = 3_000;

export interface WorldOptions {
  readonly seed: string;
  /** ms. */
  readonly startTime: number;
  readonly coins?: readonly CoinSeed[];
  readonly rules?: Partial<VenueRules>;
  readonly makers?: MakerOptions | null;
  readonly takers?: TakerOptions | null;
  /** More traders, after makers and takers: they join the same stage. */
  readonly populations?: readonly MakePopulation[];
  readonly oracleMs?: number;
  /** Fair prices move to each block's time, or to the schedule's: then whoever knows the seed can follow them without the blocks. */
  readonly oracleTimes?: 'block' | 'schedule';
}

export const DEFAULT_MAKERS: MakerOptions = {
  makers: 12,
  perCoin: 2,
  levels: 6,
  periodMs: 3_000,
  capital: 20_000_000 * USD,
};
const DEFAULT_TAKERS: TakerOptions = { traders: 3_000, actsPerDay: 120 };

/** A small world whose virtual day is quick: 20 coins, 200 traders, about 50,000 orders a day. */
export function smallWorldOptions(seed: string, startTime: number): WorldOptions {
  const liquid = [...COIN_SEEDS]
    .filter((c) => !c.delisted)
    .sort((a, b) => b.dailyVolumeMusd - a.dailyVolumeMusd);
  const chosen = new Set(liquid.slice(0, 20));
  return {
    seed,
    startTime,
    coins: COIN_SEEDS.filter((c) => chosen.has(c)),
    makers: { ...DEFAULT_MAKERS, makers: 4, perCoin: 1, levels: 3, periodMs: 360_000 },
    takers: { traders: 200, actsPerDay: 110 },
  };
}

export class SimulatedWorld implements World {
  readonly venue: SimulatedVenue;
  readonly #populations: Population[];
  readonly #stage: Stage;
  readonly #prices: FairPrices;
  readonly #start: number;
  readonly #salt: number;
  readonly #oracleMs: number;
  readonly #oracleTimes: 'block' | 'schedule';
  #nextOracle: number;

  constructor(options: WorldOptions) {
    const coins = options.coins ?? COIN_SEEDS;
    const seed = seededRandom(options.seed).int(2 ** 31);
    const venueOptions = { seed, startTime: options.startTime, coins, rules: options.rules ?? {} };
    this.venue = new SimulatedVenue(venueOptions);
    this.#start = options.startTime;
    this.#salt = seed;
    this.#oracleMs = options.oracleMs ?? ORACLE_MS;
    this.#oracleTimes = options.oracleTimes ?? 'block';
    this.#nextOracle = options.startTime + this.#oracleMs;
    this.#prices = new FairPrices(options.seed, options.startTime, coins);
    const stage: Stage = {
      venue: this.venue,
      prices: this.#prices,
      seed: options.seed,
      startTime: options.startTime,
    };
    this.#stage = stage;
    const populations: Population[] = [];
    const makers = options.makers === undefined ? DEFAULT_MAKERS : options.makers;
    const takers = options.takers === undefined ? DEFAULT_TAKERS : options.takers;
    if (makers !== null) populations.push(new MarketMakers(stage, makers, coins));
    if (takers !== null) populations.push(new Takers(stage, takers, coins));
    populations.push(new LiquidatorDesk(stage));
    for (const make of options.populations ?? []) populations.push(make(stage));
    this.#populations = populations;
  }

  /** More traders, before the first block. */
  join(make: MakePopulation): void {
    this.#populations.push(make(this.#stage));
  }

  advanceTo(time: number): void {
    for (;;) {
      const due = this.venue.pending ? this.venue.time + 1 : this.#nextDue();
      const at = this.#blockAt(Math.max(due, this.venue.time + 1));
      if (at > time) return;
      this.#block(at);
    }
  }

  #nextDue(): number {
    let next = Math.min(this.#nextOracle, this.venue.nextDue());
    for (const population of this.#populations) next = Math.min(next, population.nextAt());
    return next;
  }

  #block(at: number): void {
    for (const population of this.#populations) if (population.nextAt() <= at) population.act(at);
    if (this.#nextOracle <= at) {
      const priced = this.#oracleTimes === 'block' ? at : this.#nextOracle;
      this.venue.feedOracle(this.#prices.advance(this.venue.state, priced));
      this.#nextOracle = at - (at % this.#oracleMs) + this.#oracleMs;
    }
    this.venue.produceBlock(at);
  }

  /** Time of the first block at or after `time`. */
  #blockAt(time: number): number {
    let n = Math.max(1, Math.floor((time - this.#start - JITTER_MS) / BLOCK_MS));
    for (;;) {
      const jitter = (mix32(n, this.#salt) % (2 * JITTER_MS + 1)) - JITTER_MS;
      const at = this.#start + n * BLOCK_MS + jitter;
      if (at >= time) return at;
      n += 1;
    }
  }
}
