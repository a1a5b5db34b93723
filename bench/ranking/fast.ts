/** Market makers, scalpers and wash traders: thousands of short round trips with a drawn PnL. */
import { DAY_MS } from '../../src/domain/metrics/day.ts';
import type { Account } from './account.ts';
import type { Draw } from './draw.ts';
import { START_MS, STEP_MS } from './market.ts';

export interface FastPlan {
  /** Annual Sharpe ratio of the account itself, after its own fees. */
  readonly sharpe: number;
  readonly holdMs: number;
  readonly makerRatio: number;
  readonly coin: number;
  /** Position as a share of equity. */
  readonly share: number;
  /** Standard deviation of a day's return of the account. */
  readonly daily: number;
  /** Round trips a day. */
  readonly trips: number;
  /** True for an account whose position comes back at the same price. */
  readonly wash: boolean;
}

/** Days before the fills that are known: the account value moves, the fills are out of the venue's reach. */
export function passUnseen(account: Account, plan: FastPlan, draw: Draw, fromMs: number, toMs: number): void {
  for (let time = fromMs; time + DAY_MS <= toMs; time += DAY_MS) {
    const mean = (plan.sharpe / Math.sqrt(365)) * plan.daily;
    const cost = plan.wash ? plan.trips * plan.share * 2 * 3e-4 : 0;
    account.adjust(Math.max(-0.9, mean + plan.daily * draw.normal() - cost) * account.cash);
    account.advance(time + DAY_MS);
  }
}

/** Round trips between two times, `count` of them evenly spread with jitter. */
export function tradeFast(
  account: Account,
  plan: FastPlan,
  draw: Draw,
  fromMs: number,
  toMs: number,
  count: number,
): void {
  const coin = account.coin(plan.coin);
  const gap = (toMs - fromMs) / count;
  const mean = (plan.sharpe / Math.sqrt(365)) * (plan.daily / plan.trips);
  const spread = plan.daily / Math.sqrt(plan.trips);
  for (let k = 0; k < count && !account.dead; k++) {
    const slotEnd = Math.min(toMs - 1, Math.floor(fromMs + (k + 1) * gap) - 1);
    const open = Math.min(slotEnd, Math.floor(fromMs + (k + draw.uniform(0, 0.2)) * gap));
    const close = Math.min(slotEnd, open + Math.max(1, Math.floor(plan.holdMs * draw.uniform(0.6, 1.4))));
    account.advance(open);
    const price = coin.ticks[Math.floor((open - START_MS) / STEP_MS)] ?? 0;
    const lots = Math.floor((account.cash * plan.share) / price);
    if (lots < 1) return;
    const side = draw.uniform() < 0.5 ? 1 : -1;
    const makerOpen = draw.uniform() < plan.makerRatio;
    const makerClose = draw.uniform() < plan.makerRatio;
    const fees = ((makerOpen ? 1.5 : 4.5) + (makerClose ? 1.5 : 4.5)) * account.feeFactor * 1e-4;
    const gain = plan.wash ? 0 : (mean + spread * draw.normal()) / plan.share + fees;
    account.newOrder();
    account.trade(open, coin, side * lots, price, makerOpen);
    account.advance(close);
    account.newOrder();
    account.trade(close, coin, -side * lots, Math.max(1, Math.round(price * (1 + side * gain))), makerClose);
  }
  account.advance(toMs);
}
