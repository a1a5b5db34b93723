/** Candles of one coin, built from its trades; the intervals that the venue offers, at most the newest 5000 of each. */
import { wireDecimal } from './decimals.ts';
import type { WireTrade } from './types.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MAX_CANDLES = 5000;

/** Length in ms of every interval except the calendar month. */
const INTERVAL_MS: Readonly<Record<string, number>> = {
  '1m': MINUTE,
  '3m': 3 * MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '30m': 30 * MINUTE,
  '1h': HOUR,
  '2h': 2 * HOUR,
  '4h': 4 * HOUR,
  '8h': 8 * HOUR,
  '12h': 12 * HOUR,
  '1d': DAY,
  '3d': 3 * DAY,
  '1w': 7 * DAY,
};
/** Monday 1970-01-05: weeks begin on Mondays. */
const FIRST_MONDAY = 4 * DAY;

export const isInterval = (text: unknown): text is string =>
  typeof text === 'string' && (text === '1M' || Object.hasOwn(INTERVAL_MS, text));

/** Open time of the candle that holds `time`. */
function candleStart(interval: string, time: number): number {
  if (interval === '1M') {
    const date = new Date(time);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  const length = INTERVAL_MS[interval] ?? MINUTE;
  const origin = interval === '1w' ? FIRST_MONDAY : 0;
  return Math.floor((time - origin) / length) * length + origin;
}

function candleEnd(interval: string, start: number): number {
  if (interval !== '1M') return start + (INTERVAL_MS[interval] ?? MINUTE);
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

interface Bar {
  readonly start: number;
  open: string;
  close: string;
  high: number;
  highText: string;
  low: number;
  lowText: string;
  /** In lots. */
  volume: number;
  trades: number;
}

export interface WireCandle {
  readonly t: number;
  readonly T: number;
  readonly s: string;
  readonly i: string;
  readonly o: string;
  readonly c: string;
  readonly h: string;
  readonly l: string;
  readonly v: string;
  readonly n: number;
}

function merge(bar: Bar, next: Omit<Bar, 'start'>): void {
  bar.close = next.close;
  if (next.high > bar.high) {
    bar.high = next.high;
    bar.highText = next.highText;
  }
  if (next.low < bar.low) {
    bar.low = next.low;
    bar.lowText = next.lowText;
  }
  bar.volume += next.volume;
  bar.trades += next.trades;
}

/** The stored intervals; every other one is a sum of whole bars of one of these. */
const STORED = ['1m', '1h', '1d'] as const;
const sourceOf = (interval: string): (typeof STORED)[number] => {
  if (interval === '1M' || (INTERVAL_MS[interval] ?? 0) >= DAY) return '1d';
  return (INTERVAL_MS[interval] ?? 0) >= HOUR ? '1h' : '1m';
};

export class Candles {
  readonly #symbol: string;
  readonly #szDecimals: number;
  readonly #bars: Record<(typeof STORED)[number], Bar[]> = { '1m': [], '1h': [], '1d': [] };

  constructor(symbol: string, szDecimals: number) {
    this.#symbol = symbol;
    this.#szDecimals = szDecimals;
  }

  /** @param size in lots */
  add(trade: WireTrade, size: number): void {
    const price = Number(trade.px);
    const one = {
      open: trade.px,
      close: trade.px,
      high: price,
      highText: trade.px,
      low: price,
      lowText: trade.px,
      volume: size,
      trades: 1,
    };
    for (const interval of STORED) {
      const bars = this.#bars[interval];
      const start = candleStart(interval, trade.time);
      const last = bars.at(-1);
      if (last !== undefined && last.start >= start) merge(last, one);
      else {
        bars.push({ start, ...one });
        if (bars.length > 2 * MAX_CANDLES) bars.splice(0, MAX_CANDLES);
      }
    }
  }

  /** Candles whose open time lies in [startTime, endTime], ascending; flat where nothing traded in between. */
  range(interval: string, startTime: number, endTime: number): WireCandle[] {
    const from = candleStart(interval, startTime);
    const bars = this.#bars[sourceOf(interval)];
    const merged: Bar[] = [];
    for (let index = this.#firstNeeded(bars, interval, from); index < bars.length; index++) {
      const bar = bars[index];
      if (bar === undefined || bar.start > endTime) break;
      const start = candleStart(interval, bar.start);
      const last = merged.at(-1);
      if (last?.start === start) merge(last, bar);
      else {
        this.#fill(merged, interval, start);
        merged.push({ ...bar, start });
      }
    }
    this.#fill(merged, interval, candleStart(interval, endTime) + 1);
    return merged
      .filter((bar) => bar.start >= from && bar.start <= endTime)
      .slice(-MAX_CANDLES)
      .map((bar) => this.#wire(interval, bar));
  }

  /** Index of the first stored bar of the last traded candle before `from`: its close fills the gap up to it. */
  #firstNeeded(bars: readonly Bar[], interval: string, from: number): number {
    let low = 0;
    for (let high = bars.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((bars[middle]?.start ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    const before = bars[low - 1];
    if (before === undefined) return 0;
    const start = candleStart(interval, before.start);
    while (low > 0 && (bars[low - 1]?.start ?? 0) >= start) low--;
    return low;
  }

  /** Appends flat bars up to, not including, `end`; a long silence is cut to what can ever be returned. */
  #fill(merged: Bar[], interval: string, end: number): void {
    const last = merged.at(-1);
    if (last === undefined) return;
    let start = candleEnd(interval, last.start);
    const length = INTERVAL_MS[interval];
    if (length !== undefined) start = Math.max(start, end - MAX_CANDLES * length);
    const price = Number(last.close);
    const flat = { open: last.close, close: last.close, high: price, highText: last.close, low: price };
    for (start = candleStart(interval, start); start < end; start = candleEnd(interval, start))
      if (start > (merged.at(-1)?.start ?? 0))
        merged.push({ start, ...flat, lowText: last.close, volume: 0, trades: 0 });
  }

  #wire(interval: string, bar: Bar): WireCandle {
    return {
      t: bar.start,
      T: candleEnd(interval, bar.start) - 1,
      s: this.#symbol,
      i: interval,
      o: bar.open,
      c: bar.close,
      h: bar.highText,
      l: bar.lowText,
      v: wireDecimal(bar.volume, this.#szDecimals),
      n: bar.trades,
    };
  }
}
