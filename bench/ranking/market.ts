/** Price paths of the proof's market: a common factor, fat-tailed days, five-minute steps, exact ticks. */
import { DAY_MS } from '../../src/domain/metrics/day.ts';
import type { MarketSeries } from '../../src/ranking/copy_returns.ts';
import { COINS } from '../../src/simulator/population/archetypes.ts';
import { Draw } from './draw.ts';

export const STEP_MS = 300_000;
export const STEPS_PER_DAY = DAY_MS / STEP_MS;
/** 2025-01-01 UTC. */
export const FIRST_DAY = 20_089;
export const START_MS = FIRST_DAY * DAY_MS;

export interface Coin {
  readonly id: number;
  /** Standard deviation of a day's return. */
  readonly daily: number;
  readonly slippageBp: number;
  /** Lots in one coin. */
  readonly lotsPerCoin: number;
  /** Price in ticks at every step. */
  readonly ticks: Float64Array;
}

export interface Market {
  readonly days: number;
  readonly coins: readonly Coin[];
  readonly bitcoin: MarketSeries;
  readonly ether: MarketSeries;
}

export const timeOf = (step: number): number => START_MS + step * STEP_MS;

/** The first two coins are the market itself and its nearest relative; the others share 60 % of their moves. */
export function makeMarket(seed: string, days: number, count: number): Market {
  const draw = new Draw(`market ${seed}`);
  const steps = days * STEPS_PER_DAY + 1;
  const common = shocks(draw, days);
  const coins: Coin[] = [];
  for (let id = 0; id < count; id++) {
    const daily = id === 0 ? 0.025 : id === 1 ? 0.035 : draw.from(COINS.dailyDeviation);
    const loading = id === 0 ? 1 : id === 1 ? 0.8 : 0.6;
    const own = shocks(draw, days);
    coins.push(makeCoin(draw, id, daily, loading, common, own, steps));
  }
  return { days, coins, bitcoin: dailyReturns(coins[0], days), ether: dailyReturns(coins[1], days) };
}

/** One standard-normal-like shock a step, scaled so that days have the tails of a Student-t. */
function shocks(draw: Draw, days: number): Float64Array {
  const out = new Float64Array(days * STEPS_PER_DAY);
  const root = 1 / Math.sqrt(STEPS_PER_DAY);
  for (let day = 0; day < days; day++) {
    const scale = root * draw.tailFactor(COINS.tailFreedom);
    for (let k = 0; k < STEPS_PER_DAY; k++) out[day * STEPS_PER_DAY + k] = scale * draw.normal();
  }
  return out;
}

function makeCoin(
  draw: Draw,
  id: number,
  daily: number,
  loading: number,
  common: Float64Array,
  own: Float64Array,
  steps: number,
): Coin {
  const start = id === 0 ? 60_000 : 10 ** draw.uniform(-1, 3);
  // A lot is worth about a dollar, as on the venue.
  const sizeDecimals = Math.min(5, Math.max(0, Math.round(Math.log10(start))));
  const tick = 10 ** (6 - sizeDecimals);
  const ticks = new Float64Array(steps);
  const rest = Math.sqrt(1 - loading * loading);
  let price = start;
  ticks[0] = Math.round(price * tick);
  for (let i = 1; i < steps; i++) {
    price *= Math.exp(
      daily * (loading * (common[i - 1] ?? 0) + rest * (own[i - 1] ?? 0)) -
        (0.5 * (daily * daily)) / STEPS_PER_DAY,
    );
    ticks[i] = Math.max(1, Math.round(price * tick));
  }
  return { id, daily, slippageBp: draw.from(COINS.slippageBp), lotsPerCoin: 10 ** sizeDecimals, ticks };
}

function dailyReturns(coin: Coin | undefined, days: number): MarketSeries {
  const returns = new Float64Array(days);
  for (let day = 0; day < days; day++) {
    const from = coin?.ticks[day * STEPS_PER_DAY] ?? 1;
    returns[day] = (coin?.ticks[(day + 1) * STEPS_PER_DAY] ?? from) / from - 1;
  }
  return { firstDay: FIRST_DAY, returns };
}
