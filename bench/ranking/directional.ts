/** Traders who take a direction and hold it: skilled, mild, lucky, negative, gamblers, beta. */
import type { Account } from './account.ts';
import type { Draw } from './draw.ts';
import { type Coin, STEPS_PER_DAY, timeOf } from './market.ts';

export interface DirectionalPlan {
  /** Annual Sharpe ratio before cost, until and from the step `changeStep`. */
  readonly sharpe: number;
  readonly laterSharpe: number;
  readonly changeStep: number;
  readonly holdHours: number;
  readonly leverage: number;
  readonly makerRatio: number;
  /** Share of time in the market. */
  readonly duty: number;
  readonly coins: readonly number[];
  readonly alwaysLong: boolean;
}

const STEPS_PER_HOUR = STEPS_PER_DAY / 24;
/** Maintenance margin at the most common maximum leverages. */
const MAINTENANCE = 0.0125;
const CLIP = 2.5;

/** Trades from one step to another, in chunks of one episode. */
export function tradeDirectional(
  account: Account,
  plan: DirectionalPlan,
  draw: Draw,
  from: number,
  to: number,
): void {
  let step = from + Math.floor(draw.uniform(0, plan.holdHours * STEPS_PER_HOUR));
  while (step < to && !account.dead) {
    const hold = Math.max(
      3,
      Math.round(plan.holdHours * STEPS_PER_HOUR * Math.exp(0.5 * draw.normal() - 0.125)),
    );
    const end = Math.min(to, step + hold);
    if (end <= step + 2) break;
    const coin = account.coin(plan.coins[draw.int(plan.coins.length)] ?? 0);
    account.advance(timeOf(step));
    episode(account, plan, draw, coin, step, end);
    const rest = hold * (1 / plan.duty - 1);
    step = end + 1 + Math.floor(-rest * Math.log(1 - draw.uniform()));
  }
  account.advance(timeOf(to));
}

function episode(
  account: Account,
  plan: DirectionalPlan,
  draw: Draw,
  coin: Coin,
  start: number,
  end: number,
): void {
  const price = coin.ticks[start] ?? 0;
  const equity = account.equityAt(price);
  const lots = Math.floor((equity * plan.leverage) / price);
  if (lots < 1) return;
  const side = plan.alwaysLong ? 1 : chooseSide(plan, draw, coin, start, end);
  enter(account, plan, draw, coin, start, side * lots);
  if (plan.leverage > 4 && liquidated(account, coin, start + 1, end)) return;
  exit(account, plan, draw, coin, end);
}

/**
 * Long with a probability that leans toward the coming move, by as much as gives the wanted Sharpe ratio: with
 * P(long | r) = (1 + k r / sd) / 2 the expected gain is k standard deviations of the hold.
 */
function chooseSide(plan: DirectionalPlan, draw: Draw, coin: Coin, start: number, end: number): 1 | -1 {
  const sharpe = start >= plan.changeStep ? plan.laterSharpe : plan.sharpe;
  const days = (end - start) / STEPS_PER_DAY;
  const lean = sharpe * Math.sqrt(days / (365 * plan.duty));
  const move = (coin.ticks[end] ?? 1) / (coin.ticks[start] ?? 1) - 1;
  const x = Math.max(-CLIP, Math.min(CLIP, move / (coin.daily * Math.sqrt(days))));
  return draw.uniform() < 0.5 * (1 + Math.max(-1, Math.min(1, lean * x))) ? 1 : -1;
}

/** One to three fills of one order; sometimes a second order half an hour later. */
function enter(
  account: Account,
  plan: DirectionalPlan,
  draw: Draw,
  coin: Coin,
  step: number,
  size: number,
): void {
  const parts = 1 + draw.int(3);
  const maker = draw.uniform() < plan.makerRatio;
  const price = coin.ticks[step] ?? 0;
  const time = timeOf(step);
  account.newOrder();
  let left = size;
  for (let k = parts; k > 0 && left !== 0; k--) {
    const part = k === 1 ? left : Math.trunc(left / k);
    account.trade(time + (parts - k) * 7, coin, part, price, maker);
    left -= part;
  }
}

function exit(account: Account, plan: DirectionalPlan, draw: Draw, coin: Coin, end: number): void {
  const price = coin.ticks[end] ?? 0;
  const maker = draw.uniform() < plan.makerRatio;
  const size = -account.size;
  account.advance(timeOf(end));
  account.newOrder();
  const first = draw.uniform() < 0.4 ? Math.trunc(size / 2) : 0;
  account.trade(timeOf(end), coin, first, price, maker);
  account.trade(timeOf(end) + 11, coin, size - first, price, maker);
}

/** Walks the held position hour by hour; true when the exchange closed it. */
export function liquidated(account: Account, coin: Coin, start: number, end: number, stride = 6): boolean {
  for (let step = start; step < end; step += stride) {
    const price = coin.ticks[step] ?? 0;
    const value = Math.abs(account.size) * price;
    if (account.equityAt(price) > MAINTENANCE * value) continue;
    account.report(timeOf(step));
    account.newOrder();
    account.trade(timeOf(step) + 1, coin, -account.size, price, false, 'liquidation');
    account.report(timeOf(step) + 2);
    return true;
  }
  return false;
}
