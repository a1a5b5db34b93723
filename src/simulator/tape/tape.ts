/**
 * A generated market for loads: prints trades of many coins and addresses at any rate, with books and quotes that
 * fit them. It matches nothing and takes no orders; the venue does.
 */
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { MarketBoard } from '../market/board.ts';
import { MarketPublisher, marketChannels } from '../market/channels.ts';
import { marketInfo } from '../market/info.ts';
import { ledgerInfo, TradeLedger } from '../market/ledger.ts';
import { type Backend, type Channel, type FrameSink, type InfoHandler, withRun } from '../wire/backend.ts';
import { tapeCoins } from './coins.ts';
import { OrderFlow, TRADES_PER_ORDER } from './order_flow.ts';

/** Median time between blocks of the real chain. */
const BLOCK_MS = 70;
const BOOK_MS = 5400;
/** History made at start: what the chain printed before the simulator was looked at. */
const HISTORY_BLOCKS = 3000;

export interface TapeOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Mean trades per second over all coins, up to 20,000 or so. */
  readonly tradesPerSecond: number;
  /** Number of coins; the first 48 are real symbols. */
  readonly coins?: number;
  readonly addresses?: number;
  /** Names this run, for a platform that must notice when another began. */
  readonly run?: string;
}

const DEFAULT_ADDRESSES = 4000;

export class Tape implements Backend {
  readonly info: ReadonlyMap<string, InfoHandler>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly board: MarketBoard;
  readonly #options: TapeOptions;
  readonly #ledger: TradeLedger;
  readonly #flow: OrderFlow;
  readonly #symbols: readonly string[];
  #publisher: MarketPublisher | undefined;
  #timer: Timer | undefined;
  #lastBlock: number;
  /** Orders owed to the rate, with fraction. */
  #owed = 0;

  constructor(options: TapeOptions) {
    const coins = tapeCoins(options.coins);
    this.#options = options;
    this.#symbols = coins.map((coin) => coin.symbol);
    this.#ledger = new TradeLedger(coins);
    this.#flow = new OrderFlow({
      coins,
      addresses: options.addresses ?? DEFAULT_ADDRESSES,
      random: options.random,
      positionOf: (user, symbol) => this.#ledger.size(user, symbol),
    });
    this.board = new MarketBoard({
      coins,
      clock: options.clock,
      openInterest: (symbol) => this.#ledger.openInterest(symbol),
    });
    const info = new Map([...marketInfo(this.board), ...ledgerInfo(this.#ledger, this.board)]);
    this.info = withRun(info, options.run);
    this.channels = marketChannels(this.board);
    this.#lastBlock = this.#makeHistory(options.clock.now());
  }

  start(sink: FrameSink): void {
    this.#publisher = new MarketPublisher(
      { view: this.board, clock: this.#options.clock, bookMs: BOOK_MS },
      sink,
    );
    this.board.listen(this.#publisher);
    this.#timer = this.#options.clock.every(BLOCK_MS, () => this.#produceBlock());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#publisher?.stop();
    this.board.listen(undefined);
  }

  /** A few minutes of trading before now, at most 50 a second, so that every busy coin has recent trades. */
  #makeHistory(now: number): number {
    const perBlock = Math.min(50, this.#options.tradesPerSecond) * (BLOCK_MS / 1000);
    for (let block = HISTORY_BLOCKS; block > 0; block--) {
      const time = now - block * BLOCK_MS;
      for (const [symbol, trades] of this.#flow.block(time, this.#due(perBlock))) {
        this.board.remember(symbol, trades);
        this.#ledger.apply(symbol, trades);
      }
    }
    this.#quoteAll(now);
    return now;
  }

  /** Whole orders now due when `trades` more trades are wanted. */
  #due(trades: number): number {
    this.#owed += trades / TRADES_PER_ORDER;
    const whole = Math.floor(this.#owed);
    this.#owed -= whole;
    return whole;
  }

  #quoteAll(time: number): void {
    for (const symbol of this.#symbols) {
      const book = this.#flow.book(symbol, time);
      if (book !== undefined) this.board.setBook(symbol, book, false);
    }
  }

  #produceBlock(): void {
    const now = Math.max(this.#options.clock.now(), this.#lastBlock + 1);
    const trades = (this.#options.tradesPerSecond * (now - this.#lastBlock)) / 1000;
    this.#lastBlock = now;
    for (const [symbol, list] of this.#flow.block(now, this.#due(trades))) {
      this.#ledger.apply(symbol, list);
      this.board.trades(symbol, list);
      this.#quote(symbol, now);
    }
  }

  #quote(symbol: string, time: number): void {
    const book = this.#flow.book(symbol, time);
    if (book === undefined) return;
    this.board.setBook(symbol, book, false);
    this.board.bbo(symbol, time, [book.levels[0][0] ?? null, book.levels[1][0] ?? null]);
  }
}
