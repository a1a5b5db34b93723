/** How a trader of the population acts in the living venue: through its orders, like anybody. */
import type { Lots } from '../../domain/money.ts';
import { gridPx, limitOrder } from '../agents/market_makers.ts';
import { updateLeverage } from '../venue/leverage_actions.ts';
import { perpEquity } from '../venue/margin.ts';
import { cancelOrder } from '../venue/order_book_keeping.ts';
import { placeOrder } from '../venue/placement.ts';
import type { Account, Market, State } from '../venue/state.ts';
import type { Member } from './cast.ts';
import type { Draw } from './draw.ts';
import type { Foresight } from './foresight.ts';
import { type CoinHistory, capacityOf } from './market_history.ts';

const LEAST_ORDER = 11_000_000;

/** One part of a trader: a slot of a directional one, the whole of another. */
export interface LivingAgent {
  readonly member: Member;
  /** ms of its next act; Infinity when it has none. */
  readonly at: number;
  act(hand: Hand): void;
}

/** An account and what can be done with it now. */
export class Hand {
  readonly s: State;
  readonly account: Account;
  readonly foresight: Foresight;
  readonly #member: Member;

  constructor(s: State, account: Account, member: Member, foresight: Foresight) {
    this.s = s;
    this.account = account;
    this.#member = member;
    this.foresight = foresight;
  }

  market(index: number): Market {
    return this.s.markets[index] as Market;
  }

  open(market: Market): boolean {
    return !market.delisted && !market.halted;
  }

  held(market: Market): number {
    return this.account.positions.get(market.index)?.szi ?? 0;
  }

  /** Signed entry price of the position, ticks; 0 when flat. */
  entry(market: Market): number {
    const position = this.account.positions.get(market.index);
    return position === undefined || position.szi === 0 ? 0 : position.cost / position.szi;
  }

  get equity(): number {
    return perpEquity(this.account);
  }

  /** Lots worth `leverage` times the equity, 0 below the smallest order; sets the coin's leverage on first use. */
  lots(coin: CoinHistory, leverage: number): number {
    const market = this.market(coin.index);
    const { terms } = this.#member;
    if (!this.account.leverage.has(market.index)) {
      const cross = market.marginMode === null && !terms.isolated;
      updateLeverage(this.s, this.account, market, cross, Math.min(terms.leverage, market.maxLeverage));
    }
    const most = Math.min(market.maxLeverage, terms.leverage) * 0.9;
    const wanted = Math.max(0, this.equity) * Math.min(leverage, most);
    const notional = Math.min(wanted, capacityOf(coin));
    return notional < LEAST_ORDER ? 0 : Math.floor(notional / market.mark);
  }

  /** At once, up to five percent through the mark; `over` limits the price instead. */
  take(market: Market, signed: number, reduceOnly = false, over = 0.05): void {
    if (signed === 0 || !this.open(market)) return;
    const isBuy = signed > 0;
    const px = gridPx(market, market.mark * (isBuy ? 1 + over : 1 - over), isBuy);
    const order = limitOrder(market, isBuy, px, Math.abs(signed) as Lots, 'FrontendMarket', reduceOnly);
    const { builder } = this;
    placeOrder(this.s, this.account, { ...order, builder });
  }

  /** Rests at the best price of its side. */
  rest(market: Market, signed: number, reduceOnly = false): void {
    if (signed === 0 || !this.open(market)) return;
    const isBuy = signed > 0;
    const best = market.book.side(isBuy).best?.px ?? market.mark;
    const px = gridPx(market, best, isBuy);
    const order = limitOrder(market, isBuy, px, Math.abs(signed) as Lots, 'Alo', reduceOnly);
    placeOrder(this.s, this.account, { ...order, builder: this.builder });
  }

  /** Rests between the quotes, where it is hit first; at the best price of its side where there is no room. */
  offer(market: Market, signed: number): void {
    const bid = market.book.bids.best?.px ?? market.mark;
    const ask = market.book.asks.best?.px ?? market.mark;
    const isBuy = signed > 0;
    const px = gridPx(market, (bid + ask) / 2, isBuy);
    if (px <= bid || px >= ask || !this.open(market)) {
      this.rest(market, signed, true);
      return;
    }
    const order = limitOrder(market, isBuy, px, Math.abs(signed) as Lots, 'Alo', true);
    placeOrder(this.s, this.account, { ...order, builder: this.builder });
  }

  cancelAll(market: Market): void {
    for (const order of [...this.account.open.values()])
      if (order.market === market) cancelOrder(this.s, order, 'canceled');
  }

  get builder(): { readonly account: Account; readonly tenthsBp: number } | null {
    for (const [address, tenthsBp] of this.account.builders) {
      const account = this.s.accounts.get(address);
      if (account !== undefined) return { account, tenthsBp };
    }
    return null;
  }
}

/** Exponential pause, ms. */
export const pauseOf = (draw: Draw, meanMs: number): number =>
  Math.max(1_000, Math.floor(-meanMs * Math.log(1 - draw.uniform())));
