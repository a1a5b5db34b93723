/**
 * The stream role's real parts (feed, pipeline, position book, judge, recovery, batches) driven by hand in virtual
 * time: what its timers do happens when the proof says so, so that a seed always gives the same run.
 */
import { FIRST_DEX, parseCoin } from '../../src/domain/coin.ts';
import { TradeFeed } from '../../src/hyperliquid/stream/trade_feed.ts';
import { SnapshotAuditor } from '../../src/main/stream/auditor.ts';
import type { StreamPipeline } from '../../src/main/stream/pipeline.ts';
import { recoverPipeline } from '../../src/main/stream/recovery.ts';
import type { ManualClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import type { Random } from '../../src/runtime/random.ts';
import type { SimulatedVenue } from '../../src/simulator/venue/venue.ts';
import { newestEnds } from '../../src/store/feed_gaps.ts';
import type { StreamBatch } from '../../src/store/stream_batch.ts';
import { GapPolls } from '../../src/tracking/gap_polls.ts';
import type { TruthStore } from './truth_store.ts';
import type { VirtualWire } from './truth_wire.ts';

/** Trades in a recentTrades answer: more than the replay, less than a long cut needs. */
const RECENT_TRADES = 60;

export interface StreamParts {
  readonly store: TruthStore;
  readonly venue: SimulatedVenue;
  readonly wire: VirtualWire;
  readonly clock: ManualClock;
  readonly random: Random;
  /** Told of every batch after it was written. */
  readonly written: (batch: StreamBatch) => void;
  /** Breaks a part on purpose, to see that the proof notices. */
  readonly sabotage?: ((stream: VirtualStream) => void) | undefined;
}

export class VirtualStream {
  readonly pipeline: StreamPipeline;
  readonly feed: TradeFeed;
  readonly auditor: SnapshotAuditor;
  /** Coins (by id) of which nothing is exact now. */
  readonly down = new Set<number>();
  readonly #parts: StreamParts;
  readonly #gapPolls: GapPolls;
  gaps = 0;

  /** As the role starts: from what was written. */
  static async start(parts: StreamParts): Promise<VirtualStream> {
    const { store, clock, random, venue } = parts;
    const pipeline = await recoverPipeline({ source: store.source, epoch: 1, clock, random });
    const coins = venue.query.coins().map((coin) => ({
      ...(coin.symbol.includes(':') ? parseCoin(coin.symbol) : { dex: coin.dex, name: coin.symbol }),
      sizeDecimals: coin.szDecimals,
      maxLeverage: 20,
      delisted: false,
    }));
    const list = { coins, dexs: new Set(venue.query.dexNames()) };
    const watched = await store.list(list, pipeline, clock.now());
    const stream = new VirtualStream(parts, pipeline);
    parts.sabotage?.(stream);
    for (const coin of pipeline.coins.all()) stream.down.add(coin.id);
    for (const [coin, end] of await store.source.gapPollsDue()) stream.#gapPolls.add(coin, end);
    stream.feed.setCoins(watched);
    return stream;
  }

  private constructor(parts: StreamParts, pipeline: StreamPipeline) {
    this.#parts = parts;
    this.pipeline = pipeline;
    this.#gapPolls = new GapPolls({
      book: pipeline.book,
      coins: pipeline.coins,
      watched: () => pipeline.watched,
    });
    const { clock, random, venue, wire, store } = parts;
    this.feed = new TradeFeed({
      url: 'virtual',
      coins: pipeline.coins,
      addresses: pipeline.addresses,
      memory: pipeline.memory,
      clock,
      random,
      log: silentLogger,
      hooks: {
        trades: (rows) => void pipeline.trades(rows),
        gap: (gap) => {
          this.gaps++;
          pipeline.gap(gap);
        },
        begins: (coin, time) => pipeline.begins(coin, time),
        interrupted: (coins) => {
          for (const coin of coins) this.down.add(coin);
          pipeline.interrupted(coins);
        },
        restored: (coin) => {
          this.down.delete(coin);
          pipeline.restored(coin);
        },
      },
      recentTrades: async (symbol) => venue.query.recentTrades(symbol, RECENT_TRADES).toReversed(),
      coveredUntil: (coin) => pipeline.coveredUntil(coin),
      dial: wire.dial,
    });
    this.auditor = new SnapshotAuditor({
      inbox: (except, limit) => store.inbox(except, limit),
      pipeline,
      feed: this.feed,
      isDelisted: () => false,
      clock,
      log: silentLogger,
    });
  }

  async flush(): Promise<void> {
    const { clock, store, written } = this.#parts;
    const until = this.feed.wholeUntil();
    if (until !== undefined) this.pipeline.alive(until, this.feed.refused());
    const batch = this.pipeline.collect(clock.now());
    if (batch === undefined) return;
    await store.write(batch, clock.now());
    written(batch);
    this.auditor.committed(batch.audits.judged);
    for (const [coin, end] of newestEnds(batch.gaps)) this.#gapPolls.add(coin, end);
    await this.#requestGapPolls();
  }

  async #requestGapPolls(): Promise<void> {
    const { clock, store } = this.#parts;
    for (let page = this.#gapPolls.next(); page !== undefined; page = this.#gapPolls.next())
      await store.requestGapPolls(page, clock.now());
  }

  /** Polls accounts as a worker would, on the dexs that they trade, and puts the answers before the judge. */
  async poll(traders: Iterable<number>): Promise<void> {
    const { venue, clock, store } = this.#parts;
    const snapshots = [...traders].flatMap((traderId) =>
      this.#dexsOf(traderId).map((dex) => {
        const state = venue.query.clearinghouseState(this.pipeline.addresses.addressOf(traderId), dex);
        return {
          traderId,
          dex,
          stateTime: state.time,
          requestedAt: clock.now(),
          receivedAt: clock.now(),
          accountValueUsd: state.marginSummary.accountValue,
          notionalUsd: state.marginSummary.totalNtlPos,
          marginUsedUsd: state.marginSummary.totalMarginUsed,
          withdrawableUsd: state.withdrawable,
          positions: state.assetPositions.map(({ position }) => ({
            coinId: this.pipeline.coins.bySymbol(position.coin)?.id ?? 0,
            size: position.szi,
            entryPrice: position.entryPx ?? '0',
          })),
        };
      }),
    );
    await store.insertSnapshots(snapshots);
    await this.auditor.work();
  }

  #dexsOf(traderId: number): string[] {
    const { book, coins } = this.pipeline;
    const dexs = new Set<string>();
    for (const slot of book.slotsOf(traderId))
      dexs.add(coins.byId(book.pairs.coinOf(slot))?.dex ?? FIRST_DEX);
    return dexs.size === 0 ? [FIRST_DEX] : [...dexs];
  }

  /** Traders that the stream has asked to be polled before the rotation. */
  async wanted(limit: number): Promise<Set<number>> {
    return new Set([...(await this.#parts.store.takeRequests(limit))].sort((a, b) => a - b));
  }

  /** Killed: what was not flushed is gone. */
  kill(): void {
    this.feed.close();
  }
}
