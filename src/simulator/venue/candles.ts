/** Candles of one coin for every interval, sparse (only spans with trades); gaps are filled flat when read. */
import type { Lots, Ticks } from '../../domain/money.ts';
import type { CandleInterval } from './types.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Fixed-length intervals in ms; 1M is a calendar month. */
const LENGTHS: readonly (readonly [CandleInterval, number])[] = [
  ['1m', MINUTE],
  ['3m', 3 * MINUTE],
  ['5m', 5 * MINUTE],
  ['15m', 15 * MINUTE],
  ['30m', 30 * MINUTE],
  ['1h', 60 * MINUTE],
  ['2h', 120 * MINUTE],
  ['4h', 240 * MINUTE],
  ['8h', 480 * MINUTE],
  ['12h', 720 * MINUTE],
  ['1d', DAY],
  ['3d', 3 * DAY],
  ['1w', 7 * DAY],
];
export const CANDLE_INTERVALS: readonly CandleInterval[] = [...LENGTHS.map(([name]) => name), '1M'];
const KEPT = 5000;

export interface Candle {
  readonly start: number;
  /** Start of the next span. */
  readonly end: number;
  open: Ticks;
  high: Ticks;
  low: Ticks;
  close: Ticks;
  /** Lots. */
  volume: number;
  trades: number;
}

/** What was traded before the world began; made when somebody asks. */
export interface CandleHistory {
  /** ms. */
  readonly start: number;
  /** Price before the first trade. */
  readonly initial: Ticks;
  /** Price of the last trade. */
  readonly last: Ticks;
  /** Ascending, only spans with trades, at least the newest 5000 spans. */
  candles(interval: CandleInterval): readonly Candle[];
}

/** Start of the span that holds `time`. Weeks start on Monday. */
export function candleStart(interval: CandleInterval, time: number): number {
  if (interval === '1M') {
    const date = new Date(time);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  const length = lengthOf(interval);
  const shift = interval === '1w' ? 4 * DAY : 0;
  return Math.floor((time - shift) / length) * length + shift;
}

export function nextCandleStart(interval: CandleInterval, start: number): number {
  if (interval === '1M') {
    const date = new Date(start);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  }
  return start + lengthOf(interval);
}

function lengthOf(interval: CandleInterval): number {
  for (const [name, length] of LENGTHS) if (name === interval) return length;
  return MINUTE;
}

export class CandleStore {
  readonly #series = new Map<CandleInterval, Candle[]>();
  readonly #created: number;
  readonly #initial: Ticks;
  #past: CandleHistory | null = null;

  constructor(created: number, initial: Ticks, intervals: readonly CandleInterval[] = CANDLE_INTERVALS) {
    this.#created = created;
    this.#initial = initial;
    for (const interval of intervals) this.#series.set(interval, []);
  }

  /** Spans with trades, ascending. */
  traded(interval: CandleInterval): readonly Candle[] {
    return this.#series.get(interval) ?? [];
  }

  /** Puts what happened before the first trade in front. */
  precede(past: CandleHistory): void {
    this.#past = past;
  }

  add(time: number, px: Ticks, sz: Lots): void {
    for (const [interval, series] of this.#series) {
      const last = series[series.length - 1];
      // Inside the last span: the common case, without computing its start.
      if (last !== undefined && time < last.end) {
        if (px > last.high) last.high = px;
        if (px < last.low) last.low = px;
        last.close = px;
        last.volume += sz;
        last.trades += 1;
        continue;
      }
      const open = last?.close ?? this.#past?.last ?? this.#initial;
      const start = candleStart(interval, time);
      series.push({
        start,
        end: nextCandleStart(interval, start),
        open,
        high: Math.max(open, px) as Ticks,
        low: Math.min(open, px) as Ticks,
        close: px,
        volume: sz,
        trades: 1,
      });
      if (series.length > KEPT * 2) series.splice(0, series.length - KEPT);
    }
  }

  /** Ascending candles that start within [from, to], flat ones where nothing traded; the newest 5000 at most. */
  range(interval: CandleInterval, from: number, to: number, now: number): Candle[] {
    const past = this.#past?.candles(interval) ?? [];
    const series = this.#series.get(interval) ?? [];
    const end = candleStart(interval, Math.min(to, now));
    let start = candleStart(interval, Math.max(from, this.#past?.start ?? this.#created));
    if (interval !== '1M') start = Math.max(start, end - (KEPT - 1) * lengthOf(interval));
    if (start < from) start = nextCandleStart(interval, start);
    const candleAt = (i: number): Candle | undefined => (i < past.length ? past[i] : series[i - past.length]);
    let index = firstFrom(candleAt, past.length + series.length, start);
    let close = candleAt(index - 1)?.close ?? this.#past?.initial ?? this.#initial;
    const out: Candle[] = [];
    for (let at = start; at <= end; at = nextCandleStart(interval, at)) {
      let candle = candleAt(index);
      if (candle?.start === at) {
        index += 1;
        // The span in which the world began has a part on both sides.
        const other = index === past.length ? candleAt(index) : undefined;
        if (other?.start === at) {
          candle = joinedCandle(candle, other);
          index += 1;
        }
        out.push(candle);
        close = candle.close;
      } else {
        const end = nextCandleStart(interval, at);
        out.push({ start: at, end, open: close, high: close, low: close, close, volume: 0, trades: 0 });
      }
    }
    return out;
  }
}

function firstFrom(candleAt: (i: number) => Candle | undefined, count: number, start: number): number {
  let low = 0;
  for (let high = count; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((candleAt(middle)?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

const joinedCandle = (first: Candle, second: Candle): Candle => ({
  ...first,
  high: Math.max(first.high, second.high) as Ticks,
  low: Math.min(first.low, second.low) as Ticks,
  close: second.close,
  volume: first.volume + second.volume,
  trades: first.trades + second.trades,
});
