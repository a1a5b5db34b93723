/** What the market part of the wire reads, whichever source stands behind it. */
import type { WireCandle } from './candles.ts';
import type { AssetContext, CoinSpec, DexSpec, WireBook, WireTrade } from './types.ts';

export interface MarketView {
  /** The market's time, ms: the clock's, or the recording's where its own times are kept. */
  now(): number;
  /** All dexs; element 0 is the first dex (name ''). */
  dexs(): readonly DexSpec[];
  coin(symbol: string): CoinSpec | undefined;
  context(symbol: string): AssetContext;
  /** Mid price, or the last trade's where a side of the book is empty. */
  mid(symbol: string): string | undefined;
  book(symbol: string): WireBook | undefined;
  /** Newest trades of a coin, oldest first. */
  recentTrades(symbol: string): readonly WireTrade[];
  candles(symbol: string, interval: string, startTime: number, endTime: number): readonly WireCandle[];
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
