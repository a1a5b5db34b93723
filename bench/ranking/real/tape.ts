/** What the fills of everybody say about the market: the last price of each hour, and what a day trades. */
import type { Fill } from '../../../src/domain/episodes/fill.ts';
import type { CoinTable } from '../../../src/domain/listed_coin.ts';
import { slippageBp } from '../../../src/domain/metrics/copy_costs.ts';
import { DAY_MS, dayOf } from '../../../src/domain/metrics/day.ts';
import type { MarketSeries } from '../../../src/ranking/copy_returns.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;
/** Half the distance of bid and ask, which fills do not tell: busy coins, and all others. */
const BUSY_USD = 50e6;
const HALF_SPREAD_BP = { busy: 0.5, other: 2 };
/** What followers trade at once, USD. */
const ORDER_USD = 1_000;

interface CoinTape {
  /** Last price by hour number, ticks. */
  readonly hours: Map<number, number>;
  /** When that was, ms: files need not be in the order of time. */
  readonly times: Map<number, number>;
  /** USD by day number. */
  readonly volume: Map<number, number>;
}

export class Tape {
  readonly #coins: CoinTable;
  readonly #tapes = new Map<number, CoinTape>();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(coins: CoinTable) {
    this.#coins = coins;
  }

  print(fill: Fill): void {
    let tape = this.#tapes.get(fill.coin);
    if (tape === undefined) {
      tape = { hours: new Map(), times: new Map(), volume: new Map() };
      this.#tapes.set(fill.coin, tape);
    }
    const hour = Math.floor(fill.time / HOUR_MS);
    if (fill.time >= (tape.times.get(hour) ?? 0)) {
      tape.hours.set(hour, fill.price);
      tape.times.set(hour, fill.time);
    }
    const day = dayOf(fill.time);
    const usd = (Math.abs(fill.size) * fill.price) / 1e6;
    tape.volume.set(day, (tape.volume.get(day) ?? 0) + usd);
    if (fill.time < this.#first) this.#first = fill.time;
    if (fill.time > this.#last) this.#last = fill.time;
  }

  /** An hour without a trade keeps the price of the one before. */
  close(): void {
    const end = Math.floor(this.#last / HOUR_MS);
    for (const { hours } of this.#tapes.values()) {
      let price: number | undefined;
      for (let hour = Math.floor(this.#first / HOUR_MS); hour <= end; hour++) {
        price = hours.get(hour) ?? price;
        if (price !== undefined) hours.set(hour, price);
      }
    }
  }

  /** Whole UTC days, the first and the day after the last. */
  get firstDay(): number {
    return dayOf(this.#first - 1) + 1;
  }
  get endDay(): number {
    return dayOf(this.#last);
  }
  get days(): number {
    return Math.max(0, this.endDay - this.firstDay);
  }

  /** Price in ticks of the last trade before a time on the hour; undefined before the first. */
  priceBefore(coin: number, time: number): number | undefined {
    return this.#tapes.get(coin)?.hours.get(Math.floor(time / HOUR_MS) - 1);
  }

  /** Daily returns of a coin; empty when it does not trade. */
  market(symbol: string): MarketSeries {
    const id = this.#coins.bySymbol(symbol)?.id;
    const returns: number[] = [];
    for (let day = this.firstDay; id !== undefined && day < this.endDay; day++) {
      const from = this.priceBefore(id, day * DAY_MS);
      const to = this.priceBefore(id, (day + 1) * DAY_MS);
      returns.push(from === undefined || to === undefined ? Number.NaN : to / from - 1);
    }
    return { firstDay: this.firstDay, returns };
  }

  /** What a follower pays for spread and impact in each coin, from what was known before a day. */
  slippageBefore(day: number): (coin: number) => number {
    const known = new Map<number, number>();
    return (coin) => {
      let bp = known.get(coin);
      if (bp === undefined) {
        bp = this.#slippage(coin, day);
        known.set(coin, bp);
      }
      return bp;
    };
  }

  #slippage(coin: number, before: number): number {
    const tape = this.#tapes.get(coin);
    let usd = 0;
    let days = 0;
    for (const [day, volume] of tape?.volume ?? []) {
      if (day >= before) continue;
      usd += volume;
      days++;
    }
    const dailyVolumeUsd = days > 0 ? usd / days : 0;
    const halfSpreadBp = dailyVolumeUsd >= BUSY_USD ? HALF_SPREAD_BP.busy : HALF_SPREAD_BP.other;
    const dailyDeviation = this.#deviation(tape, before);
    // Never traded before: as dear as the dearest order that is let through.
    if (dailyVolumeUsd === 0) return 50;
    return Math.min(50, slippageBp({ halfSpreadBp, dailyDeviation, dailyVolumeUsd }, ORDER_USD));
  }

  #deviation(tape: CoinTape | undefined, before: number): number {
    let sum = 0;
    let n = 0;
    for (const day of tape?.volume.keys() ?? []) {
      const from = tape?.hours.get(day * HOURS - 1);
      const to = tape?.hours.get((day + 1) * HOURS - 1);
      if (day >= before || from === undefined || to === undefined) continue;
      sum += Math.log(to / from) ** 2;
      n++;
    }
    // Where nothing is known yet: a middling coin.
    return n >= 5 ? Math.sqrt(sum / n) : 0.05;
  }
}
