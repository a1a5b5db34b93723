/** Fast and toxic traders after the world began: what they do through the book. */
import type { Lots } from '../../domain/money.ts';
import { gridPx, limitOrder } from '../agents/market_makers.ts';
import { placeOrder } from '../venue/placement.ts';
import { MARTINGALE } from './archetypes.ts';
import type { Member } from './cast.ts';
import type { Draw } from './draw.ts';
import type { FastPlan } from './fast.ts';
import { Hand, type LivingAgent } from './living.ts';
import { type CoinHistory, DAY_MS, MINUTE_MS } from './market_history.ts';

const LOOK_MS = 15 * MINUTE_MS;

/** In and out within seconds; the two halves of a ring trade with each other between the quotes. */
export class LivingFast implements LivingAgent {
  readonly member: Member;
  readonly #plan: FastPlan;
  readonly #draw: Draw;
  at: number;

  constructor(member: Member, plan: FastPlan, draw: Draw, start: number) {
    this.member = member;
    this.#plan = plan;
    this.#draw = draw;
    this.at = start + draw.int(Math.ceil(2 * plan.holdMs) + 1_000);
  }

  act(hand: Hand): void {
    const draw = this.#draw;
    const { coin, holdMs, makerRatio, share } = this.#plan;
    const market = hand.market(coin.index);
    const held = hand.held(market);
    hand.cancelAll(market);
    const maker = draw.uniform() < makerRatio;
    // A maker whose exit was not hit in two looks takes it.
    const late = held !== 0 && draw.uniform() < 0.3;
    const signed = held !== 0 ? -held : (draw.uniform() < 0.5 ? 1 : -1) * hand.lots(coin, share);
    if (signed === 0) {
      this.at += DAY_MS;
      return;
    }
    if (maker && !late) hand.rest(market, signed, held !== 0);
    else hand.take(market, signed, held !== 0);
    this.at += Math.max(1_000, Math.floor(holdMs * draw.uniform(0.6, 1.4)));
  }
}

/** One half offers inside the spread, the other takes it in the same block. */
export class LivingRing implements LivingAgent {
  readonly member: Member;
  readonly #partner: Member;
  readonly #plan: FastPlan;
  readonly #draw: Draw;
  at: number;

  constructor(member: Member, partner: Member, plan: FastPlan, draw: Draw, start: number) {
    this.member = member;
    this.#partner = partner;
    this.#plan = plan;
    this.#draw = draw;
    this.at = start + draw.int(60_000);
  }

  act(hand: Hand): void {
    const draw = this.#draw;
    const market = hand.market(this.#plan.coin.index);
    const other = hand.s.accounts.get(this.#partner.address);
    this.at += Math.max(1_000, Math.floor(this.#plan.holdMs * draw.uniform(0.8, 2)));
    if (other === undefined || !hand.open(market)) return;
    const held = hand.held(market);
    const lots =
      held !== 0 ? -held : (draw.uniform() < 0.5 ? 1 : -1) * hand.lots(this.#plan.coin, this.#plan.share);
    if (lots === 0) {
      this.at += DAY_MS;
      return;
    }
    const bid = market.book.bids.best?.px ?? market.mark;
    const ask = market.book.asks.best?.px ?? market.mark;
    const px = gridPx(market, (bid + ask) / 2, lots > 0);
    if (px <= bid || px >= ask) return;
    // Sets the partner's leverage on first use.
    new Hand(hand.s, other, this.#partner, hand.foresight).lots(this.#plan.coin, this.#plan.share);
    const size = Math.abs(lots) as Lots;
    const offered = placeOrder(hand.s, hand.account, limitOrder(market, lots > 0, px, size, 'Alo'));
    placeOrder(hand.s, other, limitOrder(market, lots < 0, px, size, 'Ioc'));
    if (offered.kind === 'resting') hand.cancelAll(market);
  }
}

/** Doubles into a loss, as it always did. */
export class LivingMartingale implements LivingAgent {
  readonly member: Member;
  readonly #draw: Draw;
  readonly #coins: readonly CoinHistory[];
  readonly #base: number;
  readonly #takeProfit: number;
  readonly #step: number;
  #coin: CoinHistory | null = null;
  #size = 0;
  #lastPx = 0;
  at: number;

  constructor(member: Member, coins: readonly CoinHistory[], draw: Draw, start: number) {
    this.member = member;
    this.#draw = draw;
    this.#coins = coins;
    this.#base = draw.from(MARTINGALE.baseShare);
    this.#takeProfit = draw.from(MARTINGALE.takeProfit);
    this.#step = draw.from(MARTINGALE.step);
    this.at = start + draw.int(LOOK_MS);
  }

  act(hand: Hand): void {
    const draw = this.#draw;
    this.at += LOOK_MS;
    const found = this.#coin ?? this.#coins.find((each) => hand.held(hand.market(each.index)) !== 0) ?? null;
    if (found === null) {
      const coin = this.#coins[draw.int(this.#coins.length)] as CoinHistory;
      const market = hand.market(coin.index);
      this.#size = hand.lots(coin, this.#base);
      if (this.#size === 0) this.at += DAY_MS;
      else hand.take(market, (draw.uniform() < 0.5 ? 1 : -1) * this.#size);
      this.#coin = this.#size === 0 ? null : coin;
      this.#lastPx = market.mark;
      return;
    }
    const market = hand.market(found.index);
    const held = hand.held(market);
    if (held === 0) {
      this.#coin = null;
      this.at += draw.int(3 * 60) * MINUTE_MS;
      return;
    }
    this.#coin = found;
    if (this.#size === 0) this.#size = Math.ceil(Math.abs(held) / 2);
    if (this.#lastPx === 0) this.#lastPx = hand.entry(market);
    const side = Math.sign(held);
    if (side * (market.mark / hand.entry(market) - 1) >= this.#takeProfit * found.daily)
      hand.take(market, -held, true);
    else if (side * (market.mark / this.#lastPx - 1) <= -this.#step * found.daily) {
      this.#lastPx = market.mark;
      this.#size *= 2;
      if (Math.abs(held) + this.#size <= hand.lots(found, 100)) hand.take(market, side * this.#size);
    }
  }
}
