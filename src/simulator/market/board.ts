/**
 * The market data of a source that only pushes trades and quotes (a recording, a generated tape): recent
 * trades, books, candles and day figures per coin, and the frames that follow from them.
 */
import type { Clock } from '../../runtime/clock.ts';
import { type Aggregation, aggregateBook } from './aggregation.ts';
import { Candles, type WireCandle } from './candles.ts';
import { wireDecimal } from './decimals.ts';
import type { AssetContext, CoinSpec, DexSpec, WireBook, WireLevel, WireTrade } from './types.ts';
import { dexsOf, type ListedMarket } from './view.ts';

/** Baseline hourly funding rate, what the venue shows when premium is zero. */
const BASELINE_FUNDING = '0.0000125';
/** Trades kept per coin for recentTrades. */
const RECENT_TRADES = 200;

/** What a board tells the channels, so that they can publish. */
export interface MarketListener {
  /** Rows are only asked for when somebody listens. */
  onTrades(symbol: string, rows: () => readonly WireTrade[]): void;
  onBbo(symbol: string, time: number, bbo: Bbo): void;
  onBook(symbol: string): void;
}

export type Bbo = readonly [WireLevel | null, WireLevel | null];

interface CoinBoard {
  readonly spec: CoinSpec;
  readonly candles: Candles;
  recent: WireTrade[];
  last: string | undefined;
  first: string | undefined;
  bbo: Bbo;
  book: WireBook | undefined;
  /** Day notional in USD and base volume in lots, over the life of the board. */
  dayNotional: number;
  dayVolume: number;
}

export interface BoardOptions {
  readonly coins: readonly CoinSpec[];
  readonly clock: Pick<Clock, 'now'>;
  /** Price of 24 hours ago where the source knows one. */
  readonly previousDay?: ReadonlyMap<string, string>;
  /** Open interest in lots, one-sided, where the source knows it. */
  readonly openInterest?: (symbol: string) => number;
}

export class MarketBoard implements ListedMarket {
  readonly #coins = new Map<string, CoinBoard>();
  readonly #dexs: readonly DexSpec[];
  readonly #options: BoardOptions;
  #listener: MarketListener | undefined;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#dexs = dexsOf(options.coins);
    for (const spec of options.coins)
      this.#coins.set(spec.symbol, {
        spec,
        candles: new Candles(spec.symbol, spec.szDecimals),
        recent: [],
        last: undefined,
        first: options.previousDay?.get(spec.symbol),
        bbo: [null, null],
        book: undefined,
        dayNotional: 0,
        dayVolume: 0,
      });
  }

  listen(listener: MarketListener | undefined): void {
    this.#listener = listener;
  }

  /** Trades of one coin and block, execution order. All are published; `counted` are those not seen before. */
  trades(symbol: string, trades: readonly WireTrade[], counted: readonly WireTrade[] = trades): void {
    this.remember(symbol, counted);
    this.#listener?.onTrades(symbol, () => trades);
  }

  /** Takes trades into recent trades, candles and day figures without publishing them. */
  remember(symbol: string, trades: readonly WireTrade[]): void {
    const coin = this.#coins.get(symbol);
    if (coin === undefined) return;
    const scale = 10 ** coin.spec.szDecimals;
    for (const trade of trades) {
      const size = Math.round(Number(trade.sz) * scale);
      coin.first ??= trade.px;
      coin.last = trade.px;
      coin.dayVolume += size;
      coin.dayNotional += Number(trade.px) * Number(trade.sz);
      coin.candles.add(trade, size);
      coin.recent.push(trade);
    }
    if (coin.recent.length > 4 * RECENT_TRADES) coin.recent = coin.recent.slice(-RECENT_TRADES);
  }

  bbo(symbol: string, time: number, bbo: Bbo): void {
    const coin = this.#coins.get(symbol);
    if (coin === undefined) return;
    coin.bbo = bbo;
    this.#listener?.onBbo(symbol, time, bbo);
  }

  /** Replaces a book; `publish` tells the subscribers of the ordinary l2Book channel now. */
  setBook(symbol: string, book: WireBook, publish: boolean): void {
    const coin = this.#coins.get(symbol);
    if (coin === undefined) return;
    coin.book = book;
    if (publish) this.#listener?.onBook(symbol);
  }

  now(): number {
    return this.#options.clock.now();
  }

  dexs(): readonly DexSpec[] {
    return this.#dexs;
  }

  dexNames(): readonly string[] {
    return this.#dexs.map((dex) => dex.name);
  }

  hasCoin(symbol: string): boolean {
    return this.#coins.has(symbol);
  }

  mids(dex: string): Readonly<Record<string, string>> {
    const mids: Record<string, string> = {};
    for (const coin of this.#dexs.find((known) => known.name === dex)?.coins ?? []) {
      const mid = this.#mid(coin.symbol);
      if (mid !== undefined) mids[coin.symbol] = mid;
    }
    return mids;
  }

  #mid(symbol: string): string | undefined {
    const coin = this.#coins.get(symbol);
    if (coin === undefined) return undefined;
    const [bid, ask] = coin.bbo[0] === null ? (coin.book?.levels.map((side) => side[0]) ?? []) : coin.bbo;
    if (bid === undefined || bid === null || ask === undefined || ask === null) return coin.last;
    const decimals = 7 - coin.spec.szDecimals;
    const scale = 10 ** decimals;
    return wireDecimal(Math.round(((Number(bid.px) + Number(ask.px)) / 2) * scale), decimals);
  }

  book(symbol: string, aggregation: Aggregation, depth: number): WireBook {
    const coin = this.#coins.get(symbol);
    return aggregateBook(
      coin?.book ?? { time: this.now(), levels: [[], []] },
      aggregation,
      coin?.spec.szDecimals ?? 0,
      depth,
    );
  }

  recentTrades(symbol: string): readonly WireTrade[] {
    return this.#coins.get(symbol)?.recent.slice(-RECENT_TRADES) ?? [];
  }

  candles(symbol: string, interval: string, startTime: number, endTime: number): readonly WireCandle[] {
    return this.#coins.get(symbol)?.candles.range(interval, startTime, endTime) ?? [];
  }

  context(symbol: string): AssetContext {
    const coin = this.#coins.get(symbol);
    const mid = this.#mid(symbol) ?? '0.0';
    const szDecimals = coin?.spec.szDecimals ?? 0;
    const openInterest = this.#options.openInterest?.(symbol) ?? 0;
    const quoted = coin !== undefined && coin.last !== undefined;
    return {
      funding: BASELINE_FUNDING,
      openInterest: wireDecimal(openInterest, szDecimals),
      prevDayPx: coin?.first ?? mid,
      dayNtlVlm: wireDecimal(Math.round((coin?.dayNotional ?? 0) * 1e6), 6),
      premium: quoted ? '0.0' : null,
      oraclePx: mid,
      markPx: mid,
      midPx: quoted ? mid : null,
      impactPxs: coin === undefined ? null : impact(coin),
      dayBaseVlm: wireDecimal(coin?.dayVolume ?? 0, szDecimals),
    };
  }
}

/** Best bid and ask stand for the impact prices of this kind of market. */
function impact(coin: CoinBoard): readonly [string, string] | null {
  const [bid, ask] = coin.bbo;
  return bid === null || ask === null ? null : [bid.px, ask.px];
}
