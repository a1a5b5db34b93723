/** Doubles into a loss until it turns or the account is gone. */
import type { Account } from './account.ts';
import { liquidated } from './directional.ts';
import type { Draw } from './draw.ts';
import { type Coin, timeOf } from './market.ts';

export interface MartingalePlan {
  /** First size as a share of equity. */
  readonly base: number;
  /** Distances in daily standard deviations of the coin. */
  readonly takeProfit: number;
  readonly step: number;
  readonly adds: number;
  readonly coins: readonly number[];
  readonly makerRatio: number;
}

/** Looks at the price every 15 minutes. */
const STRIDE = 3;

export function tradeMartingale(
  account: Account,
  plan: MartingalePlan,
  draw: Draw,
  from: number,
  to: number,
): void {
  let step = from + draw.int(72);
  while (step < to && !account.dead) {
    const coin = account.coin(plan.coins[draw.int(plan.coins.length)] ?? 0);
    account.advance(timeOf(step));
    step = ladder(account, plan, draw, coin, step, to);
    step += STRIDE + draw.int(36);
  }
  account.advance(timeOf(to));
}

/** One position from its first order to its end; returns the step it ended at. */
function ladder(
  account: Account,
  plan: MartingalePlan,
  draw: Draw,
  coin: Coin,
  start: number,
  to: number,
): number {
  const side = draw.uniform() < 0.5 ? 1 : -1;
  const first = coin.ticks[start] ?? 0;
  let size = Math.floor((account.equityAt(first) * plan.base) / first);
  if (size < 1) return to;
  let average = first;
  let held = 0;
  let lastPrice = first;
  let adds = 0;
  const buy = (step: number, price: number): void => {
    account.advance(timeOf(step));
    account.newOrder();
    account.trade(timeOf(step), coin, side * size, price, draw.uniform() < plan.makerRatio);
    average = (average * held + price * size) / (held + size);
    held += size;
    lastPrice = price;
  };
  buy(start, first);
  for (let step = start + STRIDE; step < to; step += STRIDE) {
    const price = coin.ticks[step] ?? 0;
    if (side * (price / average - 1) >= plan.takeProfit * coin.daily) {
      close(account, coin, step, price);
      return step;
    }
    if (liquidated(account, coin, step, step + 1, 1)) return step;
    if (adds < plan.adds && side * (price / lastPrice - 1) <= -plan.step * coin.daily) {
      size *= 2;
      adds++;
      buy(step, price);
      account.report(timeOf(step) + 1);
    }
  }
  return to;
}

function close(account: Account, coin: Coin, step: number, price: number): void {
  account.advance(timeOf(step));
  account.newOrder();
  account.trade(timeOf(step), coin, -account.size, price, true);
}
