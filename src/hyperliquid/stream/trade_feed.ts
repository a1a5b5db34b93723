/**
 * All public trades of many coins, each exactly once, in the order of execution per coin; or the span in which some
 * may be missing. Over several sockets, for ever.
 */
import type { ListedCoin } from '../../domain/listed_coin.ts';
import { TradeColumns } from '../../domain/trade_columns.ts';
import type { Timer } from '../../runtime/clock.ts';
import { errorMessage } from '../../runtime/errors.ts';
import { ConnectGate } from './connect_gate.ts';
import { type ConnectionHooks, FeedConnection } from './connection.ts';
import { type Gap, type Join, join, mergeByTime, oldestOf } from './continuity.ts';
import { FeedNotes } from './feed_notes.ts';
import type { TradeFeedOptions } from './feed_options.ts';
import {
  type CoinState,
  type FeedCounts,
  type FeedStatus,
  feedStatus,
  isRefused,
  noCounts,
  venueNow,
  wholeUntil,
} from './feed_status.ts';
import { FrameReader } from './frame.ts';
import { RateWindow } from './rate_window.ts';

/** Left free of the venue's 1000 for sockets that it still counts after a reconnect. */
const MAX_COINS = 850;
const MAX_CONNECTIONS = 8;
const COINS_PER_CONNECTION = 107;
/** The venue's limit is 2000 messages a minute for one IP. */
const MESSAGES_PER_MINUTE = 1500;
/** A subscribe is followed at once by a replay; a coin that never traded may have none. */
const REPLAY_MS = 10_000;
/** Trades held back of one coin while its gap is being closed. */
const MAX_HELD = 50_000;
const CLOSING_AT_ONCE = 4;
/** The venue's feed may trail its answers by this much. */
const SETTLE_MS = 2_000;

export class TradeFeed {
  readonly #options: TradeFeedOptions;
  readonly #reader: FrameReader;
  readonly #incoming = new TradeColumns();
  readonly #outgoing = new TradeColumns();
  readonly #connections: FeedConnection[] = [];
  readonly #coins = new Map<string, CoinState>();
  readonly #gate: ConnectGate;
  readonly #messages = new RateWindow(MESSAGES_PER_MINUTE, 60_000);
  readonly #stop = new AbortController();
  readonly #timer: Timer;
  readonly #toClose: CoinState[] = [];
  #closing = 0;
  #unwatched: string[] = [];
  readonly #notes: FeedNotes;
  readonly counts: FeedCounts = noCounts();

  constructor(options: TradeFeedOptions) {
    this.#options = options;
    this.#reader = new FrameReader(options.coins, options.addresses);
    this.#gate = new ConnectGate(options.clock);
    this.#notes = new FeedNotes(options.clock, options.log);
    this.#timer = options.clock.every(1_000, () => this.#tick(), { background: true });
  }

  /** Watches exactly these coins from now on; the first 850 of them if there are more. */
  setCoins(coins: readonly ListedCoin[]): void {
    const watched = coins.slice(0, MAX_COINS);
    this.#unwatched = coins.slice(MAX_COINS).map((coin) => coin.symbol);
    if (this.#unwatched.length > 0) {
      this.#options.log.error(
        { unwatched: this.#unwatched.length, limit: MAX_COINS },
        'more coins than the venue lets one IP subscribe to; narrow POPULAR_COINS',
      );
    }
    const wanted = new Set(watched.map((coin) => coin.symbol));
    for (const [symbol, state] of this.#coins) {
      if (wanted.has(symbol)) continue;
      this.#coins.delete(symbol);
      if (state.phase === 'closing') this.#finish(state, 'the coin is no longer watched');
      this.#options.hooks.interrupted([state.coin.id], 'no longer watched');
    }
    for (const coin of watched) this.#renumber(coin);
    const needed = Math.min(MAX_CONNECTIONS, Math.ceil(watched.length / COINS_PER_CONNECTION));
    while (this.#connections.length < needed) this.#connections.push(this.#newConnection());
    for (const coin of watched) if (!this.#coins.has(coin.symbol)) this.#watch(coin);
    for (const connection of this.#connections) connection.want(this.#symbolsOf(connection));
  }

  /**
   * A watched coin that goes on under another id, because its precision changed: so does its subscription, with all
   * that comes from now on, and the trades by which replays are told. Of the former id nothing more will be told.
   */
  #renumber(coin: ListedCoin): void {
    const state = this.#coins.get(coin.symbol);
    if (state === undefined || state.coin.id === coin.id) return;
    const { memory, hooks } = this.#options;
    const former = state.coin.id;
    if (state.phase === 'closing') this.#finish(state, 'the precision of the coin changed');
    const since = state.connection.latestTime ?? memory.latest(former) ?? 0;
    memory.move(former, coin.id);
    const isLive = state.phase === 'live';
    hooks.interrupted(isLive ? [former] : [former, coin.id], 'the precision of the coin changed');
    hooks.begins(coin.id, since);
    this.#coins.set(coin.symbol, { ...state, coin });
    if (isLive) hooks.restored(coin.id);
  }

  status(): FeedStatus {
    return feedStatus(
      this.#connections,
      this.#coins.values(),
      this.#unwatched,
      this.counts,
      this.#reader.slowFrames,
    );
  }

  /**
   * Exchange time (ms) up to which nothing is missing on any coin but for the gaps that were told and the coins that
   * are refused; undefined while any other is not live or nothing came yet.
   */
  wholeUntil(): number | undefined {
    return wholeUntil(this.#coins.values(), this.#connections);
  }

  /** Coins (by id) to be watched that the venue refuses; asked for again from time to time. */
  refused(): ReadonlySet<number> {
    return new Set([...this.#coins.values()].filter(isRefused).map(({ coin }) => coin.id));
  }

  /** True for a coin (by id) that is to be watched, whether or not its trades come just now. */
  watches(coin: number): boolean {
    return this.#stateOf(coin) !== undefined;
  }

  /**
   * True when every trade of the coin up to exchange time `time` has come: a later block has, or the connection
   * answered a ping that we sent well after `learntAt` (our clock), when the venue had already told us of that time.
   */
  passed(coin: number, time: number, learntAt: number): boolean {
    const state = this.#stateOf(coin);
    if (state?.phase !== 'live') return false;
    const { latestTime, provenAt } = state.connection;
    return (latestTime ?? 0) > time || provenAt >= learntAt + SETTLE_MS;
  }

  /** The venue's time now, ms, as near as its frames tell; undefined before any came. */
  venueNow(): number | undefined {
    return venueNow(this.#connections);
  }

  /** Has connections answer a ping soon, for `passed` on a quiet market. */
  probe(): void {
    for (const connection of this.#connections) connection.probe();
  }

  /** Backpressure: no byte is read while halted. */
  halt(halted: boolean): void {
    for (const connection of this.#connections) connection.halt(halted);
  }

  close(): void {
    this.#stop.abort(new Error('the feed is closed'));
    this.#timer.cancel();
    for (const connection of this.#connections) connection.close();
  }

  #stateOf(coin: number): CoinState | undefined {
    const state = this.#coins.get(this.#options.coins.byId(coin)?.symbol ?? '');
    return state?.coin.id === coin ? state : undefined;
  }

  #watch(coin: ListedCoin): void {
    const load = (one: FeedConnection) => this.#symbolsOf(one).length;
    const [connection] = [...this.#connections].sort((a, b) => load(a) - load(b));
    if (connection === undefined) return;
    const { clock, coveredUntil } = this.#options;
    this.#coins.set(coin.symbol, {
      coin,
      connection,
      phase: 'down',
      since: clock.now(),
      held: undefined,
      coveredUntil: coveredUntil(coin.id),
    });
  }

  #symbolsOf(connection: FeedConnection): string[] {
    return [...this.#coins.values()]
      .filter((one) => one.connection === connection)
      .map((one) => one.coin.symbol);
  }

  #newConnection(): FeedConnection {
    const { url, clock, random, dial } = this.#options;
    const hooks: ConnectionHooks = {
      trades: (columns, from, unreadable) => this.#onTrades(connection, columns, from, unreadable),
      confirmed: (symbol) => this.#onConfirmed(symbol),
      interrupted: (symbols, reason) => this.#onInterrupted(symbols, reason),
      note: (event, detail) => this.#note(event, detail),
    };
    const connection = new FeedConnection({
      url,
      clock,
      random,
      hooks,
      gate: this.#gate,
      messages: this.#messages,
      reader: this.#reader,
      columns: this.#incoming,
      ...(dial === undefined ? {} : { dial }),
    });
    return connection;
  }

  #onTrades(
    connection: FeedConnection,
    columns: TradeColumns,
    from: number,
    unreadable: readonly string[],
  ): void {
    for (const symbol of unreadable) this.#lost(symbol);
    let at = from;
    while (at < columns.length) {
      const coin = columns.coin[at] as number;
      let to = at + 1;
      while (to < columns.length && columns.coin[to] === coin) to++;
      const state = this.#stateOf(coin);
      if (state?.connection === connection) this.#onCoinTrades(state, columns, at, to);
      at = to;
    }
  }

  #onCoinTrades(state: CoinState, columns: TradeColumns, from: number, to: number): void {
    if (state.phase === 'live') {
      state.connection.sawLiveData(columns.time[from] as number);
      this.#emit(columns, from, to);
      return;
    }
    state.held ??= new TradeColumns();
    for (let at = from; at < to; at++) state.held.pushFrom(columns, at);
    if (state.phase === 'closing') {
      if (state.held.length > MAX_HELD) this.#finish(state, 'too many trades while closing a gap');
      return;
    }
    // The first frame after a subscribe is the replay.
    if (this.#join(state).joined && !this.#looksBack(state)) this.#goLive(state);
    else this.#startClosing(state);
  }

  #looksBack(state: CoinState): boolean {
    return this.#isFirstTime(state) && this.#coins.size <= (this.#options.lookBackCoins ?? 0);
  }

  #isFirstTime({ coin, coveredUntil }: CoinState): boolean {
    return coveredUntil === undefined && this.#options.memory.latest(coin.id) === undefined;
  }

  /** A trade of a known coin that cannot be read is lost for good. */
  #lost(symbol: string): void {
    const state = this.#coins.get(symbol);
    if (state === undefined) return;
    const coin = state.coin.id;
    const now = state.connection.venueNow();
    const from = this.#options.memory.latest(coin) ?? now;
    const to = Math.max(from, now);
    this.#note('malformed', { reason: 'a trade that cannot be read', coin: symbol });
    this.#gap({ coin, from, to, reason: 'a trade could not be read' });
  }

  #onConfirmed(symbol: string): void {
    const state = this.#coins.get(symbol);
    if (state === undefined || state.phase !== 'down') return;
    state.phase = 'replay';
    state.since = this.#options.clock.now();
  }

  #onInterrupted(symbols: readonly string[], reason: string): void {
    const interrupted: number[] = [];
    for (const symbol of symbols) {
      const state = this.#coins.get(symbol);
      if (state === undefined) continue;
      if (state.phase === 'closing') this.#finish(state, `interrupted again: ${reason}`);
      if (state.phase === 'live') {
        interrupted.push(state.coin.id);
        state.coveredUntil = state.connection.latestTime ?? state.coveredUntil;
      }
      state.phase = 'down';
      state.held = undefined;
      state.since = this.#options.clock.now();
    }
    if (interrupted.length > 0) this.#options.hooks.interrupted(interrupted, reason);
  }

  #startClosing(state: CoinState): void {
    state.phase = 'closing';
    state.since = this.#options.clock.now();
    this.#toClose.push(state);
    this.#closeNext();
  }

  #closeNext(): void {
    while (this.#closing < CLOSING_AT_ONCE) {
      const state = this.#toClose.shift();
      if (state === undefined) return;
      if (state.phase !== 'closing') continue;
      this.#closing++;
      void this.#close(state).finally(() => {
        this.#closing--;
        if (!this.#stop.signal.aborted) this.#closeNext();
      });
    }
  }

  /** Asks the venue for the coin's newest trades; they may reach further back than the replay did. */
  async #close(state: CoinState): Promise<void> {
    const since = state.since;
    let reason = 'the feed was interrupted and recentTrades does not reach back far enough';
    const recent = new TradeColumns();
    try {
      const rows = await this.#options.recentTrades(state.coin.symbol, this.#stop.signal);
      const unreadable = this.#reader.readList([...rows].reverse(), recent, this.#options.clock.now());
      // It may be the very one that was missed.
      if (unreadable > 0) this.#lost(state.coin.symbol);
    } catch (error) {
      reason = `the feed was interrupted and recentTrades failed: ${errorMessage(error).slice(0, 120)}`;
    }
    if (this.#stop.signal.aborted || state.phase !== 'closing' || state.since !== since) return;
    state.held = mergeByTime(state.held ?? new TradeColumns(), recent, state.coin.id);
    this.#finish(state, reason);
  }

  /** Ends the closing of a gap with what there is: joined, or the gap recorded. */
  #finish(state: CoinState, reason: string): void {
    const joined = this.#join(state);
    if (!joined.joined) this.#gap({ coin: state.coin.id, from: joined.from, to: joined.to, reason });
    else if (!this.#looksBack(state)) this.counts.gapsClosed++;
    this.#goLive(state);
  }

  #join({ coin, held = new TradeColumns(), coveredUntil, connection }: CoinState): Join {
    return join(this.#options.memory, coin.id, held, coveredUntil, connection.venueNow());
  }

  #goLive(state: CoinState): void {
    const held = state.held;
    if (this.#isFirstTime(state))
      this.#options.hooks.begins(state.coin.id, oldestOf(held) ?? state.connection.latestTime ?? 0);
    state.held = undefined;
    state.phase = 'live';
    state.since = this.#options.clock.now();
    if (held !== undefined && this.#emit(held, 0, held.length) > 0) state.connection.watch.alarmWasTrue();
    this.#options.hooks.restored(state.coin.id);
  }

  #gap(gap: Gap): void {
    this.counts.gaps++;
    this.#options.hooks.gap(gap);
  }

  /** Hands on the rows that are new; returns how many. */
  #emit(rows: TradeColumns, from: number, to: number): number {
    const { memory, hooks } = this.#options;
    const out = this.#outgoing;
    for (let at = from; at < to; at++) {
      const had = memory.add(rows.coin[at] as number, rows.time[at] as number, rows.tradeId[at] as number);
      if (had === 'new') out.pushFrom(rows, at);
      else if (had === 'duplicate') this.counts.duplicates++;
      else this.counts.tooOld++;
    }
    const count = out.length;
    if (count > 0) hooks.trades(out);
    out.clear();
    this.counts.trades += count;
    return count;
  }

  #tick(): void {
    const now = this.#options.clock.now();
    for (const state of this.#coins.values()) {
      if (state.phase !== 'replay' || now - state.since < REPLAY_MS) continue;
      state.held = new TradeColumns();
      if (this.#join(state).joined) this.#goLive(state);
      else this.#startClosing(state);
    }
    for (const connection of this.#connections) connection.tick();
  }

  #note(event: string, detail: Record<string, unknown>): void {
    if (event === 'malformed') this.counts.malformed++;
    if (event === 'refused') this.counts.refused++;
    this.#notes.note(event, detail);
  }
}
