/** Hourly closing prices of coins, asked of the venue when a record needs them; and what a taker pays in each coin. */
import type { ListedCoin } from '../domain/listed_coin.ts';
import { impactBp, STANDARD_EQUITY_USD } from '../domain/metrics/copy_costs.ts';
import { DAY_MS, dayOf } from '../domain/metrics/day.ts';
import type { CoinCosts } from '../domain/metrics/history.ts';
import type { Ticks } from '../domain/money.ts';
import { PERP_PRICE_DECIMALS } from '../domain/money.ts';
import { candleSnapshot } from '../hyperliquid/info/candle_snapshot.ts';
import type { InfoClient } from '../hyperliquid/transport.ts';
import type { WireCandle } from '../hyperliquid/wire/history.ts';
import type { MarketSeries } from './copy_returns.ts';

const HOUR_MS = 3_600_000;
const COST_DAYS = 30;
/** Of a coin about which nothing is known: one that moves 5 % and trades some $5M a day. */
const UNKNOWN_COST: Cost = { slippageBp: 10, impactBp: 7 };
/** Half the spread is taken for this share of a day's deviation until spreads are recorded; at least half a point. */
const SPREAD_SHARE = 0.005;
const LEAST_HALF_SPREAD_BP = 0.5;

/** Of a standard follower; the impact is a part of the slippage. */
interface Cost {
  readonly slippageBp: number;
  readonly impactBp: number;
}

interface CoinPrices {
  /** Hours since 1970 of the first close; each close is at the end of its candle. */
  readonly firstHour: number;
  /** Ticks; 0 where no candle was given. */
  readonly closes: number[];
  /** USD by hour. */
  readonly volumes: number[];
  cost: Cost;
}

export class HourlyPrices {
  readonly #info: InfoClient;
  readonly #coins = new Map<number, CoinPrices>();
  /** By coin: the question under way, which others who need the coin wait for. */
  readonly #asking = new Map<number, Promise<void>>();

  constructor(info: InfoClient) {
    this.#info = info;
  }

  /** Has the closes of a coin from `from` to `to` (ms), as far as the venue keeps them. @throws VenueError */
  async ensure(coin: ListedCoin, from: number, to: number, signal?: AbortSignal): Promise<void> {
    for (let other = this.#asking.get(coin.id); other !== undefined; other = this.#asking.get(coin.id)) {
      await other.catch(() => undefined);
    }
    const asking = this.#ask(coin, from, to, signal);
    this.#asking.set(coin.id, asking);
    try {
      await asking;
    } finally {
      this.#asking.delete(coin.id);
    }
  }

  async #ask(coin: ListedCoin, from: number, to: number, signal?: AbortSignal): Promise<void> {
    let known = this.#coins.get(coin.id);
    if (known !== undefined && known.firstHour * HOUR_MS > from + HOUR_MS) known = undefined;
    const firstHour = known?.firstHour ?? Math.floor(from / HOUR_MS);
    const missing = firstHour + (known?.closes.length ?? 0);
    if ((missing + 2) * HOUR_MS > to && known !== undefined) return;
    const candles = await this.#info.ask(candleSnapshot(coin.symbol, '1h', (missing - 1) * HOUR_MS, to), {
      lane: 'history',
      ...(signal === undefined ? {} : { signal }),
    });
    const prices = known ?? { firstHour, closes: [], volumes: [], cost: UNKNOWN_COST };
    take(prices, candles, 10 ** (PERP_PRICE_DECIMALS - coin.sizeDecimals), to);
    prices.cost = costOf(prices);
    this.#coins.set(coin.id, prices);
  }

  /** The last close at or before a time, ticks. */
  markAt(coin: number, time: number): Ticks | null {
    const prices = this.#coins.get(coin);
    if (prices === undefined) return null;
    let at = Math.min(Math.floor(time / HOUR_MS) - prices.firstHour, prices.closes.length - 1);
    for (; at >= 0; at--) {
      const close = prices.closes[at] ?? 0;
      if (close > 0) return close as Ticks;
    }
    return null;
  }

  /** USD that the coin's market trades in a minute, on average over the hour of `time`; NaN when not known. */
  minuteVolume(coin: number, time: number): number {
    const prices = this.#coins.get(coin);
    // The volume of a candle stands at the hour it ends in.
    const hour = prices?.volumes[Math.floor(time / HOUR_MS) + 1 - prices.firstHour];
    return hour !== undefined && hour > 0 ? hour / 60 : Number.NaN;
  }

  /** As of now, coin by coin. */
  readonly costs: CoinCosts = {
    slippageBp: (coin) => this.#costOf(coin).slippageBp,
    impactBp: (coin) => this.#costOf(coin).impactBp,
  };

  #costOf(coin: number): Cost {
    return this.#coins.get(coin)?.cost ?? UNKNOWN_COST;
  }

  /** Daily returns of a coin; a day without prices is unknown (NaN). */
  market(coin: number): MarketSeries {
    const prices = this.#coins.get(coin);
    if (prices === undefined) return { firstDay: 0, returns: [] };
    const firstDay = dayOf(prices.firstHour * HOUR_MS) + 1;
    const lastDay = dayOf((prices.firstHour + prices.closes.length - 1) * HOUR_MS) - 1;
    const returns: number[] = [];
    for (let day = firstDay; day <= lastDay; day++) {
      const [open, close] = [this.markAt(coin, day * DAY_MS), this.markAt(coin, (day + 1) * DAY_MS)];
      returns.push(open === null || close === null ? Number.NaN : close / open - 1);
    }
    return { firstDay, returns };
  }
}

/** Candles that are whole by `to`, at the hour they end in; hours between without one repeat the last close. */
function take(prices: CoinPrices, candles: readonly WireCandle[], scale: number, to: number): void {
  for (const candle of candles) {
    const at = Math.round(candle.t / HOUR_MS) + 1 - prices.firstHour;
    const close = Math.round(Number(candle.c) * scale);
    if (candle.t + HOUR_MS > to || at < prices.closes.length || close <= 0) continue;
    while (prices.closes.length < at) {
      prices.closes.push(prices.closes.at(-1) ?? 0);
      prices.volumes.push(0);
    }
    prices.closes.push(close);
    prices.volumes.push(Number(candle.v) * Number(candle.c));
  }
}

function costOf({ closes, volumes }: CoinPrices): Cost {
  const daily: number[] = [];
  for (let day = 0; day < COST_DAYS; day++) {
    const [to, from] = [
      closes[closes.length - 1 - 24 * day] ?? 0,
      closes[closes.length - 25 - 24 * day] ?? 0,
    ];
    if (from > 0 && to > 0) daily.push(Math.log(to / from));
  }
  if (daily.length < 2) return UNKNOWN_COST;
  const dailyDeviation = Math.sqrt(daily.reduce((sum, x) => sum + x * x, 0) / daily.length);
  const recent = volumes.slice(-24 * COST_DAYS);
  const dailyVolumeUsd = (24 * recent.reduce((sum, x) => sum + x, 0)) / Math.max(1, recent.length);
  if (!(dailyVolumeUsd > 0)) return UNKNOWN_COST;
  const halfSpreadBp = Math.max(LEAST_HALF_SPREAD_BP, 1e4 * SPREAD_SHARE * dailyDeviation);
  const impact = impactBp(STANDARD_EQUITY_USD, dailyDeviation, dailyVolumeUsd);
  return { slippageBp: halfSpreadBp + impact, impactBp: impact };
}
