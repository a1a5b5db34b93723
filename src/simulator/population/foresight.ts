/**
 * What skill is made of: the fair prices that the world is going to have. They come from nobody's trades, so a twin
 * of their generator knows them ahead; a skilled trader leans toward what it sees, as far as its skill goes.
 */
import { FairPrices } from '../agents/fair_prices.ts';
import type { CoinSeed } from '../venue/coin_table.ts';
import type { Market, State } from '../venue/state.ts';

const STEP_MS = 60_000;
/** How far anybody can look. */
export const HORIZON_MS = 24 * 3_600_000;

export class Foresight {
  readonly #twin: FairPrices;
  readonly #view: State;
  readonly #start: number;
  readonly #oracleMs: number;
  /** Fair price by minute since the start and market index; minutes long past are dropped. */
  readonly #minutes: Float64Array[] = [];
  #dropped = 0;
  #time: number;

  constructor(seed: string, startTime: number, coins: readonly CoinSeed[], state: State, oracleMs = 3_000) {
    this.#twin = new FairPrices(seed, startTime, coins);
    // The twin begins at the prices of now, whatever the venue does to them later.
    this.#view = { ...state, markets: state.markets.map((market) => ({ ...market })) };
    this.#start = startTime;
    this.#time = startTime;
    this.#oracleMs = oracleMs;
    this.#note();
  }

  #note(): void {
    this.#minutes.push(Float64Array.from(this.#view.markets, (market) => this.#twin.of(market)));
  }

  /** Relative move of the fair price between two times, at most the horizon apart; 0 for a coin it does not know. */
  move(market: Market, from: number, to: number): number {
    const before = this.#priceAt(market.index, from);
    const after = this.#priceAt(market.index, Math.min(to, from + HORIZON_MS));
    return before > 0 && after > 0 ? after / before - 1 : 0;
  }

  #priceAt(index: number, time: number): number {
    const minute = Math.max(0, Math.floor((time - this.#start) / STEP_MS));
    while (this.#minutes.length + this.#dropped <= minute) {
      const until = this.#time + STEP_MS;
      while (this.#time < until) {
        this.#time += this.#oracleMs;
        this.#twin.advance(this.#view, this.#time);
      }
      this.#note();
    }
    return this.#minutes[Math.max(0, minute - this.#dropped)]?.[index] ?? 0;
  }

  /** Forgets what is over. */
  forget(before: number): void {
    const minute = Math.floor((before - this.#start) / STEP_MS) - 2;
    const count = Math.min(minute - this.#dropped, this.#minutes.length - 1);
    if (count < 60) return;
    this.#minutes.splice(0, count);
    this.#dropped += count;
  }
}
