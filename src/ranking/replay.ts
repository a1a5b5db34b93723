/**
 * Plays a trader's past into its record. Pure. Equity between two account states is reckoned from the later one
 * backwards: cash moves by every fill, fee, funding payment and transfer, positions by every fill, and prices are the
 * hourly ones. So the past is never a guess about money, only (by less than an hour) about prices.
 */
import { orderFills } from '../domain/episodes/chain.ts';
import type { Fill } from '../domain/episodes/fill.ts';
import { DAY_MS } from '../domain/metrics/day.ts';
import type { TraderHistory } from '../domain/metrics/history.ts';
import type { Lots, Ticks } from '../domain/money.ts';
import type { Takeover } from '../hyperliquid/takeovers.ts';
import type { ExternalFlow, FundingPayment } from '../hyperliquid/venue_history.ts';
import { type Forfeit, settleTakeovers } from './takeovers.ts';

const HOUR_MS = 3_600_000;

/** Last known price of a coin at a time, or null. */
export type MarkAt = (coin: number, time: number) => Ticks | null;

/** What the venue says of the account at a moment, all dexs together. Micro-USD. */
export interface AccountState {
  readonly time: number;
  readonly equity: number;
  /** Collateral without the positions' worth: equity is this plus size times mark price over all positions. */
  readonly cash: number;
  readonly unrealised: number;
  /** Signed sizes in lots by coin. */
  readonly positions: ReadonlyMap<number, number>;
}

/** Account value as somebody else saw it. */
export interface EquityCheck {
  readonly time: number;
  readonly equity: number;
}

export interface Past {
  readonly fills: readonly Fill[];
  readonly fundings: readonly FundingPayment[];
  readonly flows: readonly ExternalFlow[];
  readonly takeovers: readonly Takeover[];
  /** Everything after this (ms, exclusive) and up to `state.time` is in the lists. */
  readonly from: number;
  readonly state: AccountState;
  readonly checks: readonly EquityCheck[];
  readonly markAt: MarkAt;
  /** Told of each fill once the history has taken it in. */
  readonly onFill?: (fill: Fill, history: TraderHistory) => void;
}

export interface ReplayResult {
  /** Account value just after `from`, as reckoned, micro-USD. */
  readonly equityBefore: number;
  /** Collateral without positions then. */
  readonly cashBefore: number;
  /** True when the account was empty then: nothing came before. */
  readonly emptyBefore: boolean;
  /** Comparisons with `checks`, and those that failed. */
  readonly checked: number;
  readonly failed: number;
}

interface Step {
  readonly time: number;
  /**
   * At the same time: transfers first (they pay for what follows), then what is lost beside the fills that close a
   * position, fills, funding, then looks at the value.
   */
  readonly order: number;
  readonly run: () => void;
}

/** One dollar or ten basis points, as the daily identity allows. */
const tolerance = (equity: number): number => Math.max(1e6, 1e-3 * Math.abs(equity));
/**
 * Beyond that, what a price may have moved since the full hour: twice the largest of the moves over the hour before, the
 * same and the next, and within these limits. The last hour's is not known yet: there the widest holds.
 */
const MARK_MOVES = 2;
const LEAST_MARK_ERROR = 0.01;
const MOST_MARK_ERROR = 0.05;

export class Replay {
  readonly #history: TraderHistory;
  readonly #past: Past;
  readonly #sizes = new Map<number, number>();
  readonly #prices = new Map<number, number>();
  /** Money without the positions' worth: equity is this plus size times price over all coins. */
  #cash: number;
  #checked = 0;
  #failed = 0;

  constructor(history: TraderHistory, past: Past) {
    this.#history = history;
    this.#past = past;
    const { state } = past;
    for (const [coin, size] of state.positions) {
      this.#sizes.set(coin, size);
      this.#prices.set(coin, past.markAt(coin, state.time) ?? 0);
    }
    this.#cash = state.cash;
  }

  /** Feeds everything into the history, in time order. */
  run(): ReplayResult {
    const past = this.#past;
    const { fills, forfeits } = settleTakeovers(orderFills(past.fills).fills, past);
    this.#rewind(fills);
    for (const { amount } of forfeits) this.#cash += amount;
    const equityBefore = this.#reprice(past.from);
    const cashBefore = this.#cash;
    const flat = [...this.#sizes.values()].every((size) => size === 0);
    const emptyBefore = flat && Math.abs(equityBefore) <= tolerance(past.state.equity);
    const begin = emptyBefore ? this.#firstEvent(fills) : past.from;
    this.#sample(begin);
    for (const step of this.#steps(fills, forfeits, begin)) step.run();
    this.#history.equity({
      time: past.state.time,
      equity: past.state.equity,
      unrealised: past.state.unrealised,
    });
    return { equityBefore, cashBefore, emptyBefore, checked: this.#checked, failed: this.#failed };
  }

  /** Back to `from`: undoes every event. */
  #rewind(fills: readonly Fill[]): void {
    for (const fill of fills) {
      this.#sizes.set(fill.coin, (this.#sizes.get(fill.coin) ?? 0) - fill.size);
      this.#cash += fill.size * fill.price + fill.fee;
    }
    for (const { amount } of this.#past.fundings) this.#cash -= amount;
    for (const { amount } of this.#past.flows) this.#cash -= amount;
  }

  #firstEvent(fills: readonly Fill[]): number {
    const { fundings, flows, state, from } = this.#past;
    const first = Math.min(
      state.time,
      ...[fills[0]?.time, fundings[0]?.time, flows[0]?.time].filter((time) => time !== undefined),
    );
    return Math.max(from, first);
  }

  #steps(fills: readonly Fill[], forfeits: readonly Forfeit[], begin: number): Step[] {
    const { fundings, flows, checks, state } = this.#past;
    const steps: Step[] = [];
    for (const flow of flows) {
      steps.push({ time: flow.time, order: 0, run: () => this.#flow(flow) });
    }
    for (const lost of forfeits) steps.push({ time: lost.time, order: 1, run: () => this.#forfeit(lost) });
    for (const fill of fills) steps.push({ time: fill.time, order: 2, run: () => this.#fill(fill) });
    for (const payment of fundings) {
      steps.push({ time: payment.time, order: 3, run: () => this.#funding(payment) });
    }
    for (let hour = Math.ceil((begin + 1) / HOUR_MS) * HOUR_MS; hour < state.time; hour += HOUR_MS) {
      steps.push({ time: hour, order: 4, run: () => this.#hour(hour) });
    }
    for (const check of checks) {
      if (check.time > begin && check.time < state.time) {
        steps.push({ time: check.time, order: 5, run: () => this.#check(check) });
      }
    }
    // Stable: fills of one millisecond stay in the order of execution.
    return steps.sort((a, b) => a.time - b.time || a.order - b.order);
  }

  #fill(fill: Fill): void {
    this.#history.fill(fill);
    this.#past.onFill?.(fill, this.#history);
    this.#sizes.set(fill.coin, (this.#sizes.get(fill.coin) ?? 0) + fill.size);
    this.#prices.set(fill.coin, fill.price);
    this.#cash -= fill.size * fill.price + fill.fee;
  }

  #forfeit({ time, coin, amount }: Forfeit): void {
    this.#history.forfeit(time, coin, amount);
    this.#cash -= amount;
  }

  #funding({ time, coin, amount }: FundingPayment): void {
    this.#history.funding(time, coin, amount);
    this.#cash += amount;
  }

  /** The value just before and just after, so that the return is made with the right capital. */
  #flow({ time, amount }: ExternalFlow): void {
    this.#reprice(time);
    this.#sample(time);
    this.#history.flow(time, amount);
    this.#cash += amount;
    this.#sample(time);
  }

  #hour(time: number): void {
    const holds = [...this.#sizes.values()].some((size) => size !== 0);
    if (!holds && time % DAY_MS !== 0) return;
    this.#reprice(time);
    this.#sample(time);
  }

  #check({ time, equity }: EquityCheck): void {
    const own = this.#reprice(time);
    let moved = 0;
    for (const [coin, size] of this.#sizes) {
      const worth = Math.abs(size * (this.#prices.get(coin) ?? 0));
      if (worth > 0) moved += worth * this.#markError(coin, time);
    }
    this.#checked++;
    if (Math.abs(own - equity) > tolerance(equity) + moved) this.#failed++;
  }

  /** Part of a coin's price that it may have moved by since the full hour. */
  #markError(coin: number, time: number): number {
    const { markAt, state } = this.#past;
    if (Math.floor(time / HOUR_MS) >= Math.floor(state.time / HOUR_MS)) return MOST_MARK_ERROR;
    let most = 0;
    for (const hour of [-1, 0, 1]) {
      const before = markAt(coin, time + hour * HOUR_MS);
      const after = markAt(coin, time + (hour + 1) * HOUR_MS);
      if (before === null || after === null) return MOST_MARK_ERROR;
      most = Math.max(most, Math.abs(after / before - 1));
    }
    return Math.min(MOST_MARK_ERROR, Math.max(LEAST_MARK_ERROR, MARK_MOVES * most));
  }

  /** Takes the prices of a time and returns the account value by them. */
  #reprice(time: number): number {
    let equity = this.#cash;
    for (const [coin, size] of this.#sizes) {
      if (size === 0) continue;
      const price = this.#past.markAt(coin, time);
      if (price !== null) this.#prices.set(coin, price);
      equity += size * (this.#prices.get(coin) ?? 0);
    }
    return equity;
  }

  #sample(time: number): void {
    let equity = this.#cash;
    for (const [coin, size] of this.#sizes) {
      if (size === 0) continue;
      const price = this.#prices.get(coin) ?? 0;
      equity += size * price;
      if (price > 0) this.#history.mark(time, coin, price as Ticks);
    }
    this.#history.equity({ time, equity: Math.round(equity), unrealised: this.#unrealised() });
  }

  /** Null while a position is held whose entry is not known. */
  #unrealised(): number | null {
    let sum = 0;
    const known = new Map<number, Lots>();
    for (const open of this.#history.book.openPositions()) {
      if (open.unrealised === null) return null;
      sum += open.unrealised;
      known.set(open.coin, open.size);
    }
    for (const [coin, size] of this.#sizes) if (size !== 0 && known.get(coin) !== size) return null;
    return Math.round(sum);
  }
}
