/**
 * A ranked board as bytes, and pages out of them. The worker writes the parts one after another to a file or a
 * table; the API holds the bytes and answers any page without touching the database or the worker.
 *
 * Layout, little-endian as every platform this runs on: a line of JSON padded to 8 bytes, then the arrays in the
 * order of its `columns`, each padded to 8 bytes.
 */
import { BOARD_METRICS, type BoardMetric } from '../domain/boards.ts';
import type { Board } from './board.ts';
import { RowSorter } from './radix.ts';

interface Header {
  /** Grows with every publication; pages of one version belong together. */
  readonly version: number;
  /** ms UTC. */
  readonly computedAt: number;
  readonly size: number;
  readonly copyRanked: number;
  readonly classicRanked: number;
  /** Names of the metrics in the order of their columns. */
  readonly metrics: readonly string[];
}

const PAD = 8;
const padded = (bytes: number): number => Math.ceil(bytes / PAD) * PAD;
const bytesOf = (array: Uint32Array | Uint16Array | Float32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** The parts to write, in order. They are views: write them before the board changes again. */
export function snapshotParts(
  board: Board,
  traders: Uint32Array,
  version: number,
  computedAt: number,
): Uint8Array[] {
  const { size, copyRanked, classicRanked } = board;
  const header: Header = {
    version,
    computedAt,
    size,
    copyRanked,
    classicRanked,
    metrics: BOARD_METRICS,
  };
  const text = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
  const head = new Uint8Array(padded(text.length)).fill(0x20);
  head.set(text);
  const columns = [
    traders.subarray(0, size),
    board.copyOrder.subarray(0, copyRanked),
    board.classicOrder.subarray(0, classicRanked),
    board.gates.subarray(0, size),
    board.days.subarray(0, size),
    ...BOARD_METRICS.map((name) => board[name].subarray(0, size)),
  ];
  return [head, ...columns.flatMap((column) => withPadding(bytesOf(column)))];
}

function withPadding(bytes: Uint8Array): Uint8Array[] {
  const missing = padded(bytes.length) - bytes.length;
  return missing === 0 ? [bytes] : [bytes, new Uint8Array(missing)];
}

/** Bounds on a metric, inclusive; an unknown value is inside no bound. */
export interface Filter {
  readonly metric: BoardMetric;
  readonly least?: number;
  readonly most?: number;
}

export interface PageQuery {
  readonly board: 'copy' | 'classic';
  /** Default: the board's own score. */
  readonly sort?: BoardMetric;
  /** Default: greatest first. */
  readonly ascending?: boolean;
  readonly filters?: readonly Filter[];
  /** Where the last page ended; 0 or absent is the start. */
  readonly cursor?: number;
  readonly limit: number;
}

export interface BoardEntry {
  readonly trader: number;
  /** Place on the queried board by its own score, 1 is best. */
  readonly rank: number;
  readonly row: number;
  readonly gates: number;
  readonly days: number;
  /** Unknown values are null. */
  readonly metrics: Readonly<Record<BoardMetric, number | null>>;
}

export interface Page {
  readonly version: number;
  readonly entries: readonly BoardEntry[];
  /** Give it to the next query; null when there is no more. */
  readonly cursor: number | null;
}

export class BoardSnapshot {
  readonly header: Header;
  readonly #traders: Uint32Array;
  readonly #gates: Uint16Array;
  readonly #days: Uint16Array;
  readonly #metrics: Readonly<Record<BoardMetric, Float32Array>>;
  readonly #orders: { readonly copy: Uint32Array; readonly classic: Uint32Array };
  /** Orders by other metrics and ranks by row, made on first use. */
  readonly #sorted = new Map<string, Uint32Array>();
  readonly #ranks = new Map<string, Uint32Array>();

  /** @throws SyntaxError or RangeError when the bytes are not a whole snapshot. */
  constructor(bytes: ArrayBuffer) {
    const start = new Uint8Array(bytes, 0, Math.min(1_024, bytes.byteLength));
    const end = start.indexOf(0x0a);
    const header = JSON.parse(new TextDecoder().decode(start.subarray(0, end))) as Header;
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
    this.#traders = take(Uint32Array, header.size);
    this.#orders = {
      copy: take(Uint32Array, header.copyRanked),
      classic: take(Uint32Array, header.classicRanked),
    };
    this.#gates = take(Uint16Array, header.size);
    this.#days = take(Uint16Array, header.size);
    const columns = new Map(header.metrics.map((name) => [name, take(Float32Array, header.size)]));
    // A board of an older version may lack a metric: it is unknown then.
    const unknown = () => new Float32Array(header.size).fill(Number.NaN);
    this.#metrics = Object.fromEntries(
      BOARD_METRICS.map((name) => [name, columns.get(name) ?? unknown()]),
    ) as Record<BoardMetric, Float32Array>;
  }

  /** One page. Rows whose sort metric is unknown are left out. */
  page(query: PageQuery): Page {
    const order = this.#orderOf(query);
    const entries: BoardEntry[] = [];
    let at = query.cursor ?? 0;
    for (; at < order.length && entries.length < query.limit; at++) {
      const row = order[query.ascending ? order.length - 1 - at : at] ?? 0;
      if (this.#passes(row, query.filters)) entries.push(this.#entry(row, query.board));
    }
    return { version: this.header.version, entries, cursor: at < order.length ? at : null };
  }

  #orderOf({ board, sort }: PageQuery): Uint32Array {
    const own = board === 'copy' ? 'copyScore' : 'classicScore';
    if (sort === undefined || sort === own) return this.#orders[board];
    const key = `${board} ${sort}`;
    let order = this.#sorted.get(key);
    if (order === undefined) {
      const values = this.#metrics[sort];
      order = this.#orders[board].filter((row) => !Number.isNaN(values[row] ?? Number.NaN)).sort();
      new RowSorter(this.header.size).sortDescending(order, order.length, values);
      this.#sorted.set(key, order);
    }
    return order;
  }

  #passes(row: number, filters: readonly Filter[] | undefined): boolean {
    if (filters === undefined) return true;
    for (const { metric, least, most } of filters) {
      const value = this.#metrics[metric][row] ?? Number.NaN;
      const inside =
        value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY);
      if (!inside) return false;
    }
    return true;
  }

  #entry(row: number, board: 'copy' | 'classic'): BoardEntry {
    const metrics = Object.fromEntries(
      BOARD_METRICS.map((name) => {
        const value = this.#metrics[name][row] ?? Number.NaN;
        return [name, Number.isFinite(value) ? value : null];
      }),
    ) as Record<BoardMetric, number | null>;
    return {
      trader: this.#traders[row] ?? 0,
      rank: this.#rankOf(row, board),
      row,
      gates: this.#gates[row] ?? 0,
      days: this.#days[row] ?? 0,
      metrics,
    };
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
