/** Candles of the past, made from its trades when somebody asks, and kept while they are asked for. */
import type { Lots, Ticks } from '../../domain/money.ts';
import {
  type Candle,
  type CandleHistory,
  CandleStore,
  candleStart,
  nextCandleStart,
} from '../venue/candles.ts';
import type { CandleInterval } from '../venue/types.ts';
import type { Past } from './past.ts';

const SPANS = 5000;
/** Series kept ready over all coins: a few dozen charts. */
const READY = 96;

/** Rows of each coin in order of time, by market index. */
export function rowsByCoin({ rows, order, market }: Past): readonly Uint32Array[] {
  const counts = new Uint32Array(market.byIndex.length);
  for (let row = 0; row < rows.length; row++) {
    const coin = rows.coin[row] as number;
    counts[coin] = (counts[coin] as number) + 1;
  }
  const lists = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (const row of order) {
    const coin = rows.coin[row] as number;
    const at = counts[coin] as number;
    (lists[coin] as Uint32Array)[at] = row;
    counts[coin] = at + 1;
  }
  return lists;
}

export class PastCandles {
  readonly #past: Past;
  readonly #lists: readonly Uint32Array[];
  readonly #ready = new Map<string, readonly Candle[]>();

  constructor(past: Past, lists: readonly Uint32Array[]) {
    this.#past = past;
    this.#lists = lists;
  }

  /** @param initial price before the first trade, ticks */
  of(coin: number, initial: Ticks): CandleHistory {
    const { market, rows } = this.#past;
    const list = this.#lists[coin] as Uint32Array;
    const lastRow = list[list.length - 1];
    return {
      start: market.start,
      initial,
      last: lastRow === undefined ? initial : (rows.px[lastRow] as Ticks),
      candles: (interval) => this.#series(coin, interval, initial),
    };
  }

  #series(coin: number, interval: CandleInterval, initial: Ticks): readonly Candle[] {
    const key = `${coin}/${interval}`;
    let series = this.#ready.get(key);
    if (series === undefined) {
      series = this.#build(coin, interval, initial);
      if (this.#ready.size >= READY) this.#ready.delete(this.#ready.keys().next().value as string);
    } else this.#ready.delete(key);
    this.#ready.set(key, series);
    return series;
  }

  /** Place of the first row at or after `time`. */
  #firstFrom(list: Uint32Array, time: number): number {
    const { time: times } = this.#past.rows;
    let low = 0;
    for (let high = list.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((times[list[middle] as number] as number) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #build(coin: number, interval: CandleInterval, initial: Ticks): Candle[] {
    const { market, rows } = this.#past;
    const list = this.#lists[coin] as Uint32Array;
    const spanMs =
      nextCandleStart(interval, candleStart(interval, market.end)) - candleStart(interval, market.end);
    const oldest = candleStart(interval, Math.max(market.start, market.end - SPANS * spanMs));
    const lastBefore = list[this.#firstFrom(list, oldest) - 1];
    // The span of the trade before the first one shown too: a span without trades shows its close.
    const from = lastBefore === undefined ? oldest : candleStart(interval, rows.time[lastBefore] as number);
    let at = this.#firstFrom(list, from);
    const before = at > 0 ? (rows.px[list[at - 1] as number] as Ticks) : initial;
    const store = new CandleStore(from, before, [interval]);
    for (; at < list.length; at++) {
      const row = list[at] as number;
      store.add(rows.time[row] as number, rows.px[row] as Ticks, Math.abs(rows.size[row] as number) as Lots);
    }
    return [...store.traded(interval)];
  }
}
