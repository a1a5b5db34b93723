/** Hourly funding rates of coins, asked of the venue when a record is carried on by the feed. */
import type { ListedCoin } from '../domain/listed_coin.ts';
import { fundingHistory } from '../hyperliquid/info/funding_history.ts';
import type { InfoClient } from '../hyperliquid/transport.ts';

const HOUR_MS = 3_600_000;
/** Payments are booked within seconds of the full hour; before this it is too early to ask. */
const SETTLED_MS = 60_000;

export interface FundingRate {
  /** ms UTC of the payment. */
  readonly time: number;
  /** Fraction of the position's value that longs pay. */
  readonly rate: number;
}

interface Known {
  from: number;
  through: number;
  readonly rates: FundingRate[];
}

export class FundingRates {
  readonly #info: InfoClient;
  readonly #coins = new Map<number, Known>();

  constructor(info: InfoClient) {
    this.#info = info;
  }

  /** Rates of a coin after `from` up to `to`, ms. @throws VenueError */
  async between(coin: ListedCoin, from: number, to: number, signal: AbortSignal): Promise<FundingRate[]> {
    if (Math.floor(from / HOUR_MS) === Math.floor(to / HOUR_MS)) return [];
    let known = this.#coins.get(coin.id);
    if (known === undefined || known.from > from) {
      known = { from, through: from, rates: [] };
      this.#coins.set(coin.id, known);
    }
    const settled = Math.floor((to - SETTLED_MS) / HOUR_MS) * HOUR_MS + SETTLED_MS;
    while (known.through < settled) {
      const rows = await this.#info.ask(fundingHistory(coin.symbol, known.through + 1, settled), {
        lane: 'history',
        signal,
      });
      for (const { time, fundingRate } of rows) known.rates.push({ time, rate: Number(fundingRate) });
      const last = rows.at(-1)?.time ?? settled;
      known.through = rows.length < 500 ? settled : Math.max(last, known.through + 1);
    }
    return known.rates.filter(({ time }) => time > from && time <= to);
  }
}
