/** What the market part of the wire reads, whichever source stands behind it. */
import type { Aggregation } from './aggregation.ts';
import type { WireCandle } from './candles.ts';
import type { AssetContext, CoinSpec, DexSpec, WireBook, WireTrade } from './types.ts';

export interface MarketView {
  /** The market's time, ms: the clock's, or the recording's where its own times are kept. */
  now(): number;
  /** '' (the first dex) first. */
  dexNames(): readonly string[];
  hasCoin(symbol: string): boolean;
  context(symbol: string): AssetContext;
  /** Mid prices of a dex by coin; the last trade's where a side of the book is empty. */
  mids(dex: string): Readonly<Record<string, string>>;
  /** Best `depth` levels a side at the asked precision; empty sides where nothing is known. */
  book(symbol: string, aggregation: Aggregation, depth: number): WireBook;
  /** Newest trades of a coin, oldest first. */
  recentTrades(symbol: string): readonly WireTrade[];
  candles(symbol: string, interval: string, startTime: number, endTime: number): readonly WireCandle[];
}

/** A market whose coins all come with their decimals and leverage: what `meta` is made of. */
export interface ListedMarket extends MarketView {
  /** All dexs; element 0 is the first dex (name ''). */
  dexs(): readonly DexSpec[];
}

/** Splits coins into dexs by the prefix of their symbol, keeping the order; the first dex always exists. */
export function dexsOf(coins: readonly CoinSpec[]): DexSpec[] {
  const byDex = new Map<string, CoinSpec[]>([['', []]]);
  for (const coin of coins) {
    const colon = coin.symbol.indexOf(':');
    const dex = colon < 0 ? '' : coin.symbol.slice(0, colon);
    const list = byDex.get(dex) ?? [];
    list.push(coin);
    byDex.set(dex, list);
  }
  return [...byDex].map(([name, list]) => ({ name, coins: list }));
}
