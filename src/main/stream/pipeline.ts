/**
 * The path of a trade inside the stream role, between the feed and the database: totals of its traders, positions,
 * and the batch that will write them. Everything here happens in one turn of the event loop per frame.
 */
import type { TraderLedger } from '../../discovery/trader_ledger.ts';
import type { AddressIndex } from '../../domain/address_index.ts';
import type { CoinTable } from '../../domain/listed_coin.ts';
import { TradeColumns } from '../../domain/trade_columns.ts';
import type { TradeMemory } from '../../domain/trade_memory.ts';
import type { FeedGap } from '../../store/feed_gaps.ts';
import { utcDay } from '../../store/partitions.ts';
import type { StreamBatch } from '../../store/stream_batch.ts';
import type { StreamState } from '../../store/stream_state.ts';
import { encodeNewTraders, type TraderRecord } from '../../store/traders.ts';
import { encodeTrades } from '../../store/trades.ts';
import { sampleTimes } from './metrics.ts';

/** Totals of known traders written per flush: all of them on a calm day, a share of them in a storm. */
const TRADERS_PER_FLUSH = 2_000;
const STORM_ROWS = 2_000;
const TRADERS_PER_STORM_FLUSH = 500;

export interface PipelineParts {
  readonly coins: CoinTable;
  readonly addresses: AddressIndex;
  readonly memory: TradeMemory;
  readonly ledger: TraderLedger;
  readonly state: StreamState;
}

export class StreamPipeline {
  readonly coins: CoinTable;
  readonly addresses: AddressIndex;
  readonly memory: TradeMemory;
  readonly ledger: TraderLedger;
  #state: StreamState;
  #pending = new TradeColumns();
  #spare = new TradeColumns();
  #gaps: FeedGap[] = [];
  #aliveUntil: number;

  constructor(parts: PipelineParts) {
    this.coins = parts.coins;
    this.addresses = parts.addresses;
    this.memory = parts.memory;
    this.ledger = parts.ledger;
    this.#state = parts.state;
    this.#aliveUntil = parts.state.aliveUntil;
  }

  /** State of the stream after the last batch that was made. */
  get state(): StreamState {
    return this.#state;
  }

  /** Trades taken in that are in no batch yet. */
  get pending(): number {
    return this.#pending.length;
  }

  trades(rows: TradeColumns): void {
    const seq = this.#state.nextSeq + this.#pending.length;
    for (let at = 0; at < rows.length; at++) this.#pending.pushFrom(rows, at);
    this.ledger.apply(rows, 0, rows.length, seq);
  }

  gap(gap: FeedGap): void {
    this.#gaps.push(gap);
  }

  /** The feed is whole up to this exchange time (ms). */
  alive(until: number): void {
    this.#aliveUntil = Math.max(this.#aliveUntil, until);
  }

  /** All that has gathered, as one batch; undefined if there is nothing to write. */
  collect(): StreamBatch | undefined {
    const rows = this.#pending;
    const { ledger } = this;
    const idle = rows.length === 0 && this.#gaps.length === 0 && this.#aliveUntil === this.#state.aliveUntil;
    if (idle && ledger.dirty.length === 0) return undefined;
    this.#pending = this.#spare;
    const before = this.#state;
    const nextSeq = before.nextSeq + rows.length;
    const fresh = ledger.takeFresh().map((id) => this.#record(id, nextSeq));
    for (const { traderId } of fresh) ledger.dirty.clean(traderId);
    const limit = rows.length > STORM_ROWS ? TRADERS_PER_STORM_FLUSH : TRADERS_PER_FLUSH;
    const traders = ledger.dirty.take(limit).map((id) => this.#record(id, nextSeq));
    const after: StreamState = {
      ...before,
      flushes: before.flushes + 1,
      nextSeq,
      tradersThrough: ledger.dirty.through(nextSeq),
      aliveUntil: this.#aliveUntil,
    };
    const days = new Set<number>();
    for (let at = 0; at < rows.length; at++) days.add(utcDay(rows.time[at] as number));
    const batch: StreamBatch = {
      before,
      after,
      days,
      trades: { rows: encodeTrades(rows, this.coins, before.nextSeq), count: rows.length },
      newTraders: {
        rows: encodeNewTraders(fresh, (id, target, offset) => this.addresses.copyBytes(id, target, offset)),
        count: fresh.length,
      },
      traders,
      changes: { rows: Buffer.alloc(0), count: 0 },
      positions: [],
      gaps: this.#gaps,
      sampledTimes: sampleTimes(rows),
    };
    this.#gaps = [];
    rows.clear();
    this.#spare = rows;
    this.#state = after;
    return batch;
  }

  #record(traderId: number, throughSeq: number): TraderRecord {
    return { ...this.ledger.totals(traderId), coinCount: 0, throughSeq };
  }
}
