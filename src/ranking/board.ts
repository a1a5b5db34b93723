/**
 * The leaderboard of one window over all traders, as columns: a row per trader, a typed array per quantity. A
 * full pass fits the prior, scores both boards and orders them; a refresh scores only changed rows against the
 * prior and ranges of the last full pass and merges them into the order.
 */
import { LEAST_RANKED_DAYS } from '../domain/boards.ts';
import {
  ACTIVE_MS,
  addColumn,
  type ClassicRanges,
  classicParts,
  classicRanges,
  classicScore,
} from './classic_score.ts';
import type { Features } from './features.ts';
import { GATE_LIMITS, gateBit, gatesOf } from './gates.ts';
import { DEFAULT_PRIOR, fitPrior, MOST_OBSERVATIONS, netMean, type Prior } from './posterior.ts';
import { RowSorter } from './radix.ts';

/** Score of a row that is not on a board: below every score there is. */
const OFF_BOARD = -1e30;
/** Score of a row that is gated or too young: what is believed of it is shown nowhere, and most rows are such. */
const GATED = -1_000;

/** A score above this is one: its row is on the board. */
export const LEAST_SCORE = -500;

const RESULT_GATES = gateBit('COSTDRAG') | gateBit('ONEHIT') | gateBit('DRAWDOWN');
/** Cost a day in Sharpe units beyond which the COSTDRAG gate trips for the cost alone. */
const MOST_COST = GATE_LIMITS.costDrag / Math.sqrt(365);

export class Board {
  readonly capacity: number;
  /** Rows in use: 0..size-1. */
  size = 0;
  /** Bits of tripped gates; 0 is eligible. */
  readonly gates: Uint16Array;
  readonly days: Uint16Array;
  /** What known costs take of the Sharpe ratio a day. */
  readonly cost: Float32Array;
  readonly sharpe: Float32Array;
  readonly sharpeVariance: Float32Array;
  readonly sharpeWithoutBest: Float32Array;
  readonly sharpeWithoutBestVariance: Float32Array;
  readonly copyReturn: Float32Array;
  readonly winRate: Float32Array;
  readonly volume: Float32Array;
  readonly drawdown: Float32Array;
  readonly riskRatio: Float32Array;
  readonly maxProfit: Float32Array;
  readonly maxLoss: Float32Array;
  readonly netPnl: Float32Array;
  readonly ageDays: Float32Array;
  readonly holdMs: Float32Array;
  readonly equity: Float32Array;
  readonly minCapital: Float32Array;
  readonly maxCapital: Float32Array;
  readonly copyTurnover: Float32Array;
  readonly copyGain: Float32Array;
  readonly copyGainSquare: Float32Array;
  readonly copySpread: Float32Array;
  readonly copyImpact: Float32Array;
  readonly copyGross: Float32Array;
  readonly copyHold: Float32Array;
  readonly quarterCapital: Float32Array;
  readonly halfCapital: Float32Array;
  readonly mostCapital: Float32Array;
  /** 1 for traders with a fill in the last 30 days. */
  readonly active: Uint8Array;
  /** 1 for rows with a copy score: eligible, with an estimate over enough days. */
  readonly scored: Uint8Array;
  /** 1 for rows with a Sharpe estimate, eligible or not. */
  readonly estimated: Uint8Array;
  /** Daily net Sharpe ratio that is believed; of gated rows -1,000, of rows without an estimate -1e30. */
  readonly copyScore: Float32Array;
  readonly classicScore: Float32Array;
  /** Rows on the copy board, best first; `copyRanked` of them. */
  copyOrder: Uint32Array;
  copyRanked = 0;
  classicOrder: Uint32Array;
  classicRanked = 0;
  prior: Prior = DEFAULT_PRIOR;
  priorWithoutBest: Prior = DEFAULT_PRIOR;
  #ranges: ClassicRanges | null = null;
  readonly #sorter: RowSorter;
  #spare: Uint32Array;
  readonly #sums: Float64Array;

  /** @param sorter Shared by boards of the same capacity; its scratch space is as large as a column. */
  constructor(capacity: number, sorter = new RowSorter(capacity)) {
    const floats = () => new Float32Array(capacity);
    this.capacity = capacity;
    this.gates = new Uint16Array(capacity);
    this.days = new Uint16Array(capacity);
    this.cost = floats();
    this.sharpe = floats();
    this.sharpeVariance = floats();
    this.sharpeWithoutBest = floats();
    this.sharpeWithoutBestVariance = floats();
    this.copyReturn = floats();
    this.winRate = floats();
    this.volume = floats();
    this.drawdown = floats();
    this.riskRatio = floats();
    this.maxProfit = floats();
    this.maxLoss = floats();
    this.netPnl = floats();
    this.ageDays = floats();
    this.holdMs = floats();
    this.equity = floats();
    this.minCapital = floats();
    this.maxCapital = floats();
    this.copyTurnover = floats();
    this.copyGain = floats();
    this.copyGainSquare = floats();
    this.copySpread = floats();
    this.copyImpact = floats();
    this.copyGross = floats();
    this.copyHold = floats();
    this.quarterCapital = floats();
    this.halfCapital = floats();
    this.mostCapital = floats();
    this.active = new Uint8Array(capacity);
    this.scored = new Uint8Array(capacity);
    this.estimated = new Uint8Array(capacity);
    this.copyScore = floats();
    this.classicScore = floats();
    this.copyOrder = new Uint32Array(capacity);
    this.classicOrder = new Uint32Array(capacity);
    this.#sorter = sorter;
    this.#spare = new Uint32Array(capacity);
    this.#sums = new Float64Array(capacity);
  }

  /** Writes the features of a row; the board shows them after the next `rank` or `refresh`. */
  set(row: number, f: Features): void {
    if (row >= this.size) this.size = row + 1;
    const estimated = f.costSharpe >= 0 && f.sharpeVariance > 0 && f.sharpeWithoutBestVariance > 0;
    this.gates[row] = gatesOf(f);
    this.days[row] = Math.min(65_535, f.days);
    this.cost[row] = f.costSharpe;
    this.sharpe[row] = f.sharpe;
    this.sharpeVariance[row] = f.sharpeVariance;
    this.sharpeWithoutBest[row] = f.sharpeWithoutBest;
    this.sharpeWithoutBestVariance[row] = f.sharpeWithoutBestVariance;
    this.copyReturn[row] = f.copyReturn;
    this.winRate[row] = f.windowWinRate ?? f.winRate;
    this.volume[row] = f.volumeUsd;
    this.drawdown[row] = f.maxDrawdown;
    this.riskRatio[row] = f.riskRatio;
    this.maxProfit[row] = f.maxProfitUsd;
    this.maxLoss[row] = f.maxLossUsd;
    this.netPnl[row] = f.netPnlUsd;
    this.ageDays[row] = f.ageDays;
    this.holdMs[row] = f.holdMs;
    this.equity[row] = f.equityUsd;
    this.minCapital[row] = f.minCapitalUsd;
    this.maxCapital[row] = f.maxCapitalUsd;
    this.copyTurnover[row] = f.copyTurnover;
    this.copyGain[row] = f.copyGain;
    this.copyGainSquare[row] = f.copyGainSquare;
    this.copySpread[row] = f.copySpread;
    this.copyImpact[row] = f.copyImpact;
    this.copyGross[row] = f.copyGross;
    this.copyHold[row] = f.copyHoldMs;
    this.quarterCapital[row] = f.quarterCapitalUsd;
    this.halfCapital[row] = f.halfCapitalUsd;
    this.mostCapital[row] = f.mostCapitalUsd;
    this.active[row] = f.idleMs <= ACTIVE_MS ? 1 : 0;
    this.estimated[row] = estimated ? 1 : 0;
    this.scored[row] = this.gates[row] === 0 && this.rankable(row) ? 1 : 0;
  }

  /** Whether there is enough of a row for a rank, whatever its gates. */
  rankable(row: number): boolean {
    return this.estimated[row] === 1 && (this.days[row] as number) >= LEAST_RANKED_DAYS;
  }

  /** Full pass: prior, ranges, scores and order of both boards. */
  rank(): void {
    this.#fitPriors();
    this.#ranges = classicRanges(this.#classicColumns(), this.active, this.size);
    for (let i = 0; i < this.size; i++) this.#scoreCopy(i);
    this.#scoreClassic(this.#ranges);
    this.copyRanked = this.#fill(this.copyOrder, this.scored);
    this.#sorter.sortDescending(this.copyOrder, this.copyRanked, this.copyScore);
    this.classicRanked = this.#fill(this.classicOrder, this.active);
    this.#sorter.sortDescending(this.classicOrder, this.classicRanked, this.classicScore);
  }

  /**
   * Scores the given rows (each once, already `set`) and merges them into both orders. Prior and ranges stay
   * those of the last full pass, so other rows keep their scores.
   */
  refresh(rows: Uint32Array): void {
    const changed = new Uint8Array(this.size);
    for (const row of rows) {
      changed[row] = 1;
      this.#score(row);
    }
    this.copyRanked = this.#merge('copyOrder', this.copyRanked, rows, changed, this.scored, this.copyScore);
    this.classicRanked = this.#merge(
      'classicOrder',
      this.classicRanked,
      rows,
      changed,
      this.active,
      this.classicScore,
    );
  }

  /**
   * Whether a row counts for what traders are like. Gates that look at results are left aside: after them only the
   * lucky would be left, their mean would look like skill and their best like proof.
   */
  inPopulation(i: number): boolean {
    const others = (this.gates[i] ?? 0) & ~RESULT_GATES;
    return others === 0 && this.estimated[i] === 1 && (this.cost[i] ?? 0) <= MOST_COST;
  }

  #fitPriors(): void {
    let all = 0;
    for (let i = 0; i < this.size; i++) if (this.inPopulation(i)) this.#spare[all++] = i;
    // An even sample is enough to know what traders are like.
    const stride = Math.max(1, Math.ceil(all / MOST_OBSERVATIONS));
    const picked = Math.ceil(all / stride);
    // Skill before cost: what a trader costs to follow is known and needs no prior.
    const take = (column: Float32Array, add?: Float32Array): Float32Array => {
      const out = new Float32Array(picked);
      for (let k = 0; k < picked; k++) {
        const row = this.#spare[k * stride] ?? 0;
        out[k] = (column[row] ?? 0) + (add?.[row] ?? 0);
      }
      return out;
    };
    this.prior = fitPrior(take(this.sharpe, this.cost), take(this.sharpeVariance));
    this.priorWithoutBest = fitPrior(
      take(this.sharpeWithoutBest, this.cost),
      take(this.sharpeWithoutBestVariance),
    );
  }

  #scoreCopy(i: number): void {
    this.copyScore[i] = this.scored[i] === 1 ? this.believed(i) : this.estimated[i] === 1 ? GATED : OFF_BOARD;
  }

  /** Column by column, in the order in which `classicScore` adds, so that both give the same bits. */
  #scoreClassic(ranges: ClassicRanges): void {
    const sums = this.#sums.fill(0, 0, this.size);
    for (const { column, range, weight, inverted } of classicParts(this.#classicColumns(), ranges))
      addColumn(sums, column, range, weight, inverted, this.size);
    for (let i = 0; i < this.size; i++)
      this.classicScore[i] = this.active[i] === 1 ? (sums[i] as number) : OFF_BOARD;
  }

  #score(i: number): void {
    this.#scoreCopy(i);
    this.classicScore[i] =
      this.active[i] === 1 && this.#ranges
        ? classicScore(this.#classicColumns(), this.#ranges, i)
        : OFF_BOARD;
  }

  /**
   * Daily net Sharpe ratio that is believed of a row with an estimate, whatever its gates: half from the full sample,
   * half from the one without the best day.
   */
  believed(i: number): number {
    const cost = this.cost[i] ?? 0;
    const full = netMean(this.sharpe[i] ?? 0, this.sharpeVariance[i] ?? 1, cost, this.prior);
    const robust = netMean(
      this.sharpeWithoutBest[i] ?? 0,
      this.sharpeWithoutBestVariance[i] ?? 1,
      cost,
      this.priorWithoutBest,
    );
    return 0.5 * full + 0.5 * robust;
  }

  #columns: Parameters<typeof classicScore>[0] | null = null;
  #classicColumns() {
    this.#columns ??= {
      winRate: this.winRate,
      volume: this.volume,
      drawdown: this.drawdown,
      riskRatio: this.riskRatio,
      maxProfit: this.maxProfit,
    };
    return this.#columns;
  }

  /** Row numbers whose flag is set, ascending; returns how many. */
  #fill(order: Uint32Array, flag: Uint8Array): number {
    let n = 0;
    for (let i = 0; i < this.size; i++) if (flag[i] === 1) order[n++] = i;
    return n;
  }

  #merge(
    name: 'copyOrder' | 'classicOrder',
    ranked: number,
    rows: Uint32Array,
    changed: Uint8Array,
    flag: Uint8Array,
    score: Float32Array,
  ): number {
    const fresh = rows.filter((row) => flag[row] === 1).sort();
    this.#sorter.sortDescending(fresh, fresh.length, score);
    const order = this[name];
    const out = this.#spare;
    // What stays, in order; then the places of the new ones among it, found by halving.
    let kept = 0;
    for (let k = 0; k < ranked; k++) {
      const row = order[k] ?? 0;
      if (changed[row] === 0) order[kept++] = row;
    }
    let from = 0;
    let n = 0;
    for (const row of fresh) {
      const to = placeOf(row, order, from, kept, score);
      out.set(order.subarray(from, to), n);
      n += to - from;
      out[n++] = row;
      from = to;
    }
    out.set(order.subarray(from, kept), n);
    this.#spare = order;
    this[name] = out;
    return n + kept - from;
  }
}

/** First index in `order[low..high)` of a row that comes after `row`. */
function placeOf(row: number, order: Uint32Array, low: number, high: number, score: Float32Array): number {
  // The next place is most often near: stride out from it before halving, where the memory is already at hand.
  let reach = 32;
  while (low + reach < high && before(order[low + reach] ?? 0, row, score)) reach *= 4;
  let from = reach > 32 ? low + reach / 4 : low;
  let to = Math.min(high, low + reach);
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (before(order[middle] ?? 0, row, score)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Whether row `a` stands before row `b`. */
function before(a: number, b: number, score: Float32Array): boolean {
  const x = score[a] ?? 0;
  const y = score[b] ?? 0;
  return x > y || (x === y && a < b);
}
