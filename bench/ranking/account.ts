/**
 * A simulated account that trades at market prices and reports itself the way the venue would: fills with
 * chained start positions, funding, flows and account values, straight into the real pipeline.
 */
import type { Fill, FillCause } from '../../src/domain/episodes/fill.ts';
import { DAY_MS } from '../../src/domain/metrics/day.ts';
import type { TraderHistory } from '../../src/domain/metrics/history.ts';
import type { Lots, MicroUsd, Ticks } from '../../src/domain/money.ts';
import type { Draw } from './draw.ts';
import { type Coin, type Market, START_MS, STEP_MS } from './market.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Fees in basis points of notional, as the base tier of the venue. */
const TAKER_BP = 4.5;
const MAKER_BP = 1.5;
const DEAD_BELOW = 10e6;

export class Account {
  readonly history: TraderHistory;
  readonly #draw: Draw;
  readonly #coins: readonly Coin[];
  readonly #onMidnight: (time: number) => void;
  #cash: number;
  #coin: Coin | null = null;
  #size = 0;
  #cost = 0;
  #nextMidnight: number;
  #deposit: { readonly time: number; readonly multiple: number } | null = null;
  #order = 0;
  #trade = 0;
  readonly feeFactor: number;
  readonly #deafFrom: number;
  readonly #onFill: ((fill: Fill) => void) | undefined;
  readonly #fill: Mutable<Fill> = {
    time: 0,
    coin: 0,
    tradeId: 0,
    orderId: 0,
    size: 0 as Lots,
    price: 0 as Ticks,
    startPosition: 0 as Lots,
    fee: 0 as MicroUsd,
    closedPnl: null,
    maker: false,
    twapId: null,
    cause: 'order',
  };

  constructor(options: {
    readonly history: TraderHistory;
    readonly market: Market;
    readonly draw: Draw;
    readonly equityUsd: number;
    readonly startMs: number;
    readonly feeFactor?: number;
    /** Nothing after this is told to the history, ms UTC. */
    readonly deafFrom?: number;
    /** Called after the history took a fill in; the object is used again for the next one. */
    readonly onFill?: (fill: Fill) => void;
    /** Called after the account value of each midnight was reported. */
    readonly onMidnight: (time: number) => void;
  }) {
    this.history = options.history;
    this.#draw = options.draw;
    this.#coins = options.market.coins;
    this.#onMidnight = options.onMidnight;
    this.#cash = Math.round(options.equityUsd * 1e6);
    this.feeFactor = options.feeFactor ?? 1;
    this.#deafFrom = options.deafFrom ?? Number.POSITIVE_INFINITY;
    this.#onFill = options.onFill;
    this.#nextMidnight = START_MS + Math.ceil((options.startMs - START_MS + 1) / DAY_MS) * DAY_MS;
    this.history.equity({ time: options.startMs, equity: this.#cash, unrealised: 0 });
  }

  get size(): number {
    return this.#size;
  }

  get dead(): boolean {
    return this.#size === 0 && this.#cash < DEAD_BELOW;
  }

  get cash(): number {
    return this.#cash;
  }

  /** Plans one deposit of a multiple of the equity at that time. */
  planDeposit(time: number, multiple: number): void {
    this.#deposit = { time, multiple };
  }

  #priceAt(time: number): number {
    return this.#coin?.ticks[Math.floor((time - START_MS) / STEP_MS)] ?? 0;
  }

  /** Account value at a price of the held coin, micro-USD. */
  equityAt(price: number): number {
    return this.#cash + this.#size * price;
  }

  /** Reports everything due up to and including `time`. */
  advance(time: number): void {
    for (;;) {
      const deposit = this.#deposit;
      if (deposit && deposit.time <= time && deposit.time < this.#nextMidnight) this.#pay(deposit);
      else if (this.#nextMidnight <= time) this.#midnight();
      else return;
    }
  }

  #pay(deposit: { readonly time: number; readonly multiple: number }): void {
    this.#deposit = null;
    this.#report(deposit.time);
    const equity = this.equityAt(this.#priceAt(deposit.time));
    const amount = Math.max(0, Math.round(equity * deposit.multiple)) as MicroUsd;
    this.#cash += amount;
    if (deposit.time <= this.#deafFrom) this.history.flow(deposit.time, amount);
    this.#report(deposit.time);
  }

  #midnight(): void {
    const time = this.#nextMidnight;
    if (this.#coin && this.#size !== 0) {
      const amount = Math.round(-this.#size * this.#priceAt(time) * 1e-4 * this.#draw.normal()) as MicroUsd;
      this.#cash += amount;
      // Paid just before midnight, so that it belongs to the day that ends.
      if (time <= this.#deafFrom) this.history.funding(time - 1, this.#coin.id, amount);
    }
    this.#report(time);
    this.#nextMidnight += DAY_MS;
    this.#onMidnight(time);
  }

  /** Reports the account value now. */
  #report(time: number): void {
    if (time > this.#deafFrom) return;
    const price = this.#priceAt(time);
    if (this.#coin && this.#size !== 0) this.history.mark(time, this.#coin.id, price as Ticks);
    this.history.equity({
      time,
      equity: this.#cash + this.#size * price,
      unrealised: this.#size * price - this.#cost,
    });
  }

  /** An account value between midnights, as the venue gives them. */
  report(time: number): void {
    this.advance(time);
    this.#report(time);
  }

  /** Pays PnL that comes with no fill of ours (the unreported past of a fast actor). */
  adjust(amount: number): void {
    this.#cash += Math.round(amount);
  }

  newOrder(): void {
    this.#order++;
  }

  /** One fill at `price` ticks; size in signed lots. */
  trade(
    time: number,
    coin: Coin,
    size: number,
    price: number,
    maker: boolean,
    cause: FillCause = 'order',
  ): void {
    if (size === 0) return;
    const value = Math.abs(size) * price;
    const fee = Math.round(value * (maker ? MAKER_BP : TAKER_BP) * this.feeFactor * 1e-4);
    const fill = this.#fill;
    fill.time = time;
    fill.coin = coin.id;
    fill.tradeId = ++this.#trade;
    fill.orderId = this.#order;
    fill.size = size as Lots;
    fill.price = price as Ticks;
    fill.startPosition = this.#size as Lots;
    fill.fee = fee as MicroUsd;
    fill.maker = maker;
    fill.cause = cause;
    if (time < this.#deafFrom) {
      this.history.fill(fill);
      this.#onFill?.(fill);
    }
    const before = this.#size;
    this.#coin = coin;
    this.#cash -= size * price + fee;
    if (before === 0 || before > 0 === size > 0) this.#cost += size * price;
    else this.#cost += (this.#cost / before) * size;
    this.#size = before + size;
    if (this.#size === 0) this.#cost = 0;
  }

  coin(id: number): Coin {
    const coin = this.#coins[id];
    if (!coin) throw new Error(`no coin ${id} in this market`);
    return coin;
  }
}
