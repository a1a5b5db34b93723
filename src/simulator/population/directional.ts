/** Traders who take a direction and hold it: skilled, mild, lucky, negative, gamblers, beta. */
import { ACCOUNTS, DIRECTIONAL } from './archetypes.ts';
import type { Draw } from './draw.ts';
import { TWAP } from './fill_columns.ts';
import type { Actor, Life } from './life.ts';
import { type CoinHistory, DAY_MS, HOUR_MS, MINUTE_MS } from './market_history.ts';

export interface DirectionalPlan {
  /** Annual Sharpe ratio before cost. */
  readonly sharpe: number;
  readonly holdHours: number;
  readonly leverage: number;
  readonly makerRatio: number;
  /** Share of time in the market. */
  readonly duty: number;
  readonly coins: readonly CoinHistory[];
  readonly alwaysLong: boolean;
  /** Chance that an entry is a TWAP. */
  readonly twaps: number;
  /** Orders that an entry is split into, at most. */
  readonly splits: number;
}

/** A position that is open when the world begins, and when its owner means to close it. */
export interface OpenPlan {
  readonly coin: CoinHistory;
  readonly closeAt: number;
}

export interface DirectionalPart {
  readonly plan: DirectionalPlan;
  readonly open: OpenPlan | null;
}

const SCAN_MINUTES = 5;
const SCAN_MS = SCAN_MINUTES * MINUTE_MS;
const TWAP_STEP_MS = 30_000;

export type DirectionalKind = keyof typeof DIRECTIONAL;

export function directionalPlan(
  kind: DirectionalKind,
  {
    sharpe,
    equity,
    leverage,
  }: { readonly sharpe: number; readonly equity: number; readonly leverage: number },
  draw: Draw,
  pick: (draw: Draw) => CoinHistory,
): DirectionalPlan {
  const p = DIRECTIONAL[kind];
  const beta = kind === 'beta';
  const count = beta ? 1 : 1 + draw.int(4);
  const rich = equity > 30_000_000_000;
  return {
    sharpe,
    holdHours: draw.from(p.holdHours),
    leverage,
    makerRatio: draw.from(p.makerRatio),
    duty: beta ? 0.98 : draw.uniform(0.5, 1),
    coins: Array.from({ length: count }, () => pick(draw)),
    alwaysLong: beta,
    twaps: rich && draw.uniform() < 0.35 ? 0.3 : 0,
    splits: rich ? 1 + draw.int(6) : 1 + draw.int(2),
  };
}

/** Probability that a standard normal lies within +-x (Abramowitz and Stegun 7.1.26, error below 2e-7). */
function within(x: number): number {
  const z = x / Math.SQRT2;
  const t = 1 / (1 + 0.327_591_1 * z);
  const poly =
    t *
    (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
  return 1 - poly * Math.exp(-z * z);
}

/**
 * Slope g with E[x clip(g x, -1, 1)] = k for a standard normal x, which is g P(|x| < 1/g): about k where k is small.
 * Nobody who only chooses sides earns more than 0.8 deviations of a hold.
 */
function slopeOf(k: number): number {
  const wanted = Math.min(0.75, Math.abs(k));
  let slope = wanted;
  for (let i = 0; i < 40 && slope > 0; i++) {
    const next = wanted / within(1 / slope);
    if (Math.abs(next - slope) < 1e-9) break;
    slope = next;
  }
  return k < 0 ? -slope : slope;
}

/**
 * Long with a probability that leans toward the coming move, by as much as gives the wanted Sharpe ratio: with
 * P(long | x) = (1 + g x) / 2 the expected gain is the wanted part k of a hold's deviation.
 * @param daily standard deviation of the coin's day
 * @param chance uniform in [0, 1)
 */
export function leanedSide(
  { sharpe, duty }: DirectionalPlan,
  daily: number,
  move: number,
  days: number,
  chance: number,
): 1 | -1 {
  if (days <= 0) return chance < 0.5 ? 1 : -1;
  const slope = slopeOf(sharpe * Math.sqrt(days / (365 * duty)));
  const x = move / (daily * Math.sqrt(days));
  return chance < 0.5 * (1 + Math.max(-1, Math.min(1, slope * x))) ? 1 : -1;
}

interface Slice {
  readonly time: number;
  readonly size: number;
  readonly maker: boolean;
  readonly first: boolean;
  readonly extra: number;
}

export class Directional implements Actor {
  readonly #plan: DirectionalPlan;
  readonly #draw: Draw;
  /** The side that this wallet takes against its own judgement: 1, or -1 for the other half of a hedge. */
  readonly #sign: 1 | -1;
  #coin: CoinHistory | null = null;
  #slices: Slice[] = [];
  #closeAt = 0;
  #liquidatedAt = Number.POSITIVE_INFINITY;
  #stage: 'flat' | 'entering' | 'holding' = 'flat';
  at: number;

  constructor(plan: DirectionalPlan, draw: Draw, from: number, sign: 1 | -1 = 1) {
    this.#plan = plan;
    this.#draw = draw;
    this.#sign = sign;
    this.at = from + Math.floor(draw.uniform(MINUTE_MS, plan.holdHours * HOUR_MS));
  }

  /** What it goes on with in the living world. */
  get part(): DirectionalPart {
    const coin = this.#coin;
    return { plan: this.#plan, open: coin === null ? null : { coin, closeAt: this.#closeAt } };
  }

  act(life: Life): void {
    if (this.#stage === 'flat') this.#enter(life);
    else if (this.#stage === 'entering') this.#slice(life);
    else this.#leave(life);
  }

  #enter(life: Life): void {
    const { at } = this;
    const draw = this.#draw;
    const plan = this.#plan;
    const hold = plan.holdHours * HOUR_MS * Math.exp(0.5 * draw.normal() - 0.125);
    const closeAt = Math.floor(at + Math.max(15 * MINUTE_MS, hold));
    const coin = plan.coins[draw.int(plan.coins.length)] as CoinHistory;
    if (life.dead) {
      this.at = Number.POSITIVE_INFINITY;
      return;
    }
    const lots = life.lotsFor(coin, at, plan.leverage);
    const side = (plan.alwaysLong ? 1 : this.#side(life, coin, at, closeAt)) * this.#sign;
    if (lots === 0 || life.fold.held(coin) !== undefined) {
      this.#rest(closeAt, hold);
      return;
    }
    this.#coin = coin;
    this.#closeAt = closeAt;
    this.#slices = this.#sliced(at, closeAt, side * lots);
    this.#stage = 'entering';
    this.#slice(life);
  }

  #side(life: Life, coin: CoinHistory, at: number, closeAt: number): 1 | -1 {
    const { market } = life;
    const end = Math.min(closeAt, market.end);
    const move = market.midAt(coin, end) / market.midAt(coin, at) - 1;
    return leanedSide(this.#plan, coin.daily, move, (end - at) / DAY_MS, this.#draw.uniform());
  }

  /** An entry as orders of one to three fills, or as a TWAP of a fill every half minute. */
  #sliced(at: number, closeAt: number, size: number): Slice[] {
    const draw = this.#draw;
    const plan = this.#plan;
    const slices: Slice[] = [];
    const twap = draw.uniform() < plan.twaps;
    const orders = twap ? 10 + draw.int(30) : 1 + draw.int(plan.splits);
    const room = (closeAt - at) / 3;
    const gap = twap ? TWAP_STEP_MS : Math.min(room / orders, draw.uniform(1, 30) * MINUTE_MS);
    let left = size;
    for (let order = orders; order > 0 && left !== 0; order--) {
      const part = order === 1 ? left : Math.trunc(left / order);
      if (part === 0) continue;
      left -= part;
      const time = at + Math.floor((orders - order) * gap);
      if (twap) slices.push({ time, size: part, maker: false, first: true, extra: TWAP });
      else this.#order(slices, time, part);
    }
    return slices;
  }

  #order(slices: Slice[], time: number, size: number): void {
    const draw = this.#draw;
    const maker = draw.uniform() < this.#plan.makerRatio;
    const fills = draw.uniform() < 0.5 ? 1 : 1 + draw.int(3);
    let left = size;
    for (let k = fills; k > 0 && left !== 0; k--) {
      const part = k === 1 ? left : Math.trunc(left / k);
      if (part === 0) continue;
      left -= part;
      // Fills of a taker are one block; a resting order is hit when somebody comes.
      const later = maker ? (fills - k) * (70 + draw.int(9_000)) : 0;
      slices.push({ time: time + later, size: part, maker, first: k === fills, extra: 0 });
    }
  }

  #slice(life: Life): void {
    const coin = this.#coin as CoinHistory;
    const slice = this.#slices.shift();
    if (slice !== undefined)
      life.trade(this.at, coin, slice.size, {
        maker: slice.maker,
        first: slice.first,
        extra: slice.extra,
      });
    const next = this.#slices[0];
    if (next !== undefined) {
      this.at = Math.max(this.at, next.time);
      return;
    }
    this.#stage = 'holding';
    const from = this.at;
    this.at = Math.max(from + 1, this.#closeAt);
    this.#liquidatedAt = this.#scan(life, coin, from + SCAN_MS);
    if (this.#liquidatedAt < this.at) this.at = this.#liquidatedAt;
  }

  /** First time at which the exchange would close the position, looking every five minutes. */
  #scan(life: Life, coin: CoinHistory, from: number): number {
    const { fold, market } = life;
    const holding = fold.held(coin);
    if (holding === undefined) return Number.POSITIVE_INFINITY;
    const mark = market.markAt(coin, this.#now(market.end));
    const others = holding.isolated
      ? holding.isolatedUsd
      : fold.equityAt(this.#now(market.end)) - holding.szi * mark;
    const end = Math.min(this.at, market.end);
    const maintenance = 1 / (2 * coin.seed.maxLeverage);
    const long = holding.szi > 0;
    // Where what is left is the maintenance margin: below for a long, above for a short.
    const limit = long
      ? -others / (holding.szi * (1 - maintenance))
      : -others / (holding.szi * (1 + maintenance));
    if (limit <= 0) return Number.POSITIVE_INFINITY;
    const { ticks } = coin;
    const first = Math.floor((from - market.start) / MINUTE_MS);
    const last = (end - market.start) / MINUTE_MS;
    for (let minute = first; minute < last; minute += SCAN_MINUTES) {
      const mark = ticks[minute] as number;
      if (long ? mark <= limit : mark >= limit) return from + (minute - first) * MINUTE_MS;
    }
    return Number.POSITIVE_INFINITY;
  }

  #now(end: number): number {
    return Math.min(this.at, end);
  }

  #leave(life: Life): void {
    const coin = this.#coin as CoinHistory;
    const { at } = this;
    const draw = this.#draw;
    const holding = life.fold.held(coin);
    if (life.underwater(coin, at)) life.liquidate(at, coin);
    else if (holding !== undefined) {
      const size = -holding.szi;
      const maker = draw.uniform() < this.#plan.makerRatio;
      const half = draw.uniform() < 0.4 ? Math.trunc(size / 2) : 0;
      life.trade(at, coin, half, { maker, first: true });
      life.trade(at, coin, size - half, { maker, first: half === 0 || !maker });
    }
    this.#coin = null;
    this.#rest(at, this.#closeAt - at + this.#plan.holdHours * HOUR_MS);
  }

  #rest(from: number, hold: number): void {
    this.#stage = 'flat';
    const pause = Math.abs(hold) * (1 / this.#plan.duty - 1);
    this.at = Math.max(
      this.at + 1,
      Math.floor(from + MINUTE_MS - pause * Math.log(1 - this.#draw.uniform())),
    );
  }
}

/** Deposits, withdrawals, and new money after the end. */
export class Treasurer implements Actor {
  readonly #draw: Draw;
  readonly #deposit: number;
  #multiple: number;
  #nextWithdrawal: number;
  readonly #peak: number;
  at: number;

  constructor(draw: Draw, from: number, end: number, equity: number) {
    this.#draw = draw;
    const span = end - from;
    const deposits = draw.uniform() < ACCOUNTS.deposited;
    this.#deposit = deposits ? from + Math.floor(draw.uniform(0.05, 0.95) * span) : Number.POSITIVE_INFINITY;
    this.#multiple = draw.from(ACCOUNTS.deposit);
    this.#nextWithdrawal =
      draw.uniform() < 0.3 ? from + Math.floor(draw.uniform(3, 30) * DAY_MS) : Number.POSITIVE_INFINITY;
    this.#peak = equity;
    this.at = Math.min(this.#deposit, this.#nextWithdrawal);
  }

  act(life: Life): void {
    const time = this.at;
    const { fold } = life;
    const equity = fold.equityAt(time);
    if (time >= this.#deposit && this.#multiple > 0) {
      const usd = Math.round((Math.max(0, equity) * this.#multiple) / 10_000) * 10_000;
      this.#multiple = 0;
      if (usd > 10_000_000 && !life.dead) life.deposit(time, usd);
    }
    if (time >= this.#nextWithdrawal) {
      // Gains are taken out while nothing is at risk.
      const usd = Math.floor((equity * this.#draw.uniform(0.1, 0.4)) / 10_000) * 10_000;
      if (fold.holdings.length === 0 && equity > 1.15 * this.#peak && usd > 20_000_000) {
        life.withdraw(time, usd);
        this.#nextWithdrawal = time + Math.floor(this.#draw.uniform(5, 25) * DAY_MS);
      } else this.#nextWithdrawal = time + Math.floor(this.#draw.uniform(2, 20) * HOUR_MS);
    }
    this.at = Math.min(this.#multiple > 0 ? this.#deposit : Number.POSITIVE_INFINITY, this.#nextWithdrawal);
  }
}
