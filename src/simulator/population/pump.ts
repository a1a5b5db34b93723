/** Malicious leaders, who push a thin coin up and sell it to whoever follows, and the traders who follow them. */
import type { Draw } from './draw.ts';
import type { Actor, Life } from './life.ts';
import { type CoinHistory, DAY_MS, MINUTE_MS } from './market_history.ts';

/** Buys what its leader sells, a little late, and sells when the price has come back. */
export class Follower implements Actor {
  readonly #draw: Draw;
  readonly #life: Life;
  readonly #leverage: number;
  #coin: CoinHistory | null = null;
  at = Number.POSITIVE_INFINITY;

  constructor(draw: Draw, life: Life) {
    this.#draw = draw;
    this.#life = life;
    this.#leverage = draw.uniform(0.4, 1.5);
  }

  get coins(): readonly CoinHistory[] {
    return this.#coin === null ? [] : [this.#coin];
  }

  get index(): number {
    return this.#life.member.index;
  }

  /** Lots that it would buy at `time`; 0 when it does not look, is full, or has no account yet. */
  wants(coin: CoinHistory, time: number): number {
    const life = this.#life;
    if (time <= life.member.start || this.#draw.uniform() < 0.3) return 0;
    life.fold.advance(time);
    if (life.dead) return 0;
    const held = life.fold.held(coin)?.szi ?? 0;
    return Math.max(
      0,
      Math.floor(life.lotsFor(coin, time, this.#leverage) * this.#draw.uniform(0.3, 1)) - held,
    );
  }

  /** The leader has just sold to it. */
  bought(coin: CoinHistory, time: number): void {
    this.#life.join();
    this.#coin = coin;
    this.at = time + Math.floor(this.#draw.uniform(4, 70) * MINUTE_MS);
  }

  act(life: Life): void {
    const coin = this.#coin;
    const held = coin === null ? 0 : (life.fold.held(coin)?.szi ?? 0);
    if (coin !== null) life.trade(this.at, coin, -held, { maker: false, first: true });
    this.#coin = null;
    this.at = Number.POSITIVE_INFINITY;
  }
}

/** Buys a thin coin in steps, up to three percent over its price, and sells into those who followed. */
export class Pump implements Actor {
  readonly #draw: Draw;
  readonly #coin: CoinHistory;
  readonly #leverage: number;
  readonly #followers: readonly Follower[];
  #steps = 0;
  #step = 0;
  #part = 0;
  #height = 0;
  at: number;

  get coins(): readonly CoinHistory[] {
    return [this.#coin];
  }

  constructor(draw: Draw, from: number, coin: CoinHistory, followers: readonly Follower[]) {
    this.#draw = draw;
    this.#coin = coin;
    this.#followers = followers;
    this.#leverage = draw.uniform(1, 2.5);
    this.at = from + Math.floor(draw.uniform(0.1, 2) * DAY_MS);
  }

  act(life: Life): void {
    if (this.#step === 0 && !this.#begin(life)) return;
    const draw = this.#draw;
    const coin = this.#coin;
    const { at } = this;
    if (this.#step < this.#steps) {
      const over = (this.#height * this.#step) / this.#steps + coin.halfSpread;
      life.trade(at, coin, this.#part, { maker: false, first: true, over });
      this.#step++;
      this.at += Math.floor(draw.uniform(0.5, 3) * MINUTE_MS);
      return;
    }
    const last = this.#step >= 2 * this.#steps - 1;
    this.#sell(life, last);
    this.#step++;
    this.at += Math.floor(draw.uniform(0.2, 1) * MINUTE_MS);
    if (last) {
      this.#step = 0;
      this.at += Math.floor(draw.uniform(0.8, 3) * DAY_MS);
    }
  }

  /** One step of the sale: to the followers first, the rest to the market. */
  #sell(life: Life, last: boolean): void {
    const coin = this.#coin;
    const { at } = this;
    const held = life.fold.held(coin)?.szi ?? 0;
    const over = this.#height * (1.1 - 0.6 * (this.#step / this.#steps - 1));
    const how = { maker: true, first: true, over };
    let left = last ? held : Math.min(held, this.#part);
    for (const follower of this.#followers) {
      const lots = Math.min(left, follower.wants(coin, at));
      if (lots <= 0) continue;
      life.trade(at, coin, -lots, { ...how, counter: follower.index });
      follower.bought(coin, at);
      left -= lots;
    }
    life.trade(at, coin, -left, how);
  }

  #begin(life: Life): boolean {
    const draw = this.#draw;
    this.#steps = 6 + draw.int(10);
    this.#height = draw.uniform(0.012, 0.03);
    this.#part = Math.floor(life.lotsFor(this.#coin, this.at, this.#leverage) / this.#steps);
    if (this.#part === 0) this.at = Number.POSITIVE_INFINITY;
    return this.#part > 0;
  }
}
