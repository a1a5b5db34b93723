/**
 * The exogenous fair price of every coin: a common market factor and an own part, fat-tailed, louder in some hours
 * of the day. It feeds the oracle every few seconds; makers quote around it; nobody can move it.
 */
import type { Ticks } from '../../domain/money.ts';
import { type Random, seededRandom } from '../../runtime/random.ts';
import type { CoinSeed } from '../venue/coin_table.ts';
import type { OracleInput } from '../venue/prices.ts';
import type { Market, State } from '../venue/state.ts';

const YEAR_MS = 365 * 86_400_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Activity and volatility by UTC hour: Asian morning, European open, the American session. Mean 1. */
const HOURS: readonly number[] = [
  0.95, 0.9, 0.85, 0.8, 0.75, 0.72, 0.75, 0.85, 0.95, 1.0, 0.98, 0.95, 1.05, 1.3, 1.5, 1.55, 1.4, 1.25, 1.15,
  1.1, 1.05, 1.0, 0.95, 0.9,
];
/** Weekends are quieter. */
const WEEKEND = 0.65;

/** Relative activity at a time, linear between hours. */
export function rhythmAt(time: number): number {
  const hour = (time % DAY_MS) / HOUR_MS;
  const low = Math.floor(hour);
  const part = hour - low;
  const level = (HOURS[low] as number) * (1 - part) + (HOURS[(low + 1) % 24] as number) * part;
  const weekday = (Math.floor(time / DAY_MS) + 4) % 7;
  return weekday === 0 || weekday === 6 ? level * WEEKEND : level;
}

/** About standard normal, bounded, from four uniforms: the same on every platform. */
export function bell(random: Random): number {
  return (random.next() + random.next() + random.next() + random.next() - 2) * 1.732_050_8;
}

interface CoinPath {
  readonly market: Market;
  readonly random: Random;
  /** Ticks as a float. */
  price: number;
  /** Own volatility relative to the year's, slowly wandering. */
  heat: number;
  readonly volatility: number;
  readonly beta: number;
  /** Basis of other venues over the oracle, a fraction. */
  basis: number;
}

/** Chance per coin and day of a jump, and its scale. */
const JUMPS_PER_DAY = 3;
const JUMP_SCALE = 0.012;
const CRASH_SHARE = 0.04;

export class FairPrices {
  readonly #paths = new Map<number, CoinPath>();
  readonly #market: Random;
  readonly #seed: string;
  readonly #volatilities: ReadonlyMap<string, number>;
  #time: number;

  constructor(seed: string, startTime: number, coins: readonly CoinSeed[]) {
    this.#seed = seed;
    this.#time = startTime;
    this.#market = seededRandom(`${seed}/market`);
    this.#volatilities = new Map(
      coins.map((c) => [c.dex === '' ? c.name : `${c.dex}:${c.name}`, c.annualVolatilityPct / 100]),
    );
  }

  /** Fair price in ticks, as a float. */
  of(market: Market): number {
    return this.#paths.get(market.index)?.price ?? market.oracle;
  }

  /** Moves every path to `time` and gives the oracle's input. */
  advance(s: State, time: number): OracleInput[] {
    const years = Math.max(0, time - this.#time) / YEAR_MS;
    const days = Math.max(0, time - this.#time) / DAY_MS;
    this.#time = time;
    const common = bell(this.#market) * Math.sqrt(years * rhythmAt(time)) * 0.45;
    const inputs: OracleInput[] = [];
    for (const market of s.markets) {
      if (market.delisted) continue;
      const path = this.#paths.get(market.index) ?? this.#begin(market);
      this.#step(path, common, years, days, time);
      const oracle = Math.max(1, Math.round(path.price)) as Ticks;
      inputs.push({
        market,
        oracle,
        external: Math.max(1, Math.round(path.price * (1 + path.basis))) as Ticks,
      });
    }
    return inputs;
  }

  #begin(market: Market): CoinPath {
    const random = seededRandom(`${this.#seed}/${market.symbol}`);
    const path: CoinPath = {
      market,
      random,
      price: market.oracle,
      heat: 1,
      volatility: this.#volatilities.get(market.symbol) ?? 1.2,
      beta: market.dexIndex > 0 ? 0.15 : 0.8 + random.next() * 0.6,
      basis: 0,
    };
    this.#paths.set(market.index, path);
    return path;
  }

  #step(path: CoinPath, common: number, years: number, days: number, time: number): void {
    const { random } = path;
    path.heat = Math.min(3, Math.max(0.4, path.heat + (1 - path.heat) * 0.002 + bell(random) * 0.02));
    let move =
      common * path.beta + bell(random) * path.volatility * path.heat * Math.sqrt(years * rhythmAt(time));
    if (random.next() < JUMPS_PER_DAY * days) {
      move += bell(random) * JUMP_SCALE * (1 + path.volatility);
      if (random.next() < CRASH_SHARE && path.volatility > 0.5) move -= 0.08 + random.next() * 0.15;
    }
    path.price = Math.max(20, path.price * (1 + Math.max(-0.5, move)));
    path.basis = path.basis * 0.98 + bell(random) * 0.00004;
  }
}
