/** The stream role while it holds the lease: feed in, batches out, coins kept up to date, old trades dropped. */

import { recentTrades } from '../../hyperliquid/info/recent_trades.ts';
import { TradeFeed } from '../../hyperliquid/stream/trade_feed.ts';
import type { InfoClient } from '../../hyperliquid/transport.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { AppError, errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { readSnapshotInbox } from '../../store/account_snapshots.ts';
import { requestGapPolls } from '../../store/audits.ts';
import { readCoins, readWatchedCoins } from '../../store/coins.ts';
import type { Database } from '../../store/database.ts';
import { newestEnds } from '../../store/feed_gaps.ts';
import type { Lease } from '../../store/leases.ts';
import type { NewsListener } from '../../store/news.ts';
import { type StreamBatch, writeStreamBatch } from '../../store/stream_batch.ts';
import { dropTradesBefore, readNewestTradeTime } from '../../store/trades.ts';
import { readWatchlist } from '../../store/watchlist.ts';
import { FlushLoop } from '../../tracking/flush_loop.ts';
import { SnapshotAuditor } from './auditor.ts';
import { applyVenueList, fetchVenueList, watchedOf } from './coin_list.ts';
import { GapPoller } from './gap_poller.ts';
import { type MetricReader, StreamMetrics } from './metrics.ts';
import type { StreamPipeline } from './pipeline.ts';
import { recoverPipeline } from './recovery.ts';
import { databaseSource } from './recovery_source.ts';

const FLUSH_EVERY_MS = 125;
/** What lags behind (totals, the time up to which the feed is whole) is written at least this often. */
const IDLE_FLUSH_MS = 2_000;
/** Trades kept in memory while the database is away: hours of the real market, seconds of a storm of 100,000/s. */
const MAX_PENDING = 1_500_000;
const RECENT_TRADES_WAIT_MS = 10_000;
const COINS_RETRY_MS = 5_000;
const RETENTION_EVERY_MS = 3_600_000;
const STOP_FLUSH_MS = 5_000;

export interface LeaderOptions {
  readonly database: Database;
  readonly lease: Lease;
  readonly news: Pick<NewsListener, 'subscribe'>;
  readonly epoch: number;
  readonly info: InfoClient;
  readonly websocketUrl: string;
  /** '*' or symbols. */
  readonly coins: '*' | readonly string[];
  readonly coinsRefreshMs: number;
  readonly tradesRetentionHours: number;
  /**
   * Asked whenever coins are whole again, before any position in them counts as exact. Rejects when it is not the
   * venue that answered before; the leader then ends with that error. Absent: it always is.
   */
  readonly confirmVenue?: (signal: AbortSignal) => Promise<void>;
  /** Most watched coins at which one that is new is asked for its trades before; see the feed. */
  readonly lookBackCoins?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export class StreamLeader {
  readonly pipeline: StreamPipeline;
  readonly feed: TradeFeed;
  readonly metrics: StreamMetrics;
  /** Rejects when the role cannot go on: taken over, or a batch that the database refuses. */
  readonly ended: Promise<void>;
  readonly #options: LeaderOptions;
  readonly #flushes: FlushLoop<StreamBatch>;
  readonly #gapPoller: GapPoller;
  readonly #stop = new AbortController();
  readonly #timers: Timer[] = [];
  readonly #ends: (() => void)[] = [];
  readonly #delisted = new Set<number>();
  /** Coins that are whole again, on a venue that is not confirmed yet. */
  readonly #unconfirmed = new Set<number>();
  readonly auditor: SnapshotAuditor;
  #end: (error: unknown) => void = () => undefined;
  #halted = false;
  #catchingUp = false;

  static async start(options: LeaderOptions): Promise<StreamLeader> {
    const { database, lease, epoch, clock, random } = options;
    const source = databaseSource(database, lease);
    const pipeline = await recoverPipeline({ source, epoch, clock, random });
    const leader = new StreamLeader(options, pipeline, await readWatchedCoins(database));
    const known = await readCoins(database);
    pipeline.watch(await readWatchlist(database));
    leader.#gapPoller.add(await source.gapPollsDue());
    leader.feed.setCoins(watchedOf(known, options.coins));
    void leader.#keepCoins();
    return leader;
  }

  private constructor(options: LeaderOptions, pipeline: StreamPipeline, watchedBefore: ReadonlySet<number>) {
    this.#options = options;
    this.pipeline = pipeline;
    this.ended = new Promise((_resolve, reject) => {
      this.#end = reject;
    });
    this.ended.catch(() => undefined);
    const { clock, log, database, lease } = options;
    this.#flushes = new FlushLoop({
      clock,
      log,
      everyMs: FLUSH_EVERY_MS,
      collect: () => pipeline.collect(clock.now()),
      owes: () => pipeline.pending > 0,
      write: (batch) => {
        void this.#catchUp();
        return writeStreamBatch(database, lease, batch, clock.now());
      },
      written: (batch, tookMs) => this.#written(batch, tookMs),
      failed: (error) => this.#fail(error),
    });
    this.#gapPoller = new GapPoller({
      book: pipeline.book,
      coins: pipeline.coins,
      watched: () => pipeline.watched,
      write: (page) => requestGapPolls(database, page, clock.now()),
      clock,
      log,
      signal: this.#stop.signal,
    });
    this.feed = this.#openFeed(watchedBefore);
    this.metrics = new StreamMetrics(() => this.feed.status(), this.#figures(), options.clock.now());
    this.auditor = new SnapshotAuditor({
      inbox: (except, limit) => readSnapshotInbox(database, except, limit),
      pipeline,
      feed: this.feed,
      isDelisted: (coin) => this.#delisted.has(coin),
      clock,
      log,
    });
    this.#ends.push(
      options.news.subscribe('snapshots', () => this.#audit()),
      options.news.subscribe('watchlist', async () => pipeline.watch(await readWatchlist(database))),
    );
    lease.signal.addEventListener('abort', () => this.#fail(lease.signal.reason), { once: true });
    this.#timers.push(
      clock.every(IDLE_FLUSH_MS, () => this.#idle(), { background: true }),
      clock.every(RETENTION_EVERY_MS, () => void this.#dropOldTrades(), { background: true }),
    );
    void this.#dropOldTrades();
  }

  #figures(): Record<string, MetricReader> {
    const { pipeline } = this;
    const counts = () => this.auditor.counts;
    return {
      trades_pending: { help: 'Trades taken in that wait for their flush', read: () => pipeline.pending },
      traders: { help: 'Traders ever seen', read: () => pipeline.ledger.known },
      positions_open: { help: 'Positions that are not flat', read: () => pipeline.book.open },
      position_pairs: { help: 'Pairs of trader and coin ever seen', read: () => pipeline.book.pairs.size },
      position_book_bytes: { help: 'Memory of the position book', read: () => pipeline.book.bytes },
      traders_seeded: {
        help: 'Pairs of trader and dex that a snapshot vouches for',
        read: () => pipeline.dexs.size,
      },
      audits_waiting: {
        help: 'Snapshots that the feed has not passed yet',
        read: () => this.auditor.waiting,
      },
      audits_agreed: { help: 'Audits since start that agreed', read: () => counts().agreed },
      audits_seeded: { help: 'First snapshots since start', read: () => counts().seeded },
      audits_drifted: { help: 'Audits since start that found drift', read: () => counts().drifted },
      audits_again: { help: 'Snapshots since start that could not be compared', read: () => counts().again },
      audits_unreadable: {
        help: 'Snapshots since start that could not be read',
        read: () => counts().unreadable,
      },
    };
  }

  #openFeed(watchedBefore: ReadonlySet<number>): TradeFeed {
    const { clock, random, log, info } = this.#options;
    const { pipeline } = this;
    return new TradeFeed({
      url: this.#options.websocketUrl,
      coins: pipeline.coins,
      addresses: pipeline.addresses,
      memory: pipeline.memory,
      clock,
      random,
      log,
      hooks: {
        trades: (rows) => {
          if (pipeline.trades(rows)) this.#flushes.flush();
          else this.#flushes.gathered();
          if (pipeline.pending > MAX_PENDING) this.#halt(true);
        },
        gap: (gap) => {
          log.warn(
            { ...gap, coin: pipeline.coins.byId(gap.coin)?.symbol },
            'feed gap: trades may be missing',
          );
          pipeline.gap(gap);
          this.#flushes.gathered();
        },
        begins: (coin, time) => pipeline.begins(coin, time),
        interrupted: (coins) => {
          for (const coin of coins) this.#unconfirmed.delete(coin);
          pipeline.interrupted(coins);
          this.#flushes.flush();
        },
        restored: (coin) => this.#restored(coin),
      },
      recentTrades: (symbol, signal) =>
        info.ask(recentTrades(symbol), { lane: 'repairs', signal, maxWaitMs: RECENT_TRADES_WAIT_MS }),
      lookBackCoins: this.#options.lookBackCoins ?? 0,
      coveredUntil: (coin) => (watchedBefore.has(coin) ? pipeline.coveredUntil(coin) : undefined),
    });
  }

  #restored(coin: number): void {
    const { confirmVenue } = this.#options;
    if (confirmVenue === undefined) {
      this.pipeline.restored(coin);
      this.#flushes.gathered();
      return;
    }
    this.#unconfirmed.add(coin);
    if (this.#unconfirmed.size === 1) void this.#confirm(confirmVenue(this.#stop.signal));
  }

  async #confirm(confirmed: Promise<void>): Promise<void> {
    try {
      await confirmed;
    } catch (error) {
      this.#fail(error);
      return;
    }
    for (const coin of this.#unconfirmed) this.pipeline.restored(coin);
    this.#unconfirmed.clear();
    this.#flushes.gathered();
  }

  /** Tries of the current batch that failed; 0 while the database takes writes. */
  get failedFlushes(): number {
    return this.#flushes.failures;
  }

  /** Writes what is left and closes the feed. */
  async stop(): Promise<void> {
    this.#close();
    await this.#flushes.stop(STOP_FLUSH_MS);
  }

  #close(): void {
    this.#stop.abort(new AppError('STREAM_STOPPED', 'the stream role stops'));
    for (const timer of this.#timers) timer.cancel();
    for (const end of this.#ends) end();
    this.feed.close();
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#options.log.error({ error: errorMessage(error) }, 'the stream cannot go on');
    this.#flushes.abandon();
    this.#close();
    this.#end(error);
  }

  async #audit(): Promise<void> {
    try {
      if (await this.auditor.work()) this.#flushes.flush();
    } catch (error) {
      this.#options.log.warn(
        { error: errorMessage(error) },
        'cannot read snapshots; tried again in a second',
      );
    }
  }

  #written(batch: StreamBatch, tookMs: number): void {
    this.auditor.committed(batch.audits.judged);
    if (batch.gaps.length > 0) this.#gapPoller.add(newestEnds(batch.gaps));
    this.metrics.committed(batch, batch.sampledTimes, this.#options.clock.now(), tookMs);
    if (this.#halted && this.pipeline.pending < MAX_PENDING / 2) this.#halt(false);
    if (this.pipeline.isBehind) this.#flushes.flush();
    else if (this.pipeline.pending > 0) this.#flushes.gathered();
  }

  /** While the database takes a batch, the next one is made ready. */
  async #catchUp(): Promise<void> {
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    while (!this.#stop.signal.aborted && this.pipeline.catchUp()) await this.#options.clock.sleep(0);
    this.#catchingUp = false;
  }

  /** Stops reading when memory is full: the venue then cuts us, and what is missed becomes a recorded gap. */
  #halt(halted: boolean): void {
    if (this.#halted === halted) return;
    this.#halted = halted;
    this.#options.log.warn(
      { pending: this.pipeline.pending, halted },
      'the database is slower than the feed',
    );
    this.feed.halt(halted);
  }

  #idle(): void {
    const until = this.feed.wholeUntil();
    // What waits to be applied is not written with the next batch, so nothing may be claimed beyond it.
    const known = this.#unconfirmed.size === 0 && !this.pipeline.isBehind;
    if (until !== undefined && known) this.pipeline.alive(until, this.feed.refused());
    this.#flushes.flush();
  }

  async #keepCoins(): Promise<void> {
    const { clock, log, info, database, lease, coins, coinsRefreshMs } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let wait = coinsRefreshMs;
      try {
        const list = await fetchVenueList(info, signal);
        const { coins: table, dexs } = this.pipeline;
        const options = { database, lease, coins: table, dexs, watched: coins, now: clock.now() };
        const { watched, added, delisted, retired } = await applyVenueList(list, options);
        this.#delisted.clear();
        for (const coin of delisted) this.#delisted.add(coin);
        if (signal.aborted) return;
        if (added > 0) log.info({ added, watched: watched.length }, 'coins listed by the venue');
        if (watched.length === 0) log.error({ coins }, 'none of the configured coins is listed by the venue');
        // Last what is held back under a former id, then its end.
        this.feed.setCoins(watched);
        if (retired.length > 0) this.#retire(retired);
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ error: errorMessage(error) }, 'cannot refresh the list of coins');
        wait = Math.min(COINS_RETRY_MS, coinsRefreshMs);
      }
      await clock.sleep(wait, signal).catch(() => undefined);
    }
  }

  #retire(coins: readonly number[]): void {
    const { clock, log } = this.#options;
    const now = clock.now();
    for (const coin of coins) this.pipeline.retire(coin, this.feed.venueNow() ?? now, now);
    const symbols = coins.map((coin) => this.pipeline.coins.byId(coin)?.symbol);
    log.warn({ coins: symbols }, 'the venue changed the precision of coins: their positions begin anew');
    this.#flushes.flush();
  }

  async #dropOldTrades(): Promise<void> {
    const { database, clock, log, tradesRetentionHours } = this.#options;
    try {
      // By the exchange's time: a replay that keeps its own times is as old as it is.
      const newest = await readNewestTradeTime(database);
      const now = newest === 0 ? clock.now() : Math.min(newest, clock.now());
      const dropped = await dropTradesBefore(database, now - tradesRetentionHours * 3_600_000);
      if (dropped.length > 0) log.info({ dropped }, 'old trades dropped');
    } catch (error) {
      log.warn({ error: errorMessage(error) }, 'cannot drop old trades now; tried again within the hour');
    }
  }
}
