/** Market makers, scalpers and wash traders: round trips of seconds, of which the newest are told fill by fill. */
import { FAST } from './archetypes.ts';
import type { Draw } from './draw.ts';
import type { Actor, Life } from './life.ts';
import { type CoinHistory, DAY_MS } from './market_history.ts';

export type FastKind = keyof typeof FAST;

export interface FastPlan {
  readonly kind: FastKind;
  readonly holdMs: number;
  readonly makerRatio: number;
  readonly coin: CoinHistory;
  /** Position as a share of equity. */
  readonly share: number;
  /** Standard deviation of a day's return of the account. */
  readonly daily: number;
  /** Round trips a day. */
  readonly trips: number;
}

/** Part of a coin's real volume that one account may turn over: a small coin has no room for a large maker. */
const MOST_OF_VOLUME = 0.2;
/** Below it no order is placed, micro-USD; a little more than the smallest order. */
const LEAST_POSITION = 15_000_000;

/** @param equity micro-USD */
export function fastPlan(
  kind: FastKind,
  equity: number,
  draw: Draw,
  pick: (draw: Draw) => CoinHistory,
): FastPlan {
  const { holdSeconds, makerRatio } = FAST[kind];
  const holdMs = 1000 * draw.from(holdSeconds);
  const trips = DAY_MS / (1.3 * holdMs);
  const coin = pick(draw);
  const wanted = kind === 'wash' ? draw.uniform(0.02, 0.08) : draw.uniform(0.3, 1);
  const room = (MOST_OF_VOLUME * Math.max(0.05, coin.seed.dailyVolumeMusd) * 1e12) / (2 * trips * equity);
  const share = Math.min(wanted, Math.max(room, LEAST_POSITION / equity));
  return {
    kind,
    holdMs,
    makerRatio: draw.from(makerRatio),
    coin,
    share,
    // Who risks less of the account moves it less.
    daily: (draw.uniform(0.004, 0.015) * share) / wanted,
    trips,
  };
}

/** Own daily return of an account that nobody's fills explain: what it earned before its first fill that is known. */
export function unseenReturn(plan: FastPlan, draw: Draw): number {
  const mean = (FAST[plan.kind].sharpe / Math.sqrt(365)) * plan.daily;
  return Math.max(-0.5, mean + plan.daily * draw.normal());
}

export class Fast implements Actor {
  readonly #plan: FastPlan;
  readonly #draw: Draw;
  readonly #mean: number;
  readonly #deviation: number;
  /** What the round trip is to earn over its price, and whether its exit rests. */
  #gain = 0;
  #exitRests = false;
  at: number;

  constructor(plan: FastPlan, draw: Draw, from: number) {
    this.#plan = plan;
    this.#draw = draw;
    this.#mean = (FAST[plan.kind].sharpe / Math.sqrt(365)) * (plan.daily / plan.trips);
    this.#deviation = plan.daily / Math.sqrt(plan.trips);
    this.at = from + 1 + draw.int(1000);
  }

  act(life: Life): void {
    const { coin } = this.#plan;
    const holding = life.fold.held(coin);
    if (holding === undefined) this.#enter(life);
    else {
      // The price that the drawn gain means, whatever the path does in these seconds.
      const entry = holding.cost / holding.szi;
      const over = (entry * (1 + Math.sign(holding.szi) * this.#gain)) / life.market.midAt(coin, this.at) - 1;
      life.trade(this.at, coin, -holding.szi, {
        maker: this.#exitRests,
        first: true,
        over: Math.max(-0.02, Math.min(0.02, over)),
      });
      this.at += Math.max(70, Math.floor(this.#plan.holdMs * this.#draw.uniform(0.1, 0.5)));
    }
  }

  #enter(life: Life): void {
    const { coin, share, holdMs, kind, makerRatio } = this.#plan;
    const draw = this.#draw;
    const maker = draw.uniform() < makerRatio;
    this.#exitRests = draw.uniform() < makerRatio;
    const lots = life.lotsFor(coin, this.at, share);
    if (lots === 0) {
      this.at = Number.POSITIVE_INFINITY;
      return;
    }
    const { takerE9, makerE9 } = life.fold.terms;
    life.trade(this.at, coin, draw.uniform() < 0.5 ? lots : -lots, { maker, first: true });
    const fees = ((maker ? makerE9 : takerE9) + (this.#exitRests ? makerE9 : takerE9)) / 1e9;
    this.#gain = kind === 'wash' ? 0 : (this.#mean + this.#deviation * draw.normal()) / share + fees;
    this.at += Math.max(70, Math.floor(holdMs * draw.uniform(0.6, 1.4)));
  }
}
