/**
 * One trader's fills lived up to a boundary and beyond. Fills do not tell what an account is worth, so each is given
 * the largest notional that it had held by the boundary as capital, every day anew: the Sharpe ratio does not depend
 * on it. What needs the account's own value (how leveraged it is, whether it reconciles) cannot be judged from fills.
 */
import { orderFills } from '../../../src/domain/episodes/chain.ts';
import type { Fill } from '../../../src/domain/episodes/fill.ts';
import { DAY_MS, dayOf } from '../../../src/domain/metrics/day.ts';
import { TraderHistory } from '../../../src/domain/metrics/history.ts';
import { windowOf } from '../../../src/domain/metrics/window.ts';
import { microUsd, ticks } from '../../../src/domain/money.ts';
import { copySeries } from '../../../src/ranking/copy_returns.ts';
import type { FeatureContext } from '../../../src/ranking/features.ts';
import type { Seen } from '../baselines.ts';
import { atBoundary } from '../experiment.ts';
import { type Followed, follow } from '../followed.ts';
import type { Tape } from './tape.ts';

/** After a boundary nothing is earned for as long: whoever follows needs that time. */
const EMBARGO_MS = 3_600_000;

export interface Lived {
  readonly seen: Seen;
  readonly followed: Followed;
  /** Annual net copy Sharpe of what followed; NaN without a move. */
  readonly sharpe: number;
}

/** Capital given: the largest notional held by `time`, micro-USD. */
function largestHeld(fills: readonly Fill[], time: number): number {
  const held = new Map<number, number>();
  let total = 0;
  let most = 0;
  for (const { coin, time: at, startPosition, size, price } of fills) {
    if (at >= time) break;
    const notional = Math.abs(startPosition + size) * price;
    total += notional - (held.get(coin) ?? 0);
    held.set(coin, notional);
    if (total > most) most = total;
  }
  return most;
}

/** A record that is worth the same every morning. */
class Account {
  readonly history: TraderHistory;
  readonly #tape: Tape;
  readonly #capital: number;
  /** Size in lots and the price it was last valued at, by coin. */
  readonly #held = new Map<number, { size: number; price: number }>();
  #pnl = 0;

  constructor(history: TraderHistory, tape: Tape, capital: number) {
    this.history = history;
    this.#tape = tape;
    this.#capital = capital;
  }

  open(time: number): void {
    this.history.equity({ time, equity: this.#capital, unrealised: null });
  }

  /** PnL is the move of what is held since it was last valued, so that a missing fill costs nothing but itself. */
  fill(fill: Fill): void {
    const { size, price } = this.#held.get(fill.coin) ?? { size: 0, price: fill.price };
    this.#pnl += size * (fill.price - price) - fill.fee;
    this.#held.set(fill.coin, { size: fill.startPosition + fill.size, price: fill.price });
    this.history.fill(fill);
  }

  /** Values everything and sets the account back to its capital. `counted` false: what was earned does not count. */
  value(time: number, counted = true): void {
    for (const [coin, at] of this.#held) {
      const price = this.#tape.priceBefore(coin, time);
      if (price === undefined || at.size === 0) continue;
      this.#pnl += at.size * (price - at.price);
      at.price = price;
      this.history.mark(time, coin, ticks(price));
    }
    const pnl = microUsd(Math.round(this.#pnl));
    this.#pnl = 0;
    if (!counted) this.history.flow(time, pnl);
    this.history.equity({ time, equity: this.#capital + pnl, unrealised: this.#unrealised() });
    this.history.flow(time, microUsd(-pnl));
    this.history.equity({ time, equity: this.#capital, unrealised: this.#unrealised() });
  }

  #unrealised(): number {
    let sum = 0;
    for (const { unrealised } of this.history.book.openPositions()) sum += unrealised ?? 0;
    return sum;
  }
}

/** Fills in the order of execution, each once. */
export const inOrder = (fills: readonly Fill[]): readonly Fill[] => orderFills(fills).fills;

/**
 * @param fills as `inOrder` gives them. @param horizon days that are followed from the boundary (a midnight) on.
 * @returns null when the trader had not held anything by the boundary.
 */
export function live(
  fills: readonly Fill[],
  tape: Tape,
  horizon: number,
  context: FeatureContext,
  completeSince: number | null,
): Lived | null {
  const boundary = context.now;
  const capital = largestHeld(fills, boundary);
  const first = fills[0]?.time;
  if (first === undefined || capital === 0) return null;
  const history = new TraderHistory({ slippageBp: tape.slippageBefore(dayOf(boundary)) });
  const carried = (fills[0]?.startPosition ?? 0) !== 0;
  history.completeSince = completeSince ?? (carried ? first : Number.NEGATIVE_INFINITY);
  const account = new Account(history, tape, capital);
  const begin = dayOf(first) * DAY_MS;
  account.open(begin);
  let next = 0;
  const until = (time: number): void => {
    for (let fill = fills[next]; fill !== undefined && fill.time < time; fill = fills[++next])
      account.fill(fill);
  };
  for (let time = begin + DAY_MS; time <= boundary; time += DAY_MS) {
    until(time);
    account.value(time);
  }
  const { deviation, ...seen } = atBoundary(history, context);
  seen.features.reconciled = 1;
  until(boundary + EMBARGO_MS);
  account.value(boundary + EMBARGO_MS, false);
  for (let day = 1; day <= horizon; day++) {
    until(boundary + day * DAY_MS);
    account.value(boundary + day * DAY_MS);
  }
  const from = dayOf(boundary);
  const window = { ...windowOf(history, from, from + horizon - 1), knownFrom: from };
  const returns = copySeries(window, context.terms).net;
  return { seen, followed: follow(returns, deviation), sharpe: annualSharpe(returns) };
}

function annualSharpe(returns: readonly number[]): number {
  const n = returns.length;
  const mean = returns.reduce((sum, r) => sum + r, 0) / n;
  const variance = returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / (n - 1);
  return variance > 0 ? (mean / Math.sqrt(variance)) * Math.sqrt(365) : Number.NaN;
}
