/** Doubling into losses. */
import { MARTINGALE } from './archetypes.ts';
import type { Draw } from './draw.ts';
import type { Actor, Life } from './life.ts';
import { type CoinHistory, MINUTE_MS } from './market_history.ts';

const LOOK_MS = 15 * MINUTE_MS;

export class Martingale implements Actor {
  readonly #draw: Draw;
  readonly #base: number;
  readonly #takeProfit: number;
  readonly #step: number;
  readonly #adds: number;
  readonly coins: readonly CoinHistory[];
  #coin: CoinHistory | null = null;
  #size = 0;
  #done = 0;
  #lastPx = 0;
  at: number;

  constructor(draw: Draw, from: number, pick: (draw: Draw) => CoinHistory) {
    this.#draw = draw;
    this.#base = draw.from(MARTINGALE.baseShare);
    this.#takeProfit = draw.from(MARTINGALE.takeProfit);
    this.#step = draw.from(MARTINGALE.step);
    this.#adds = Math.floor(draw.from(MARTINGALE.adds));
    this.coins = Array.from({ length: 1 + draw.int(3) }, () => pick(draw));
    this.at = from + draw.int(6 * 60) * MINUTE_MS + draw.int(MINUTE_MS);
  }

  act(life: Life): void {
    const { at } = this;
    const coin = this.#coin;
    if (coin === null) this.#begin(life);
    else {
      this.at += LOOK_MS;
      const holding = life.fold.held(coin);
      if (holding === undefined) {
        this.#rest();
        return;
      }
      const mark = life.market.markAt(coin, at);
      const side = Math.sign(holding.szi);
      if (side * (mark / (holding.cost / holding.szi) - 1) >= this.#takeProfit * coin.daily) {
        life.trade(at, coin, -holding.szi, { maker: true, first: true });
        this.#rest();
      } else if (life.underwater(coin, at)) {
        life.liquidate(at, coin);
        this.#rest();
      } else if (this.#done < this.#adds && side * (mark / this.#lastPx - 1) <= -this.#step * coin.daily)
        this.#double(life, coin, side, mark);
    }
  }

  #begin(life: Life): void {
    if (life.dead) {
      this.at = Number.POSITIVE_INFINITY;
      return;
    }
    const coin = this.coins[this.#draw.int(this.coins.length)] as CoinHistory;
    this.#size = life.lotsFor(coin, this.at, this.#base);
    if (this.#size === 0) {
      this.at = Number.POSITIVE_INFINITY;
      return;
    }
    this.#coin = coin;
    this.#done = 0;
    this.#lastPx = life.market.markAt(coin, this.at);
    const side = this.#draw.uniform() < 0.5 ? 1 : -1;
    life.trade(this.at, coin, side * this.#size, { maker: this.#draw.uniform() < 0.5, first: true });
    this.at += LOOK_MS;
  }

  #double(life: Life, coin: CoinHistory, side: number, mark: number): void {
    const { at } = this;
    const time = at - LOOK_MS;
    const held = Math.abs(life.fold.held(coin)?.szi ?? 0);
    const most = life.lotsFor(coin, time, 100);
    if (held + 2 * this.#size > most) {
      this.#done = this.#adds;
      return;
    }
    this.#size *= 2;
    this.#done += 1;
    this.#lastPx = mark;
    life.trade(time, coin, side * this.#size, { maker: this.#draw.uniform() < 0.5, first: true });
  }

  #rest(): void {
    this.#coin = null;
    this.at += LOOK_MS + this.#draw.int(3 * 60) * MINUTE_MS;
  }
}
