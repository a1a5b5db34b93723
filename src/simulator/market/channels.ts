/** WebSocket channels about the market, and when their frames go out. */
import type { Clock, Timer } from '../../runtime/clock.ts';
import {
  type Channel,
  type Fields,
  type FrameSink,
  frameOf,
  InvalidSubscription,
  RequestRefused,
  type Subscription,
  topicKey,
  undeserialisable,
} from '../wire/backend.ts';
import { text } from '../wire/fields.ts';
import { BOOK_LEVELS, FAST_BOOK_LEVELS, parseAggregation } from './aggregation.ts';
import type { Bbo, MarketListener } from './board.ts';
import { isInterval } from './candles.ts';
import type { WireTrade } from './types.ts';
import type { MarketView } from './view.ts';

/** Trades that follow a new subscription, without a marker. */
const TRADES_AFTER_SUBSCRIBE = 30;
const FAST_BOOK_MS = 500;
const CONTEXT_MS = 1000;

/** The subscription's coin. @throws InvalidSubscription if the market has no such coin */
function knownCoin(view: MarketView, fields: Fields): string {
  const symbol = text(fields, 'coin');
  if (!view.hasCoin(symbol)) throw new InvalidSubscription();
  return symbol;
}

function normaliseBook(view: MarketView, fields: Fields): Subscription {
  const coin = knownCoin(view, fields);
  const fast = fields['fast'] ?? false;
  if (typeof fast !== 'boolean') throw undeserialisable();
  return { type: 'l2Book', coin, ...parseAggregation(fields), fast };
}

function bookFrame(view: MarketView, subscription: Subscription): string {
  const coin = String(subscription['coin']);
  const fast = subscription['fast'] === true;
  const book = view.book(coin, parseAggregation(subscription), fast ? FAST_BOOK_LEVELS : BOOK_LEVELS);
  return frameOf('l2Book', { coin, ...book, ...(fast ? { fast: true } : {}) });
}

/** The market's channels; `mids` and contexts are read when a frame is due. */
export function marketChannels(view: MarketView): Map<string, Channel> {
  const nothing = () => [];
  const coinChannel = (type: string, initial: Channel['initial']): [string, Channel] => [
    type,
    { normalise: (fields) => ({ type, coin: knownCoin(view, fields) }), initial },
  ];
  return new Map<string, Channel>([
    coinChannel('trades', ({ coin }) => {
      const trades = view.recentTrades(String(coin)).slice(-TRADES_AFTER_SUBSCRIBE);
      return trades.length === 0 ? [] : [frameOf('trades', trades)];
    }),
    coinChannel('bbo', nothing),
    coinChannel('activeAssetCtx', ({ coin }) => [contextFrame(view, String(coin))]),
    [
      'l2Book',
      { normalise: (fields) => normaliseBook(view, fields), initial: (sub) => [bookFrame(view, sub)] },
    ],
    [
      'candle',
      {
        normalise: (fields) => {
          const interval = fields['interval'];
          if (!isInterval(interval)) throw new RequestRefused(422, 'interval');
          return { type: 'candle', coin: knownCoin(view, fields), interval };
        },
        initial: nothing,
      },
    ],
    [
      'allMids',
      { normalise: (fields) => normaliseMids(view, fields), initial: (sub) => [midsFrame(view, sub)] },
    ],
  ]);
}

function normaliseMids(view: MarketView, fields: Fields): Subscription {
  const dex = fields['dex'];
  if (dex === undefined || dex === null || dex === '')
    return { type: 'allMids', dex: dex === '' ? '' : null };
  if (typeof dex !== 'string') throw undeserialisable();
  if (!view.dexNames().includes(dex)) throw new InvalidSubscription();
  return { type: 'allMids', dex };
}

function midsFrame(view: MarketView, { dex }: Subscription): string {
  const mids = view.mids(typeof dex === 'string' ? dex : '');
  return frameOf('allMids', { mids, ...(dex === null || dex === '' ? {} : { dex }) });
}

const contextFrame = (view: MarketView, coin: string): string =>
  frameOf('activeAssetCtx', { coin, ctx: view.context(coin) });

export interface PublisherOptions {
  readonly view: MarketView;
  readonly clock: Clock;
  /** Period of the ordinary l2Book channel, ms; absent where the source says itself when a book is due. */
  readonly bookMs?: number;
}

/** Turns what a board reports, and the passing of time, into frames. */
export class MarketPublisher implements MarketListener {
  readonly #options: PublisherOptions;
  readonly #sink: FrameSink;
  readonly #timers: Timer[] = [];
  readonly #keys = new Map<string, string>();

  constructor(options: PublisherOptions, sink: FrameSink) {
    this.#options = options;
    this.#sink = sink;
    const { clock, bookMs } = options;
    this.#timers.push(
      clock.every(FAST_BOOK_MS, () => this.#books(true)),
      clock.every(CONTEXT_MS, () => this.#everySecond()),
    );
    if (bookMs !== undefined) this.#timers.push(clock.every(bookMs, () => this.#books(false)));
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  onTrades(symbol: string, rows: () => readonly WireTrade[]): void {
    const key = this.#coinKey('trades', symbol);
    if (this.#sink.has(key)) this.#sink.publish(key, frameOf('trades', rows()));
    for (const { key: candleKey, subscription } of this.#sink.topics('candle'))
      if (subscription['coin'] === symbol) this.#candle(candleKey, symbol, String(subscription['interval']));
  }

  onBbo(symbol: string, time: number, bbo: Bbo): void {
    const key = this.#coinKey('bbo', symbol);
    if (this.#sink.has(key)) this.#sink.publish(key, frameOf('bbo', { coin: symbol, time, bbo }));
  }

  onBook(symbol: string): void {
    for (const { key, subscription } of this.#sink.topics('l2Book'))
      if (subscription['coin'] === symbol && subscription['fast'] !== true)
        this.#sink.publish(key, bookFrame(this.#options.view, subscription));
  }

  #coinKey(type: string, symbol: string): string {
    const id = `${type} ${symbol}`;
    let key = this.#keys.get(id);
    if (key === undefined) {
      key = topicKey({ type, coin: symbol });
      this.#keys.set(id, key);
    }
    return key;
  }

  #candle(key: string, symbol: string, interval: string): void {
    const now = this.#options.view.now();
    const candle = this.#options.view.candles(symbol, interval, now, now).at(-1);
    if (candle !== undefined) this.#sink.publish(key, frameOf('candle', candle));
  }

  #books(fast: boolean): void {
    for (const { key, subscription } of this.#sink.topics('l2Book'))
      if ((subscription['fast'] === true) === fast)
        this.#sink.publish(key, bookFrame(this.#options.view, subscription));
  }

  #everySecond(): void {
    const { view } = this.#options;
    for (const { key, subscription } of this.#sink.topics('allMids'))
      this.#sink.publish(key, midsFrame(view, subscription));
    for (const { key, subscription } of this.#sink.topics('activeAssetCtx')) {
      const coin = String(subscription['coin']);
      if (view.hasCoin(coin)) this.#sink.publish(key, contextFrame(view, coin));
    }
  }
}
