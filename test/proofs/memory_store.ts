/**
 * The tables of the stream role in memory, for proofs of millions of trades. Rows come from the bytes that would go to
 * PostgreSQL and are given back to the real recovery as its queries would give them; a kill loses what was not written.
 */
import { coinSymbol } from '../../src/domain/coin.ts';
import type { ListedCoin } from '../../src/domain/listed_coin.ts';
import { TradeColumns } from '../../src/domain/trade_columns.ts';
import type { VenueList } from '../../src/main/stream/coin_list.ts';
import type { StreamPipeline } from '../../src/main/stream/pipeline.ts';
import type { RecoverySource } from '../../src/main/stream/recovery_source.ts';
import type { NewSnapshot, StoredSnapshot } from '../../src/store/account_snapshots.ts';
import type { PollRequest, TraderDexRecord } from '../../src/store/audits.ts';
import { newestEnds } from '../../src/store/feed_gaps.ts';
import type { LoggedPosition } from '../../src/store/position_changes.ts';
import type { PositionRecord } from '../../src/store/positions.ts';
import type { StreamBatch } from '../../src/store/stream_batch.ts';
import type { StreamState } from '../../src/store/stream_state.ts';
import type { TraderRecord } from '../../src/store/traders.ts';
import type { TradeKey } from '../../src/store/trades.ts';
import type { GapPage } from '../../src/tracking/gap_polls.ts';
import { rowsOf } from './batch_rows.ts';
import type { TruthStore } from './truth_store.ts';

/** Retention, at every start: the venue repeats what quiet coins traded longer ago. */
const KEPT_MS = 300_000;
/** More than recovery ever asks for of one coin, or looks at for the newest time. */
const KEPT_OF_COIN = 4_096;
const KEPT_ROWS = 20_000;
const MAX_COINS = 1_024;

interface Request extends PollRequest {
  readonly at: number;
}

export class MemoryStore implements TruthStore {
  #state: StreamState | undefined;
  #coins: ListedCoin[] = [];
  readonly #traders = new Map<number, { readonly trader: TraderRecord; readonly address: Uint8Array }>();
  #trades = new TradeColumns();
  /** Seq of the first row of `#trades`. */
  #firstSeq = 1;
  readonly #keys = new Map<number, { keys: TradeKey[]; all: boolean }>();
  readonly #traderDexs = new Map<string, TraderDexRecord>();
  readonly #gapEnds = new Map<number, number>();
  readonly #gapPollsDue = new Map<number, number>();
  readonly #positions = new Map<number, PositionRecord>();
  #changes: LoggedPosition[] = [];
  readonly #inbox = new Map<number, StoredSnapshot>();
  #snapshots = 0;
  readonly #requests = new Map<string, Request>();

  readonly source: RecoverySource = {
    begin: async (epoch) => {
      this.#state ??= {
        epoch,
        flushes: 0,
        nextOffset: 1,
        nextSeq: 1,
        positionsThrough: 1,
        tradersThrough: 1,
        aliveUntil: 0,
      };
      return this.#state;
    },
    coins: async () => this.#coins,
    traders: async (each) => {
      const byId = [...this.#traders].sort(([a], [b]) => a - b);
      for (const [, { trader, address }] of byId) each(trader, address, true);
    },
    trades: async (fromSeq, _coins, each) => {
      const rows = new TradeColumns();
      for (let at = Math.max(0, fromSeq - this.#firstSeq); at < this.#trades.length; at++)
        rows.pushFrom(this.#trades, at);
      if (rows.length > 0) each(rows, fromSeq);
    },
    newestTrades: async (coinId, limit) => {
      const kept = this.#keys.get(coinId);
      if (kept === undefined) return { keys: [], all: true };
      const newestFirst = [...kept.keys].sort((a, b) => b.time - a.time || a.tradeId - b.tradeId);
      const keys = newestFirst.slice(0, limit).reverse();
      return { keys, all: kept.all && keys.length < limit };
    },
    tradesSince: async () => {
      const since = (await this.source.newestTradeTime()) - KEPT_MS;
      for (const kept of this.#keys.values()) kept.keys = kept.keys.filter(({ time }) => time >= since);
      return since;
    },
    newestTradeTime: async () => {
      let newest = 0;
      for (let at = 0; at < this.#trades.length; at++)
        newest = Math.max(newest, this.#trades.time[at] as number);
      return newest;
    },
    traderDexs: async () => [...this.#traderDexs.values()],
    gapEnds: async () => this.#gapEnds,
    gapPollsDue: async () => this.#gapPollsDue,
    refused: async () => new Map(),
    positions: async (_coins, each) => {
      for (const position of this.#positions.values()) each(position);
    },
    changes: async ({ offset }, _coins, each) => {
      for (const change of this.#changes) if (change.offset >= offset) each(change);
    },
  };

  async list(venue: VenueList, pipeline: StreamPipeline): Promise<readonly ListedCoin[]> {
    if (this.#coins.length === 0)
      this.#coins = venue.coins.map((coin, i) => ({ ...coin, id: i + 1, symbol: coinSymbol(coin) }));
    for (const coin of this.#coins) {
      pipeline.coins.add(coin);
      pipeline.dexs.addCoin(coin.id, coin.dex);
    }
    return this.#coins;
  }

  async write(batch: StreamBatch, now: number): Promise<void> {
    const { before, after } = batch;
    if (this.#state?.flushes !== before.flushes || this.#state.nextSeq !== before.nextSeq)
      throw new Error('the batch does not begin where the last one ended');
    const { newTraders, changes } = rowsOf(batch);
    for (const fresh of newTraders) this.#traders.set(fresh.trader.traderId, fresh);
    for (const trader of batch.traders) {
      const known = this.#traders.get(trader.traderId);
      if (known !== undefined) this.#traders.set(trader.traderId, { trader, address: known.address });
    }
    this.#keepTrades(batch);
    const isAhead = (change: LoggedPosition) => change.offset >= after.positionsThrough;
    this.#changes = [...this.#changes.filter(isAhead), ...changes.filter(isAhead)];
    for (const position of batch.positions)
      this.#positions.set(position.traderId * MAX_COINS + position.coinId, position);
    const ends = batch.gaps.map(({ coin, to }) => [coin, to] as const);
    for (const [coin, time] of [...ends, ...batch.begins])
      this.#gapEnds.set(coin, Math.max(this.#gapEnds.get(coin) ?? 0, time));
    for (const id of batch.audits.judged) this.#inbox.delete(id);
    for (const one of batch.audits.traderDexs) this.#traderDexs.set(`${one.traderId} ${one.dex}`, one);
    for (const poll of batch.audits.polls) this.#request(poll, now);
    for (const [coin, end] of newestEnds(batch.gaps)) this.#gapPollsDue.set(coin, end);
    this.#state = after;
  }

  #keepTrades(batch: StreamBatch): void {
    const { trades } = rowsOf(batch);
    for (let at = 0; at < trades.length; at++) {
      this.#trades.pushFrom(trades, at);
      const coin = trades.coin[at] as number;
      let kept = this.#keys.get(coin);
      if (kept === undefined) {
        kept = { keys: [], all: true };
        this.#keys.set(coin, kept);
      }
      kept.keys.push({ time: trades.time[at] as number, tradeId: trades.tradeId[at] as number });
      if (kept.keys.length < KEPT_OF_COIN * 2) continue;
      kept.keys = kept.keys.slice(-KEPT_OF_COIN);
      kept.all = false;
    }
    const needed = Math.min(batch.after.tradersThrough, batch.after.nextSeq - KEPT_ROWS);
    if (needed - this.#firstSeq < KEPT_ROWS) return;
    const rows = new TradeColumns();
    for (let at = needed - this.#firstSeq; at < this.#trades.length; at++) rows.pushFrom(this.#trades, at);
    this.#trades = rows;
    this.#firstSeq = needed;
  }

  /** One that is there already keeps its age and takes the higher priority. */
  #request(poll: PollRequest, now: number): void {
    const key = `${poll.traderId} ${poll.dex}`;
    const known = this.#requests.get(key);
    if (known === undefined) this.#requests.set(key, { ...poll, at: now });
    else if (poll.priority < known.priority) this.#requests.set(key, { ...poll, at: known.at });
  }

  async requestGapPolls({ polls, done }: GapPage, now: number): Promise<void> {
    for (const poll of polls) this.#request(poll, now);
    for (const [coin, end] of done)
      if ((this.#gapPollsDue.get(coin) ?? 0) <= end) this.#gapPollsDue.delete(coin);
  }

  async insertSnapshots(snapshots: readonly NewSnapshot[]): Promise<void> {
    for (const one of snapshots) {
      const snapshotId = ++this.#snapshots;
      this.#inbox.set(snapshotId, { ...one, snapshotId, unknownSymbols: [] });
    }
  }

  async inbox(except: readonly number[], limit: number): Promise<readonly StoredSnapshot[]> {
    const known = new Set(except);
    return [...this.#inbox.values()].filter((one) => !known.has(one.snapshotId)).slice(0, limit);
  }

  async takeRequests(limit: number): Promise<readonly number[]> {
    const first = [...this.#requests.entries()]
      .sort(([, a], [, b]) => a.priority - b.priority || a.at - b.at || a.traderId - b.traderId)
      .slice(0, limit);
    for (const [key] of first) this.#requests.delete(key);
    return first.map(([, one]) => one.traderId);
  }
}
