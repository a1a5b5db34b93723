/**
 * Time-weighted daily returns from equity samples and external flows.
 *
 * A return is PnL over the capital it was made with, never a change of equity: deposits count at the start of a
 * sub-period and withdrawals at its end, which never overstates a return. After a loss of 95 % or more the next
 * deposit starts a new life of the account; the loss stays in the series.
 */
import { DomainError } from '../errors.ts';
import { type DayRow, dayOf } from './day.ts';

/** Below this capital a return means nothing. */
const LEAST_CAPITAL = 50e6;
const BLOW_UP = -0.95;

/** An account value at a moment, micro-USD; `unrealised` null when the source does not tell it apart. */
export interface EquitySample {
  readonly time: number;
  readonly equity: number;
  readonly unrealised: number | null;
}

/** What fills and funding said since the last sample; the chain consumes it. */
export interface SinceSample {
  gross: number;
  fees: number;
  funding: number;
  volume: number;
  slippage: number;
  impact: number;
}

export const nothingSince = (): SinceSample => ({
  gross: 0,
  fees: 0,
  funding: 0,
  volume: 0,
  slippage: 0,
  impact: 0,
});

/** Plain data: survives JSON. */
export interface ChainSnapshot {
  readonly last: EquitySample | null;
  readonly flows: number;
  readonly wealth: number;
  readonly day: number | null;
  readonly dead: boolean;
  readonly lives: number;
}

export class ReturnChain {
  readonly #row: (day: number) => DayRow;
  #last: EquitySample | null = null;
  #flows = 0;
  #wealth = 1;
  #day = Number.NaN;
  /** True between a blow-up and the next deposit. */
  #dead = false;
  /** Number of accounts-in-a-row: 1 plus the deposits that followed a blow-up. */
  lives = 1;

  /** @param row gives the (mutable) row of a day. */
  constructor(row: (day: number) => DayRow) {
    this.#row = row;
  }

  snapshot(): ChainSnapshot {
    return {
      last: this.#last,
      flows: this.#flows,
      wealth: this.#wealth,
      day: Number.isNaN(this.#day) ? null : this.#day,
      dead: this.#dead,
      lives: this.lives,
    };
  }

  /** Continues from a snapshot as if nothing had happened between. */
  restore(snapshot: ChainSnapshot): void {
    this.#last = snapshot.last;
    this.#flows = snapshot.flows;
    this.#wealth = snapshot.wealth;
    this.#day = snapshot.day ?? Number.NaN;
    this.#dead = snapshot.dead;
    this.lives = snapshot.lives;
  }

  get lastEquity(): number | null {
    return this.#last?.equity ?? null;
  }

  get lastUnrealised(): number | null {
    return this.#last?.unrealised ?? null;
  }

  /** External money since the last sample: deposits positive, micro-USD. */
  flow(amount: number): void {
    this.#flows += amount;
  }

  /**
   * The next sample. The interval belongs to the day it ends in; exactly midnight ends the day before.
   * @throws DomainError `SAMPLE_BACK_IN_TIME` when older than the last one.
   */
  sample(next: EquitySample, since: SinceSample): void {
    const last = this.#last;
    const flows = this.#flows;
    this.#last = next;
    this.#flows = 0;
    if (last === null) return;
    if (next.time < last.time)
      throw new DomainError('SAMPLE_BACK_IN_TIME', 'equity samples must come in time order');
    const row = this.#rowAt(next.time);
    const pnl = next.equity - last.equity - flows;
    const base = last.equity + Math.max(flows, 0);
    row.samples++;
    row.equity = next.equity;
    row.pnl += pnl;
    row.flows += flows;
    row.residual += residual(last, next, pnl, since);
    this.#reviveOn(flows);
    if (base >= LEAST_CAPITAL) this.#chain(row, pnl / base, base, since);
  }

  #rowAt(time: number): DayRow {
    const day = dayOf(time - 1);
    if (day !== this.#day) {
      this.#day = day;
      this.#wealth = 1;
    }
    return this.#row(day);
  }

  #reviveOn(flows: number): void {
    if (!this.#dead || flows <= 0) return;
    this.#dead = false;
    this.lives++;
  }

  #chain(row: DayRow, change: number, base: number, since: SinceSample): void {
    const r = Math.max(-1, change);
    if (r <= BLOW_UP && !this.#dead) {
      row.blowUps++;
      this.#dead = true;
    }
    this.#wealth *= 1 + r;
    row.return = this.#wealth - 1;
    if (this.#wealth < row.low) row.low = this.#wealth;
    if (this.#wealth > row.high) row.high = this.#wealth;
    else row.fall = Math.max(row.fall, 1 - this.#wealth / row.high);
    row.feeReturn += since.fees / base;
    row.slippageReturn += since.slippage / base;
    row.impactReturn += since.impact / base;
    row.turnover += since.volume / base;
  }
}

/** What E1 - E0 = gross - fees + funding + change of unrealised + flows leaves unexplained. */
function residual(last: EquitySample, next: EquitySample, pnl: number, since: SinceSample): number {
  if (last.unrealised === null || next.unrealised === null) return Number.NaN;
  return pnl - (since.gross - since.fees + since.funding + next.unrealised - last.unrealised);
}

/** Deepest fall by the venue's own formula: PnL over the account value at each start, as a positive fraction. */
export function venueDrawdown(points: readonly { readonly equity: number; readonly pnl: number }[]): number {
  let worst = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (const { equity, pnl } of points.toReversed()) {
    if (equity > 0) worst = Math.max(worst, (pnl - lowest) / equity);
    lowest = Math.min(lowest, pnl);
  }
  return worst;
}

/** Return on average capital (modified Dietz): flows weighted by the share of the period they were there for. */
export function modifiedDietz(
  start: number,
  end: number,
  flows: readonly { readonly amount: number; readonly remaining: number }[],
): number | null {
  const net = flows.reduce((sum, flow) => sum + flow.amount, 0);
  const base = start + flows.reduce((sum, flow) => sum + flow.amount * flow.remaining, 0);
  return base > 0 ? (end - start - net) / base : null;
}
