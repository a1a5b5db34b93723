/**
 * The stream role's real parts (feed, pipeline, position book, judge, recovery, batches) driven by hand in virtual
 * time: what its timers do happens when the proof says so, so that a seed always gives the same run.
 */
import { parseCoin } from '../../src/domain/coin.ts';
import { TradeFeed } from '../../src/hyperliquid/stream/trade_feed.ts';
import { SnapshotAuditor } from '../../src/main/stream/auditor.ts';
import { applyVenueList } from '../../src/main/stream/coin_list.ts';
import type { StreamPipeline } from '../../src/main/stream/pipeline.ts';
import { recoverPipeline } from '../../src/main/stream/recovery.ts';
import type { ManualClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import type { Random } from '../../src/runtime/random.ts';
import type { SimulatedVenue } from '../../src/simulator/venue/venue.ts';
import { insertSnapshots } from '../../src/store/account_snapshots.ts';
import { readCoins } from '../../src/store/coins.ts';
import type { Database } from '../../src/store/database.ts';
import type { Lease } from '../../src/store/leases.ts';
import { writeStreamBatch } from '../../src/store/stream_batch.ts';
import type { VirtualWire } from './truth_wire.ts';

/** Trades in a recentTrades answer: more than the replay, less than a long cut needs. */
const RECENT_TRADES = 200;

export interface StreamParts {
  readonly database: Database;
  readonly venue: SimulatedVenue;
  readonly wire: VirtualWire;
  readonly clock: ManualClock;
  readonly random: Random;
}

/** The proof is alone with its database. */
const LEASE: Lease = {
  name: 'stream',
  token: 1,
  signal: new AbortController().signal,
  check: async () => undefined,
  release: async () => undefined,
};

export class VirtualStream {
  readonly pipeline: StreamPipeline;
  readonly feed: TradeFeed;
  readonly auditor: SnapshotAuditor;
  /** Coins (by id) of which nothing is exact now. */
  readonly down = new Set<number>();
  readonly #parts: StreamParts;
  gaps = 0;

  /** As the role starts: from what the database holds. */
  static async start(parts: StreamParts): Promise<VirtualStream> {
    const { database, clock, random, venue } = parts;
    const pipeline = await recoverPipeline({ database, lease: LEASE, epoch: 1, clock, random });
    const coins = venue.query.coins().map((coin) => ({
      ...(coin.symbol.includes(':') ? parseCoin(coin.symbol) : { dex: coin.dex, name: coin.symbol }),
      sizeDecimals: coin.szDecimals,
      maxLeverage: 20,
      delisted: false,
    }));
    await applyVenueList(
      { coins, dexs: new Set(venue.query.dexNames()) },
      {
        database,
        lease: LEASE,
        coins: pipeline.coins,
        dexs: pipeline.dexs,
        watched: '*',
        now: clock.now(),
      },
    );
    const stream = new VirtualStream(parts, pipeline);
    for (const coin of pipeline.coins.all()) stream.down.add(coin.id);
    stream.feed.setCoins(await readCoins(database));
    return stream;
  }

  private constructor(parts: StreamParts, pipeline: StreamPipeline) {
    this.#parts = parts;
    this.pipeline = pipeline;
    const { clock, random, venue, wire, database } = parts;
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
      coveredUntil: () => (pipeline.state.aliveUntil === 0 ? undefined : pipeline.state.aliveUntil),
      dial: wire.dial,
    });
    this.auditor = new SnapshotAuditor({
      database,
      pipeline,
      feed: this.feed,
      isDelisted: () => false,
      clock,
      log: silentLogger,
    });
  }

  async flush(): Promise<void> {
    const { clock, database } = this.#parts;
    const until = this.feed.wholeUntil();
    if (until !== undefined) this.pipeline.alive(until);
    const batch = this.pipeline.collect(clock.now());
    if (batch === undefined) return;
    await writeStreamBatch(database, LEASE, batch, clock.now());
    this.auditor.committed(batch.audits.judged);
  }

  /** Polls accounts as a worker would, on every dex of the venue, and puts the answers before the judge. */
  async poll(traders: Iterable<number>): Promise<void> {
    const { venue, clock, database } = this.#parts;
    const snapshots = [...traders].flatMap((traderId) =>
      venue.query.dexNames().map((dex) => {
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
    await insertSnapshots(database, snapshots);
    await this.auditor.work();
  }

  /** Traders that the stream has asked to be polled before the rotation. */
  async wanted(limit: number): Promise<Set<number>> {
    const { rows } = await this.#parts.database.query<{ trader_id: number }>(
      `DELETE FROM poll_requests WHERE (trader_id, dex) IN
         (SELECT trader_id, dex FROM poll_requests ORDER BY priority, requested_at, trader_id LIMIT $1)
       RETURNING trader_id`,
      [limit],
    );
    return new Set(rows.map((row) => row.trader_id).sort((a, b) => a - b));
  }

  /** Killed: what was not flushed is gone. */
  kill(): void {
    this.feed.close();
  }
}
