/** Malicious leaders and those who follow them, after the world began: through the book. */
import type { Member } from './cast.ts';
import type { Draw } from './draw.ts';
import { type Hand, type LivingAgent, pauseOf } from './living.ts';
import { type CoinHistory, DAY_MS, MINUTE_MS } from './market_history.ts';

/** Pushes a thin coin up through the book, then offers it to those who follow. */
export class LivingPump implements LivingAgent {
  readonly member: Member;
  readonly #draw: Draw;
  readonly #coin: CoinHistory;
  readonly #leverage: number;
  #steps = 0;
  #step = 0;
  at: number;

  constructor(member: Member, coin: CoinHistory, draw: Draw, start: number) {
    this.member = member;
    this.#coin = coin;
    this.#draw = draw;
    this.#leverage = draw.uniform(1, 2.5);
    this.at = start + pauseOf(draw, DAY_MS / 2);
  }

  act(hand: Hand): void {
    const draw = this.#draw;
    const market = hand.market(this.#coin.index);
    if (this.#step === 0) this.#steps = 6 + draw.int(10);
    if (this.#step < this.#steps) {
      const part = Math.floor(hand.lots(this.#coin, this.#leverage) / this.#steps);
      if (part === 0) {
        this.at += DAY_MS;
        return;
      }
      hand.take(market, part);
      this.at += Math.floor(draw.uniform(0.5, 3) * MINUTE_MS);
    } else {
      hand.cancelAll(market);
      const held = hand.held(market);
      const left = 2 * this.#steps - this.#step;
      // Inside the spread, before every other offer: whoever buys now buys from the leader.
      if (left > 1 && held > 0) hand.offer(market, -Math.ceil(held / left));
      else hand.take(market, -held, true);
      this.at += Math.floor(draw.uniform(0.5, 2) * MINUTE_MS);
    }
    this.#step += 1;
    if (this.#step >= 2 * this.#steps) {
      this.#step = 0;
      this.at += Math.floor(draw.uniform(0.8, 3) * DAY_MS);
    }
  }
}

const LOOK_MS = MINUTE_MS / 2;

/** Looks at its leader's position twice a minute and buys after it, a minute or two late. */
export class LivingFollower implements LivingAgent {
  readonly member: Member;
  readonly #leader: Member;
  readonly #coin: CoinHistory;
  readonly #draw: Draw;
  readonly #leverage: number;
  /** Largest position of the leader in this round, lots. */
  #peak = 0;
  #buys = 0;
  #leaveAt = 0;
  at: number;

  constructor(member: Member, leader: Member, coin: CoinHistory, draw: Draw, start: number) {
    this.member = member;
    this.#leader = leader;
    this.#coin = coin;
    this.#draw = draw;
    this.#leverage = draw.uniform(0.4, 1.5);
    this.at = start + draw.int(LOOK_MS);
  }

  act(hand: Hand): void {
    const draw = this.#draw;
    const market = hand.market(this.#coin.index);
    this.at += LOOK_MS + draw.int(LOOK_MS);
    const theirs = hand.s.accounts.get(this.#leader.address)?.positions.get(market.index)?.szi ?? 0;
    const held = hand.held(market);
    if (theirs > this.#peak) {
      this.#peak = theirs;
      this.#buys = 4;
    }
    // It takes a third of the leader's sale to be noticed.
    if (theirs > 0.66 * this.#peak && theirs > 0) {
      if (this.#buys === 0 || draw.uniform() < 0.4) return;
      this.#buys -= 1;
      const wanted = hand.lots(this.#coin, this.#leverage) - held;
      hand.take(market, Math.max(0, Math.floor(wanted / (this.#buys + 1))));
      this.#leaveAt = this.at + Math.floor(draw.uniform(4, 70) * MINUTE_MS);
      return;
    }
    if (theirs === 0) this.#peak = 0;
    if (held !== 0 && this.at >= this.#leaveAt) hand.take(market, -held, true);
  }
}
