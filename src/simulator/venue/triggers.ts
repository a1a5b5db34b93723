/** Trigger orders: fired by the mark, executed as the market or limit order that they carry. */
import type { Lots, Ticks } from '../../domain/money.ts';
import { roundFigures } from './arithmetic.ts';
import { type Cause, nextTransaction, USER_CAUSE } from './execution.ts';
import { marginVerdict } from './margin.ts';
import { detach, endOrder, tell } from './order_book_keeping.ts';
import { matchAndRest } from './placement.ts';
import type { Market, Order, State } from './state.ts';
import { nextFiring } from './trigger_lists.ts';

/** Price that a market order from `reference` may pay at most, on the tick grid and never worse than asked. */
export function slippedPx(reference: Ticks, isBuy: boolean, slippageE3: number): Ticks {
  const raw = Math.trunc((reference * (isBuy ? 1000 + slippageE3 : 1000 - slippageE3)) / 1000);
  return Math.max(1, roundFigures(raw, 5)) as Ticks;
}

/** Fires every trigger that the marks have reached. One transaction (the price update) carries them all. */
export function fireTriggers(s: State): void {
  let started = false;
  for (const market of s.markets) {
    if (market.halted || market.delisted || s.allHalted) continue;
    // Each firing removes its order from the lists, so this ends.
    for (let order = nextFiring(market); order !== undefined; order = nextFiring(market)) {
      if (!started) nextTransaction(s);
      started = true;
      fire(s, market, order);
    }
  }
}

function fire(s: State, market: Market, order: Order): void {
  detach(s, order);
  tell(s, order, 'triggered');
  const { account } = order;
  const szi = account.positions.get(market.index)?.szi ?? 0;
  if (order.reduceOnly) {
    if (szi === 0 || szi > 0 === order.isBuy) {
      endOrder(s, order, 'reduceOnlyCanceled');
      return;
    }
    const held = Math.abs(szi);
    order.sz = (order.isPositionTpsl && order.origSz === 0 ? held : Math.min(order.sz, held)) as Lots;
  }
  if (order.trigger?.isMarket) {
    order.px = slippedPx(market.mark, order.isBuy, s.rules.triggerSlippageE3);
    order.tif = 'Ioc';
  } else order.tif ??= 'Gtc';
  const verdict = marginVerdict(s, account, market, order.isBuy ? order.sz : -order.sz, market.mark, 0);
  if (verdict !== 'ok') {
    endOrder(s, order, 'marginCanceled');
    return;
  }
  const cause: Cause = USER_CAUSE;
  matchAndRest(s, order, cause);
}
