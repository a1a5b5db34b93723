/**
 * Pages and standings out of the bytes of a published board (layout: snapshot_parts.ts). The API holds the bytes and
 * answers any page without touching the database or the worker.
 */
import { type FurtherMetric, isFurther, type MetricName } from '../domain/board_metrics.ts';
import {
  BOARD_METRICS,
  type BoardMetric,
  COMPARISON_METRICS,
  type ComparisonMetric,
} from '../domain/boards.ts';
import { LEAST_SCORE } from './board.ts';
import type { BoardEntry, MyFigures, Page, PageQuery, Standing } from './board_page.ts';
import { type Evidence, evidenceFrom, NO_EVIDENCE } from './evidence.ts';
import { followerFigures, type KnownOfTrader } from './follower.ts';
import { COMPARISONS, carries, equityOf, type MyTerms, standingFor } from './my_terms.ts';
import { RowSorter } from './radix.ts';
import { rowsByTrader } from './rows_by_trader.ts';
import { FIRST_TERMS, padded, type SnapshotHeader, TERMS } from './snapshot_parts.ts';

/** Orders by a follower's own terms that are kept. */
const KEPT_TERMS = 8;

/** All but those that are told from others. */
type KeptMetric = Exclude<BoardMetric, ComparisonMetric>;
const isComparison = (metric: BoardMetric): metric is ComparisonMetric =>
  COMPARISON_METRICS.some((name) => name === metric);

/** Metrics that a follower's own terms change. */
const MY_METRICS = ['copyScore', 'sharpe', 'cost', 'copyReturn'] as const;
type MyMetric = (typeof MY_METRICS)[number];

/** The copy board for one follower. Columns are by row; NaN where it is not on it. */
interface MyBoard {
  readonly terms: MyTerms;
  readonly order: Uint32Array;
  readonly ranks: Uint32Array;
  readonly columns: Readonly<Record<MyMetric, Float32Array>>;
  readonly sorted: Map<string, Uint32Array>;
}

export class BoardSnapshot {
  readonly header: SnapshotHeader;
  readonly #traders: Uint32Array;
  readonly #days: Uint16Array;
  readonly #metrics: Readonly<Record<KeptMetric, Float32Array>>;
  readonly #orders: { readonly copy: Uint32Array; readonly classic: Uint32Array };
  /** Orders by other metrics and ranks by row, made when they are first asked for. */
  readonly #sorted = new Map<string, Uint32Array>();
  readonly #ranks = new Map<string, Uint32Array>();
  /** Orders by columns that came with a query, by column and by the order that they were made of: gone with either. */
  readonly #further = new WeakMap<Float32Array, WeakMap<Uint32Array, Uint32Array>>();
  readonly #candidates: Uint32Array;
  readonly #terms: Readonly<Record<(typeof TERMS)[number], Float32Array>>;
  readonly #proven: ReadonlySet<number>;
  /** Boards for own terms, the last used last. */
  readonly #mine = new Map<string, MyBoard>();

  /** @throws SyntaxError or RangeError when the bytes are not a whole snapshot. */
  constructor(bytes: ArrayBuffer) {
    const start = new Uint8Array(bytes, 0, Math.min(1_024, bytes.byteLength));
    const end = start.indexOf(0x0a);
    const header = JSON.parse(new TextDecoder().decode(start.subarray(0, end))) as SnapshotHeader;
    let at = padded(end + 1);
    const take = <T extends { readonly byteLength: number }>(
      make: new (buffer: ArrayBuffer, offset: number, length: number) => T,
      length: number,
    ): T => {
      const array = new make(bytes, at, length);
      at += padded(array.byteLength);
      return array;
    };
    this.header = header;
    this.#days = take(Uint16Array, header.size);
    const own = header.metrics.map((name) => [name, take(Float32Array, header.size)] as const);
    const count = header.candidates;
    this.#candidates = take(Uint32Array, count);
    const terms = new Map(
      (header.terms ?? FIRST_TERMS).map((name) => [name, take(Float32Array, count)] as const),
    );
    this.#proven = new Set(take(Uint32Array, header.proven));
    this.#traders = take(Uint32Array, header.rows);
    const shared = header.shared.map((name) => [name, take(Float32Array, header.rows)] as const);
    const columns = new Map([...own, ...shared]);
    // A board of an older version may lack a metric: it is unknown then.
    const unknown = (length: number) => new Float32Array(length).fill(Number.NaN);
    this.#metrics = Object.fromEntries(
      BOARD_METRICS.filter((name) => !isComparison(name)).map((name) => [
        name,
        columns.get(name) ?? unknown(header.size),
      ]),
    ) as Record<KeptMetric, Float32Array>;
    this.#terms = Object.fromEntries(
      TERMS.map((name) => [name, terms.get(name) ?? unknown(count)]),
    ) as Record<(typeof TERMS)[number], Float32Array>;
    const sorter = new RowSorter(header.size);
    this.#orders = {
      copy: ranked(this.#metrics.copyScore, sorter),
      classic: ranked(this.#metrics.classicScore, sorter),
    };
    for (const scores of [this.#metrics.copyScore, this.#metrics.classicScore]) forgetNone(scores);
  }

  /** Traders on a board, for a follower of these terms where they are given. */
  ranked(board: 'copy' | 'classic', terms?: MyTerms): number {
    if (board === 'copy' && terms !== undefined) return this.#myBoard(terms).order.length;
    return board === 'copy' ? this.header.copyRanked : this.header.classicRanked;
  }

  /** One page. Rows whose sort metric is unknown are left out. @throws RangeError for a metric without a column. */
  page(query: PageQuery): Page {
    const mine = this.#mineOf(query);
    const order = this.#orderOf(query, mine);
    const entries: BoardEntry[] = [];
    const { version } = this.header;
    let at = this.#startOf(order, query);
    for (; at < order.length && entries.length < query.limit; at++) {
      const row = order[query.ascending ? order.length - 1 - at : at] ?? 0;
      if (this.#passes(row, query, mine)) entries.push(this.#entry(row, query, mine));
    }
    const trader = entries.at(-1)?.trader ?? 0;
    return { version, entries, cursor: at < order.length ? { version, trader, behind: at } : null };
  }

  /** On another version the next page begins behind the last trader, who may have moved; if gone, where it was. */
  #startOf(order: Uint32Array, { cursor, ascending }: PageQuery): number {
    if (cursor === undefined) return 0;
    if (cursor.version === this.header.version) return cursor.behind;
    const row = this.#traders.indexOf(cursor.trader);
    const at = row < 0 ? -1 : order.indexOf(row);
    if (at < 0) return cursor.behind;
    return ascending ? order.length - at : at + 1;
  }

  /** Where a trader stands on both standard boards; undefined when it has no row. */
  standingOf(trader: number): Standing | undefined {
    const row = this.#traders.indexOf(trader);
    if (row < 0 || row >= this.header.size) return undefined;
    const copyRank = this.#rankOf(row, 'copy') || null;
    const classicRank = this.#rankOf(row, 'classic') || null;
    return {
      copyRank,
      copyScore: copyRank === null ? null : (this.#metrics.copyScore[row] ?? null),
      classicRank,
      classicScore: classicRank === null ? null : (this.#metrics.classicScore[row] ?? null),
      evidence: this.#evidenceOf(row, copyRank),
      proven: this.#proven.has(row),
    };
  }

  /** What copying one trader would be for this follower, and its place on the copy board of these terms. */
  follower(trader: number, known: Omit<KnownOfTrader, 'equityUsd'>, mine: MyTerms): MyFigures {
    const row = this.#traders.indexOf(trader);
    const on = row >= 0 && row < this.header.size;
    // Whoever says nothing is a standard follower, whose board is there.
    const board = Object.keys(mine).length === 0 ? undefined : this.#myBoard(mine);
    const rank = !on ? 0 : board === undefined ? this.#rankOf(row, 'copy') : (board.ranks[row] ?? 0);
    const score = (board?.columns ?? this.#metrics).copyScore[row] ?? Number.NaN;
    const equityUsd = on ? (this.#metrics.equity[row] ?? Number.NaN) : Number.NaN;
    return {
      ...followerFigures({ ...known, equityUsd }, mine),
      place: rank === 0 ? null : { rank, of: board?.order.length ?? this.header.copyRanked, score },
    };
  }

  /** Finds rows by trader; made for finding many of them, after which it should be let go. */
  rowFinder(): (trader: number) => number | undefined {
    const { traders, rows } = rowsByTrader(this.#traders.subarray(0, this.header.size));
    return (trader) => {
      const place = placeIn(traders, trader);
      return traders[place] === trader ? rows[place] : undefined;
    };
  }

  #orderOf(query: PageQuery, mine: MyBoard | undefined): Uint32Array {
    const { board, sort } = query;
    const ranked = mine?.order ?? this.#orders[board];
    const own = board === 'copy' ? 'copyScore' : 'classicScore';
    if (sort === undefined || sort === own) return ranked;
    if (isFurther(sort)) return this.#furtherOrder(ranked, furtherColumn(sort, query));
    const sorted = mine?.sorted ?? this.#sorted;
    const key = `${board} ${sort}`;
    const order = sorted.get(key) ?? orderedBy(ranked, this.#columnOf(ranked, sort, mine));
    sorted.set(key, order);
    return order;
  }

  #furtherOrder(ranked: Uint32Array, values: Float32Array): Uint32Array {
    const orders = this.#further.get(values) ?? new WeakMap<Uint32Array, Uint32Array>();
    this.#further.set(values, orders);
    const order = orders.get(ranked) ?? orderedBy(ranked, values);
    orders.set(ranked, order);
    return order;
  }

  #mineOf({ board, terms }: PageQuery): MyBoard | undefined {
    return board === 'copy' && terms !== undefined ? this.#myBoard(terms) : undefined;
  }

  #myBoard(terms: MyTerms): MyBoard {
    const key = JSON.stringify([terms.equityUsd, terms.takerBp, terms.latencyMs]);
    const kept = this.#mine.get(key);
    const board = kept ?? this.#rankFor(terms);
    this.#mine.delete(key);
    this.#mine.set(key, board);
    if (this.#mine.size > KEPT_TERMS) this.#mine.delete(this.#mine.keys().next().value ?? '');
    return board;
  }

  #rankFor(terms: MyTerms): MyBoard {
    const { size, priors } = this.header;
    const column = () => new Float32Array(size).fill(Number.NaN);
    const columns = { copyScore: column(), sharpe: column(), cost: column(), copyReturn: column() };
    const rows: number[] = [];
    const m = this.#metrics;
    const t = this.#terms;
    const at = (values: Float32Array, index: number): number => values[index] ?? Number.NaN;
    this.#candidates.forEach((row, k) => {
      const hold = at(t.copyHold, k);
      // Written out in one literal: with a spread it takes thirty times as long, which a million rows notice.
      const known = {
        minCapital: at(m.minCapital, row),
        maxCapital: at(m.maxCapital, row),
        sharpe: at(m.sharpe, row),
        cost: at(m.cost, row),
        copyReturn: at(m.copyReturn, row),
        // Where it is not known (nothing closed, or a board of an older version) that of the gates stands for it.
        holdMs: Number.isNaN(hold) ? at(m.holdMs, row) : hold,
        days: this.#days[row] ?? 0,
        sharpeVariance: at(t.sharpeVariance, k),
        sharpeWithoutBest: at(t.sharpeWithoutBest, k),
        sharpeWithoutBestVariance: at(t.sharpeWithoutBestVariance, k),
        copyTurnover: at(t.copyTurnover, k),
        copyGain: at(t.copyGain, k),
        copyGainSquare: at(t.copyGainSquare, k),
        copySpread: at(t.copySpread, k),
        copyImpact: at(t.copyImpact, k),
      };
      if (!carries(known, terms.equityUsd)) return;
      const standing = standingFor(known, terms, priors[0], priors[1]);
      for (const name of MY_METRICS) columns[name][row] = standing[name];
      rows.push(row);
    });
    const order = Uint32Array.from(rows);
    new RowSorter(size).sortDescending(order, order.length, columns.copyScore);
    const ranks = new Uint32Array(size);
    order.forEach((row, place) => {
      ranks[row] = place + 1;
    });
    return { terms, order, ranks, columns, sorted: new Map() };
  }

  /** Of these rows at least. */
  #columnOf(rows: Uint32Array, metric: BoardMetric, mine: MyBoard | undefined): Float32Array {
    if (!isComparison(metric)) return mine?.columns[metric as MyMetric] ?? this.#metrics[metric];
    const column = new Float32Array(this.header.size).fill(Number.NaN);
    for (const row of rows) column[row] = this.#compare(row, metric, mine);
    return column;
  }

  /** Of a standard follower where it is nobody's own board. */
  #compare(row: number, metric: ComparisonMetric, mine: MyBoard | undefined): number {
    const place = placeIn(this.#candidates, row);
    const known = this.#candidates[place] === row;
    const at = (name: (typeof TERMS)[number]) => (known ? this.#terms[name][place] : undefined) ?? Number.NaN;
    const compared = {
      copyReturn: this.#value(row, 'copyReturn', mine),
      days: this.#days[row] ?? 0,
      copyGross: at('copyGross'),
      equity: this.#metrics.equity[row] ?? Number.NaN,
      capital: {
        quarter: at('quarterCapital'),
        half: at('halfCapital'),
        most: at('mostCapital'),
        whole: known ? (this.#metrics.minCapital[row] ?? Number.NaN) : Number.NaN,
      },
    };
    return COMPARISONS[metric](compared, equityOf(mine?.terms));
  }

  #value(row: number, metric: BoardMetric, mine: MyBoard | undefined): number {
    if (isComparison(metric)) return this.#compare(row, metric, mine);
    return (mine?.columns[metric as MyMetric] ?? this.#metrics[metric])[row] ?? Number.NaN;
  }

  /** Of any metric that the query may name. */
  #named(row: number, metric: MetricName, query: PageQuery, mine: MyBoard | undefined): number {
    if (!isFurther(metric)) return this.#value(row, metric, mine);
    return furtherColumn(metric, query)[row] ?? Number.NaN;
  }

  #passes(row: number, query: PageQuery, mine: MyBoard | undefined): boolean {
    if (query.filters === undefined) return true;
    for (const { metric, least, most } of query.filters) {
      const value = this.#named(row, metric, query, mine);
      // Columns are float32: 0.01 must be inside "at least 0.01".
      const inside =
        value >= Math.fround(least ?? Number.NEGATIVE_INFINITY) &&
        value <= Math.fround(most ?? Number.POSITIVE_INFINITY);
      if (!inside) return false;
    }
    return true;
  }

  #entry(row: number, query: PageQuery, mine: MyBoard | undefined): BoardEntry {
    const names: readonly MetricName[] = [...BOARD_METRICS, ...(query.columns?.keys() ?? [])];
    const metrics = Object.fromEntries(
      names.map((name) => {
        const value = this.#named(row, name, query, mine);
        return [name, Number.isFinite(value) ? value : null];
      }),
    ) as BoardEntry['metrics'];
    return {
      trader: this.#traders[row] ?? 0,
      rank: mine?.ranks[row] ?? this.#rankOf(row, query.board),
      row,
      days: this.#days[row] ?? 0,
      evidence: this.#evidenceOf(row, this.#rankOf(row, 'copy') || null),
      proven: this.#proven.has(row),
      metrics,
    };
  }

  /** Everybody with a rank on the copy board is a candidate, whose variance is known. */
  #evidenceOf(row: number, copyRank: number | null): Evidence {
    if (copyRank === null) return NO_EVIDENCE;
    const estimate = {
      days: this.#days[row] ?? 0,
      sharpe: this.#metrics.sharpe[row] ?? 0,
      variance: this.#terms.sharpeVariance[placeIn(this.#candidates, row)] ?? 1,
      cost: this.#metrics.cost[row] ?? 0,
    };
    return evidenceFrom(estimate, this.header.priors[0], copyRank - 1, this.header.copyRanked);
  }

  #rankOf(row: number, board: 'copy' | 'classic'): number {
    let ranks = this.#ranks.get(board);
    if (ranks === undefined) {
      ranks = new Uint32Array(this.header.size);
      const order = this.#orders[board];
      for (let k = 0; k < order.length; k++) ranks[order[k] ?? 0] = k + 1;
      this.#ranks.set(board, ranks);
    }
    return ranks[row] ?? 0;
  }
}

/** The rows with a score, best first, as the board has ordered them. */
function ranked(scores: Float32Array, sorter: RowSorter): Uint32Array {
  const rows = new Uint32Array(scores.length);
  let n = 0;
  for (let row = 0; row < scores.length; row++) if ((scores[row] as number) > LEAST_SCORE) rows[n++] = row;
  const order = rows.slice(0, n);
  sorter.sortDescending(order, n, scores);
  return order;
}

/** A score that only says "not on this board" is no value to sort, filter or show. */
function forgetNone(scores: Float32Array): void {
  for (let row = 0; row < scores.length; row++)
    if ((scores[row] as number) <= LEAST_SCORE) scores[row] = Number.NaN;
}

/** @throws RangeError */
function furtherColumn(metric: FurtherMetric, { columns }: PageQuery): Float32Array {
  const column = columns?.get(metric);
  if (column === undefined) throw new RangeError(`the column of ${metric} is missing`);
  return column;
}

/** The rows of an order whose value is known, greatest first. */
function orderedBy(ranked: Uint32Array, values: Float32Array): Uint32Array {
  const order = ranked.filter((row) => !Number.isNaN(values[row] ?? Number.NaN)).sort();
  new RowSorter(order.length).sortDescending(order, order.length, values);
  return order;
}

/** Index of the first of ascending values that is no less. */
function placeIn(ascending: Uint32Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
