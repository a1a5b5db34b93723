/** The directional trader after the world began: the same plan, through the book. */

import type { Lots } from '../../domain/money.ts';
import type { Market } from '../venue/state.ts';
import { startTwap } from '../venue/twap.ts';
import type { Member } from './cast.ts';
import { type DirectionalPlan, leanedSide, type OpenPlan } from './directional.ts';
import type { Draw } from './draw.ts';
import { HORIZON_MS } from './foresight.ts';
import { type Hand, type LivingAgent, pauseOf } from './living.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './market_history.ts';

/** A resting order that nobody hit is taken back and taken. */
const PATIENCE_MS = 4 * MINUTE_MS;

export class LivingDirectional implements LivingAgent {
  readonly member: Member;
  readonly #plan: DirectionalPlan;
  readonly #draw: Draw;
  #coin: number | null;
  #closeAt: number;
  #stage: 'flat' | 'entering' | 'holding' | 'leaving';
  #left = 0;
  #parts = 0;
  #rested = false;
  at: number;

  constructor(member: Member, plan: DirectionalPlan, open: OpenPlan | null, draw: Draw, start: number) {
    this.member = member;
    // Some lose their skill as the world begins.
    const kept =
      member.sharpe === null || member.sharpe === 0 ? 1 : (member.laterSharpe ?? 0) / member.sharpe;
    this.#plan = { ...plan, sharpe: plan.sharpe * kept };
    this.#draw = draw;
    this.#coin = open?.coin.index ?? null;
    this.#closeAt = open?.closeAt ?? 0;
    this.#stage = open === null ? 'flat' : 'holding';
    this.at =
      open === null
        ? start + pauseOf(draw, plan.holdHours * HOUR_MS * (1 / plan.duty - 0.9))
        : Math.max(start + draw.int(20 * MINUTE_MS), open.closeAt);
  }

  act(hand: Hand): void {
    if (this.#stage === 'flat') this.#begin(hand);
    else if (this.#stage === 'entering') this.#enter(hand);
    else this.#leave(hand);
  }

  #begin(hand: Hand): void {
    const draw = this.#draw;
    const plan = this.#plan;
    const coin = plan.coins[draw.int(plan.coins.length)];
    const market = hand.market(coin?.index ?? 0);
    const hold = plan.holdHours * HOUR_MS * Math.exp(0.5 * draw.normal() - 0.125);
    const closeAt = Math.floor(this.at + Math.max(15 * MINUTE_MS, hold));
    const chance = draw.uniform();
    if (coin === undefined || !hand.open(market) || hand.held(market) !== 0) {
      this.at += pauseOf(draw, HOUR_MS);
      return;
    }
    const lots = hand.lots(coin, plan.leverage);
    if (lots === 0) {
      // Broke: looks again in a day, in case somebody paid in.
      this.at += DAY_MS;
      return;
    }
    const end = Math.min(closeAt, this.at + HORIZON_MS);
    const move = hand.foresight.move(market, this.at, end);
    const side = plan.alwaysLong
      ? 1
      : leanedSide(plan, coin.daily, move, (end - this.at) / DAY_MS, chance) * (this.member.mirror ? -1 : 1);
    this.#coin = coin.index;
    this.#closeAt = closeAt;
    this.#left = side * lots;
    this.#stage = 'entering';
    if (draw.uniform() < plan.twaps && this.#twap(hand, market)) return;
    this.#parts = 1 + draw.int(plan.splits);
    this.#enter(hand);
  }

  #twap(hand: Hand, market: Market): boolean {
    const minutes = 5 + this.#draw.int(25);
    const started = startTwap(hand.s, hand.account, {
      market,
      isBuy: this.#left > 0,
      sz: Math.abs(this.#left) as Lots,
      reduceOnly: false,
      minutes,
      randomize: this.#draw.uniform() < 0.5,
    });
    if (typeof started === 'string') return false;
    this.#left = 0;
    this.#stage = 'holding';
    this.at = Math.max(this.#closeAt, this.at + (minutes + 2) * MINUTE_MS);
    return true;
  }

  /** One part of the entry: resting first if that is its way, else at once. */
  #enter(hand: Hand): void {
    const market = hand.market(this.#coin ?? 0);
    const draw = this.#draw;
    const part = this.#parts <= 1 ? this.#left : Math.trunc(this.#left / this.#parts);
    if (this.#rested) {
      const before = hand.account.open.size;
      hand.cancelAll(market);
      // What was left of the resting order is taken.
      if (hand.account.open.size < before) hand.take(market, part);
      this.#rested = false;
    } else if (draw.uniform() < this.#plan.makerRatio) {
      hand.rest(market, part);
      this.#rested = true;
      this.at += PATIENCE_MS;
      return;
    } else hand.take(market, part);
    this.#left -= part;
    this.#parts -= 1;
    if (this.#parts > 0 && this.#left !== 0) {
      this.at += Math.floor(draw.uniform(0.5, 15) * MINUTE_MS);
      return;
    }
    this.#stage = 'holding';
    this.at = Math.max(this.at + MINUTE_MS, this.#closeAt);
  }

  #leave(hand: Hand): void {
    const market = hand.market(this.#coin ?? 0);
    const draw = this.#draw;
    const held = hand.held(market);
    if (held !== 0 && this.#stage === 'holding' && draw.uniform() < this.#plan.makerRatio) {
      hand.rest(market, -held, true);
      this.#stage = 'leaving';
      this.at += PATIENCE_MS;
      return;
    }
    hand.cancelAll(market);
    hand.take(market, -hand.held(market), true);
    this.#coin = null;
    this.#stage = 'flat';
    this.at += MINUTE_MS + pauseOf(draw, this.#plan.holdHours * HOUR_MS * (1 / this.#plan.duty - 0.95));
  }
}
