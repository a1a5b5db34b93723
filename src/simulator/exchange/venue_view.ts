/** The venue as the market channels see it. */
import type { MarketView } from '../market/view.ts';
import type { CandleInterval, VenueQueries } from '../venue/types.ts';

/** @param now the venue's time, ms */
export function venueView(query: VenueQueries, now: () => number): MarketView {
  return {
    now,
    dexNames: () => query.dexNames(),
    hasCoin: (symbol) => query.coin(symbol) !== undefined,
    context: (symbol) => {
      const ctx = query.assetCtx(symbol);
      if (ctx === null) throw new RangeError(`no perpetual ${symbol}`);
      return ctx;
    },
    mids: (dex) => query.allMids(dex),
    book: (symbol, aggregation, depth) => {
      const book = query.l2Book(symbol, { ...aggregation, depth });
      return book === null ? { time: now(), levels: [[], []] } : { time: book.time, levels: book.levels };
    },
    recentTrades: (symbol) => query.recentTrades(symbol, 30),
    candles: (symbol, interval, startTime, endTime) => {
      if (startTime !== endTime)
        return query.candles(symbol, interval as CandleInterval, { startTime, endTime });
      const current = query.currentCandle(symbol, interval as CandleInterval);
      return current === null ? [] : [current];
    },
  };
}
