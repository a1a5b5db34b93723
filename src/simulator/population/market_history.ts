/**
 * The market before the world begins: one mark per coin and minute, and the funding rate of every hour. A common
 * factor, fat-tailed days, more life in some hours than in others; each path ends at the price the world starts with.
 */
import { parseTicks } from '../../domain/money.ts';
import { rhythmAt } from '../agents/fair_prices.ts';
import { quality } from '../agents/market_makers.ts';
import { roundFigures } from '../venue/arithmetic.ts';
import type { CoinSeed } from '../venue/coin_table.ts';
import { DEFAULT_RULES } from '../venue/rules.ts';
import { COINS } from './archetypes.ts';
import { Draw } from './draw.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
const MINUTES_A_DAY = 1_440;
/** Mean of the rhythm over a week, so that a day keeps its volatility. */
const MEAN_RHYTHM = 0.92;
const LEAST_TICKS = 20;

function fiveFigures(px: number): number {
  if (px < 100_000) return Math.max(LEAST_TICKS, Math.round(px));
  return roundFigures(px, 5);
}

export interface CoinHistory {
  /** Place in the world's list of coins: the market's index. */
  readonly index: number;
  readonly seed: CoinSeed;
  /** Mark in ticks at every minute, the first and the last included. */
  readonly ticks: Int32Array;
  /** Standard deviation of a day's return. */
  readonly daily: number;
  /** Fraction of the price that a taker pays over the mid. */
  readonly halfSpread: number;
  /** Ticks between two legal prices at the last price. */
  readonly pxDecimals: number;
  /** Rate and premium of every hour, 1e-10. */
  readonly ratesE10: Int32Array;
  readonly premiumsE10: Int32Array;
  /** How often the coin is chosen, relative to the others. */
  readonly weight: number;
}

export interface MarketHistoryOptions {
  readonly seed: string;
  readonly days: number;
  /** ms, a whole minute: the world begins here. */
  readonly end: number;
  readonly coins: readonly CoinSeed[];
}

export class MarketHistory {
  readonly start: number;
  readonly end: number;
  readonly days: number;
  /** Coins of the first dex that trade; builder dexs open with the world. */
  readonly coins: readonly CoinHistory[];
  /** By market index; a coin without a past is absent. */
  readonly byIndex: readonly (CoinHistory | undefined)[];
  /** ms of the first whole hour after the start. */
  readonly firstHour: number;
  readonly hours: number;
  readonly #totalWeight: number;

  constructor(options: MarketHistoryOptions) {
    const { days, end } = options;
    if (!Number.isInteger(days) || days < 1 || days > 730 || end % MINUTE_MS !== 0)
      throw new RangeError(`a history has 1 to 730 days and ends at a whole minute, got ${days} and ${end}`);
    this.days = days;
    this.end = end;
    this.start = end - days * DAY_MS;
    this.firstHour = (Math.floor(this.start / HOUR_MS) + 1) * HOUR_MS;
    this.hours = Math.floor((end - this.firstHour) / HOUR_MS) + 1;
    const draw = new Draw(`${options.seed}/history/market`);
    const common = this.#shocks(draw);
    const byIndex: (CoinHistory | undefined)[] = options.coins.map((seed, index) =>
      seed.delisted || seed.dex !== '' ? undefined : this.#coin(options.seed, seed, index, common),
    );
    this.byIndex = byIndex;
    this.coins = byIndex.filter((coin) => coin !== undefined);
    this.#totalWeight = this.coins.reduce((sum, coin) => sum + coin.weight, 0);
  }

  hourTime(hour: number): number {
    return this.firstHour + hour * HOUR_MS;
  }

  /** Mark at the last whole minute. */
  markAt(coin: CoinHistory, time: number): number {
    return coin.ticks[Math.floor((time - this.start) / MINUTE_MS)] as number;
  }

  /** Mid between two minutes, ticks as a float. */
  midAt(coin: CoinHistory, time: number): number {
    const at = (time - this.start) / MINUTE_MS;
    const minute = Math.floor(at);
    const from = coin.ticks[minute] as number;
    const to = coin.ticks[minute + 1] ?? from;
    return from + (to - from) * (at - minute);
  }

  /** A coin by popularity. */
  pick(draw: Draw): CoinHistory {
    let at = draw.uniform(0, this.#totalWeight);
    for (const coin of this.coins) {
      at -= coin.weight;
      if (at <= 0) return coin;
    }
    return this.coins[0] as CoinHistory;
  }

  /** One shock a minute of unit daily variance; days have the tails of a Student-t. */
  #shocks(draw: Draw): Float32Array {
    const out = new Float32Array(this.days * MINUTES_A_DAY);
    const root = 1 / Math.sqrt(MINUTES_A_DAY * MEAN_RHYTHM);
    for (let day = 0; day < this.days; day++) {
      const tail = root * draw.tailFactor(COINS.tailFreedom);
      for (let minute = 0; minute < MINUTES_A_DAY; minute++) {
        const i = day * MINUTES_A_DAY + minute;
        if (minute % 60 === 0) this.#loudness = tail * Math.sqrt(rhythmAt(this.start + i * MINUTE_MS));
        out[i] = this.#loudness * draw.bell();
      }
    }
    return out;
  }
  #loudness = 0;

  #coin(seedText: string, seed: CoinSeed, index: number, common: Float32Array): CoinHistory {
    const draw = new Draw(`${seedText}/history/coin/${seed.name}`);
    const own = this.#shocks(draw);
    const daily = seed.annualVolatilityPct / 100 / Math.sqrt(365);
    // Bitcoin is the market; gold goes its own way; the rest share most of their moves.
    const loading = seed.name === 'BTC' ? 1 : seed.name === 'PAXG' ? 0.1 : seed.name === 'ETH' ? 0.85 : 0.65;
    const rest = Math.sqrt(1 - loading * loading);
    const drift = (-0.5 * daily * daily) / MINUTES_A_DAY;
    const path = new Float64Array(own.length + 1);
    for (let i = 0; i < own.length; i++)
      path[i + 1] =
        (path[i] as number) + drift + daily * (loading * (common[i] as number) + rest * (own[i] as number));
    const last = path[own.length] as number;
    const px = parseTicks(seed.startPx, seed.szDecimals);
    const ticks = new Int32Array(path.length);
    for (let i = 0; i < path.length; i++) ticks[i] = fiveFigures(px * Math.exp((path[i] as number) - last));
    ticks[own.length] = px;
    const volume = Math.max(0.5, seed.dailyVolumeMusd);
    const coin = {
      index,
      seed,
      ticks,
      daily,
      halfSpread: quality(seed.dailyVolumeMusd).halfSpread,
      pxDecimals: 6 - seed.szDecimals,
      weight: Math.sqrt(volume),
    };
    return { ...coin, ...this.#funding(draw, coin.ticks) };
  }

  /** The premium follows the last day's move and its own mood; the rate is the venue's formula of it. */
  #funding(draw: Draw, ticks: Int32Array): Pick<CoinHistory, 'ratesE10' | 'premiumsE10'> {
    const ratesE10 = new Int32Array(this.hours);
    const premiumsE10 = new Int32Array(this.hours);
    const { interestE10, clampE10, capE10 } = DEFAULT_RULES.funding;
    let mood = 0;
    for (let hour = 0; hour < this.hours; hour++) {
      const minute = Math.floor((this.hourTime(hour) - this.start) / MINUTE_MS);
      const now = ticks[minute] as number;
      const before = ticks[Math.max(0, minute - MINUTES_A_DAY)] as number;
      mood = 0.97 * mood + draw.bell() * 900_000;
      const premium = Math.round(mood + (now / before - 1) * 60_000_000);
      const clamped = Math.max(-clampE10, Math.min(clampE10, interestE10 - premium));
      ratesE10[hour] = Math.max(-capE10, Math.min(capE10, Math.trunc((premium + clamped) / 8)));
      premiumsE10[hour] = premium;
    }
    return { ratesE10, premiumsE10 };
  }
}
