/** Plays a recording to whoever is connected: at its own pace or faster, with its own times or shifted to now. */
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import { MarketBoard } from '../market/board.ts';
import { MarketPublisher, marketChannels } from '../market/channels.ts';
import { marketInfo } from '../market/info.ts';
import { ledgerInfo, TradeLedger } from '../market/ledger.ts';
import type { WireTrade } from '../market/types.ts';
import type { Backend, Channel, FrameSink, InfoHandler } from '../wire/backend.ts';
import { type RecordedEvent, type Recording, tradeKey } from './recording.ts';

export interface ReplayOptions {
  readonly recording: Recording;
  readonly clock: Clock;
  readonly log: Logger;
  /** 1 = recorded pace; 60 = a minute in a second. */
  readonly speed: number;
  /** shift: times end up as if recorded now; keep: the recording's own times. */
  readonly times: 'shift' | 'keep';
  /**
   * The first frame plays when every recorded coin has a trades subscriber, or this long after the first one
   * subscribed, so that a platform that is still starting misses nothing.
   */
  readonly startDelayMs?: number;
}

const START_DELAY_MS = 3000;
/** Frames played before other work gets a turn. */
const MAX_BURST = 500;

export class Replay implements Backend {
  readonly info: ReadonlyMap<string, InfoHandler>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly board: MarketBoard;
  readonly #options: ReplayOptions;
  readonly #ledger: TradeLedger;
  /** Every trade shown so far, by its recorded key. */
  readonly #told = new Map<string, WireTrade>();
  readonly #waitingFor: Set<string>;
  #publisher: MarketPublisher | undefined;
  #timer: Timer | undefined;
  #historyTold = false;
  /** Monotonic ms of the first frame. */
  #startedAt: number | undefined;
  /** Wall clock of the first frame, ms. */
  #liveStart = 0;
  #next = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    const { coins, history } = options.recording;
    this.#waitingFor = new Set(coins.map((coin) => coin.symbol).filter((symbol) => history.has(symbol)));
    this.#ledger = new TradeLedger(coins);
    this.board = new MarketBoard({
      coins,
      clock: { now: () => this.#now() },
      openInterest: (symbol) => this.#ledger.openInterest(symbol),
    });
    this.info = new Map([
      ...[...marketInfo(this.board)].map(([type, handler]) => this.#afterHistory(type, handler)),
      ...ledgerInfo(this.#ledger, this.board).map(([type, handler]) => this.#afterHistory(type, handler)),
    ]);
    this.channels = new Map(
      [...marketChannels(this.board)].map(([type, channel]) => [type, this.#watched(type, channel)]),
    );
  }

  start(sink: FrameSink): void {
    this.#publisher = new MarketPublisher({ view: this.board, clock: this.#options.clock }, sink);
    this.board.listen(this.#publisher);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#publisher?.stop();
    this.board.listen(undefined);
  }

  /** True when the last frame has been played: from then on the market is up and quiet. */
  get finished(): boolean {
    return this.#next >= this.#options.recording.events.length;
  }

  #now(): number {
    if (this.#options.times === 'shift') return this.#options.clock.now();
    const { recording, speed } = this.#options;
    const elapsed =
      this.#startedAt === undefined ? 0 : (this.#options.clock.monotonic() - this.#startedAt) * speed;
    return Math.round(Math.min(recording.startedAt + elapsed, recording.endedAt));
  }

  /** The times of history are settled when anybody first asks for them. */
  #tellHistory(): void {
    if (this.#historyTold) return;
    this.#historyTold = true;
    const start = this.#options.clock.now();
    for (const [symbol, trades] of this.#options.recording.history) {
      const shown = trades.map((trade) => this.#shown(trade, start));
      this.board.remember(symbol, shown);
      this.#ledger.apply(symbol, shown);
    }
  }

  #afterHistory(type: string, handler: InfoHandler): [string, InfoHandler] {
    const told: InfoHandler = (request) => {
      this.#tellHistory();
      return handler(request);
    };
    return [type, told];
  }

  #watched(type: string, channel: Channel): Channel {
    return {
      normalise: channel.normalise,
      initial: (subscription) => {
        this.#tellHistory();
        if (type === 'trades') this.#subscribed(String(subscription['coin']));
        return channel.initial(subscription);
      },
    };
  }

  /** Frames are never played inside a subscription's acknowledgement, so the first one already has a listener. */
  #subscribed(symbol: string): void {
    if (this.#startedAt !== undefined) return;
    this.#waitingFor.delete(symbol);
    const wait = this.#waitingFor.size === 0 ? 0 : (this.#options.startDelayMs ?? START_DELAY_MS);
    if (wait > 0 && this.#timer !== undefined) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(wait, () => this.#begin());
  }

  #begin(): void {
    const { clock, log, recording } = this.#options;
    this.#startedAt = clock.monotonic();
    this.#liveStart = clock.now();
    log.info({ frames: recording.events.length, coins: recording.coins.length }, 'replay begins');
    this.#play();
  }

  /** Recorded time to shown time, when the recording's first frame is shown at `start`. */
  #shift(time: number, start: number): number {
    if (this.#options.times === 'keep') return time;
    return Math.round(start + (time - this.#options.recording.startedAt) / this.#options.speed);
  }

  /** The trade as clients see it; one that the recording holds twice is shown twice with the same time. */
  #shown(trade: WireTrade, start: number): WireTrade {
    const key = tradeKey(trade);
    const known = this.#told.get(key);
    if (known !== undefined) return known;
    const shown = this.#options.times === 'keep' ? trade : { ...trade, time: this.#shift(trade.time, start) };
    this.#told.set(key, shown);
    return shown;
  }

  #play(): void {
    const { recording, clock, speed, log } = this.#options;
    const startedAt = this.#startedAt ?? clock.monotonic();
    for (let played = 0; ; played++) {
      const event = recording.events[this.#next];
      if (event === undefined) break;
      const wait = startedAt + (event.at - recording.startedAt) / speed - clock.monotonic();
      if (wait > 0 || played >= MAX_BURST) {
        this.#timer = clock.after(Math.max(0, wait), () => this.#play());
        return;
      }
      this.#next++;
      this.#emit(event);
    }
    log.info('replay ended; the market stays up and quiet');
  }

  #emit(event: RecordedEvent): void {
    switch (event.kind) {
      case 'bbo':
        this.board.bbo(event.symbol, this.#shift(event.time, this.#liveStart), event.bbo);
        return;
      case 'l2Book': {
        const time = this.#shift(event.book.time, this.#liveStart);
        this.board.setBook(event.symbol, { ...event.book, time }, true);
        return;
      }
      case 'trades': {
        const fresh = new Set(event.trades.filter((trade) => !this.#told.has(tradeKey(trade))));
        const shown = event.trades.map((trade) => this.#shown(trade, this.#liveStart));
        const counted = shown.filter((_, index) => fresh.has(event.trades[index] as WireTrade));
        this.#ledger.apply(event.symbol, counted);
        this.board.trades(event.symbol, shown, counted);
      }
    }
  }
}
