/**
 * The market before the world begins: one mark per coin and minute, and the funding rate of every hour. A common
 * factor, fat-tailed days, more life in some hours than in others; each path ends at the price the world starts with.
 */
import { parseTicks } from '../../domain/money.ts';
import { rhythmAt } from '../agents/fair_prices.ts';
import { quality } from '../agents/market_makers.ts';
import { roundFigures } from '../venue/arithmetic.ts';
import { BUILDER_DEX, type CoinSeed } from '../venue/coin_table.ts';
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
  /** 0 the first dex, 1 the builder dex. */
  readonly dex: 0 | 1;
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

/** Which coins a trader trades: of the first dex, of the builder dex, or of both. */
export type Reach = 'first' | 'builder' | 'all';

interface Pool {
  readonly coins: readonly CoinHistory[];
  readonly weight: number;
}

export interface MarketHistoryOptions {
  readonly seed: string;
  readonly days: number;
  /** ms, a whole minute: the world begins here. */
  readonly end: number;
  readonly coins: readonly CoinSeed[];
}

const poolOf = (coins: readonly CoinHistory[]): Pool => ({
  coins,
  weight: coins.reduce((sum, coin) => sum + coin.weight, 0),
});

/** Positions keep this part of what a coin's leverage allows, so that fees and the spread find room. */
export const MARGIN_USE = 0.92;
const allows = ({ seed }: CoinHistory, leverage: number): boolean =>
  leverage <= seed.maxLeverage * MARGIN_USE;

/** What one trader holds of a coin at most, micro-USD: a part of what is traded of it in a day. */
export const capacityOf = ({ seed }: CoinHistory): number =>
  Math.max(LEAST_CAPACITY, CAPACITY_OF_VOLUME * seed.dailyVolumeMusd * 1e12);
const CAPACITY_OF_VOLUME = 0.02;
const LEAST_CAPACITY = 10_000_000_000;

function narrowed(pool: Pool, leverage: number, notional: number): Pool {
  const allowed = pool.coins.filter((coin) => allows(coin, leverage));
  const coins = allowed.length > 0 ? allowed : mostOf(pool.coins, ({ seed }) => seed.maxLeverage);
  const roomy = coins.filter((coin) => capacityOf(coin) >= notional);
  return poolOf(roomy.length > 0 ? roomy : mostOf(coins, capacityOf));
}

function mostOf(coins: readonly CoinHistory[], of: (coin: CoinHistory) => number): readonly CoinHistory[] {
  const most = Math.max(...coins.map(of));
  return coins.filter((coin) => of(coin) === most);
}

/** Bitcoin is the market; gold and shares go their own way; the rest share most of their moves. */
function loadingOf({ name, dex }: CoinSeed): number {
  if (dex !== '') return 0.2;
  return name === 'BTC' ? 1 : name === 'PAXG' ? 0.1 : name === 'ETH' ? 0.85 : 0.65;
}

export class MarketHistory {
  readonly start: number;
  readonly end: number;
  readonly days: number;
  /** Coins that trade. */
  readonly coins: readonly CoinHistory[];
  /** By market index; a delisted coin has no past. */
  readonly byIndex: readonly (CoinHistory | undefined)[];
  /** ms of the first whole hour after the start. */
  readonly firstHour: number;
  readonly hours: number;
  readonly #pools: Readonly<Record<Reach, Pool>>;

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
      seed.delisted || (seed.dex !== '' && seed.dex !== BUILDER_DEX)
        ? undefined
        : this.#coin(options.seed, seed, index, common),
    );
    this.byIndex = byIndex;
    this.coins = byIndex.filter((coin) => coin !== undefined);
    const first = this.coins.filter((coin) => coin.dex === 0);
    const builder = this.coins.filter((coin) => coin.dex === 1);
    this.#pools = { first: poolOf(first), builder: poolOf(builder), all: poolOf(this.coins) };
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

  /**
   * A coin by popularity among those that allow so much leverage and have room for so much money; the nearest to it
   * where there is none.
   * @param notional micro-USD
   */
  pick(draw: Draw, reach: Reach = 'first', leverage = 0, notional = 0): CoinHistory {
    const pool = this.#pools[reach];
    const { coins, weight } = leverage === 0 && notional === 0 ? pool : narrowed(pool, leverage, notional);
    let at = draw.uniform(0, weight);
    for (const coin of coins) {
      at -= coin.weight;
      if (at <= 0) return coin;
    }
    return coins[0] as CoinHistory;
  }

  /** The two coins that are the market. */
  get majors(): readonly CoinHistory[] {
    return [...this.#pools.first.coins].sort((a, b) => b.weight - a.weight || a.index - b.index).slice(0, 2);
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
    const loading = loadingOf(seed);
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
      dex: seed.dex === '' ? (0 as const) : (1 as const),
      ticks,
      daily,
      halfSpread: quality(seed.dailyVolumeMusd).halfSpread,
      pxDecimals: 6 - seed.szDecimals,
      weight: Math.sqrt(volume * Math.sqrt(volume)),
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
