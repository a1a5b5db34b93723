/**
 * The path of a trade inside the stream role, between the feed and the database: totals of its traders, positions and
 * their changes, and the batch that will write them. Everything here happens in one turn of the event loop per frame.
 */
import type { TraderLedger } from '../../discovery/trader_ledger.ts';
import type { AddressIndex } from '../../domain/address_index.ts';
import { BY_NEW_PRECISION, ChangeColumns, KNOWN } from '../../domain/change_columns.ts';
import type { DirtyQueue } from '../../domain/dirty_queue.ts';
import type { CoinTable } from '../../domain/listed_coin.ts';
import type { PositionKnown } from '../../domain/position.ts';
import { TradeBacklog } from '../../domain/trade_backlog.ts';
import { TradeColumns } from '../../domain/trade_columns.ts';
import type { TradeMemory } from '../../domain/trade_memory.ts';
import { POLL_PRIORITY, type PollRequest } from '../../store/audits.ts';
import type { FeedGap } from '../../store/feed_gaps.ts';
import { utcDay } from '../../store/partitions.ts';
import { changeRows } from '../../store/position_changes.ts';
import type { PositionRecord } from '../../store/positions.ts';
import type { StreamBatch } from '../../store/stream_batch.ts';
import type { StreamState } from '../../store/stream_state.ts';
import { newTraderRows, type TraderRecord } from '../../store/traders.ts';
import { tradeRows } from '../../store/trades.ts';
import { type AuditContext, audit, type Snapshot, type Verdict } from '../../tracking/audit.ts';
import type { PositionBook } from '../../tracking/position_book.ts';
import type { TraderDexs } from '../../tracking/trader_dexs.ts';
import { AskedPolls } from './asked_polls.ts';
import { AuditBuffer } from './audit_buffer.ts';
import { sampleTimes } from './metrics.ts';
import { RefusedCoins } from './refused_coins.ts';

/** Rows brought up to date per flush (trader totals, position checkpoint): all on a calm day, few in a storm. */
const UPDATES_PER_FLUSH = 2_000;
const UPDATES_PER_STORM_FLUSH = 250;
/** While somebody is watched no flush may be long, because the next one may be urgent; an urgent one itself is short. */
const UPDATES_PER_WATCHED_FLUSH = 250;
const UPDATES_PER_URGENT_FLUSH = 25;
/** Trades in one batch, about: a transaction of a second or so, well inside the limit of a statement. */
const BATCH_ROWS = 20_000;
/** Trades that wait are applied so many at a time, so that nothing else waits for more than a few ms. */
const CATCH_UP_ROWS = 500;
/** Trades in one flush that make it a storm. */
const STORM_ROWS = 2_000;

export interface PipelineParts {
  readonly coins: CoinTable;
  readonly addresses: AddressIndex;
  readonly memory: TradeMemory;
  readonly ledger: TraderLedger;
  /** Traders whose stored totals are ahead of their place in the list. */
  readonly unlisted: DirtyQueue;
  readonly book: PositionBook;
  readonly dexs: TraderDexs;
  /** Coins that the venue refused when this was last written, and since when (exchange time, ms). */
  readonly refused?: ReadonlyMap<number, number>;
  readonly state: StreamState;
}

export class StreamPipeline {
  readonly coins: CoinTable;
  readonly addresses: AddressIndex;
  readonly memory: TradeMemory;
  readonly ledger: TraderLedger;
  readonly book: PositionBook;
  readonly dexs: TraderDexs;
  readonly #unlisted: DirtyQueue;
  #state: StreamState;
  /** Applied, and in the next batch. */
  #pending = new TradeColumns();
  /** Not applied yet: what a batch writes is exactly what the totals and the book hold. */
  readonly #backlog = new TradeBacklog(CATCH_UP_ROWS);
  #changes = new ChangeColumns();
  /** Columns of the batch before: it is written when the next one is collected. */
  #spare = { pending: new TradeColumns(), changes: new ChangeColumns() };
  #nextOffset: number;
  #gaps: FeedGap[] = [];
  #begins = new Map<number, number>();
  #interrupted = new Map<number, boolean>();
  /** Coins (by id) whose open positions are to be closed: exchange time and wall clock, ms. */
  readonly #retired = new Map<number, { readonly time: number; readonly now: number }>();
  #audits = new AuditBuffer();
  readonly #asked: AskedPolls;
  #aliveUntil: number;
  /** As it was at the start: a coin may be let go and taken up again while others stay whole. */
  readonly #aliveBefore: number;
  readonly #refusedBefore: ReadonlyMap<number, number>;
  readonly #refused: RefusedCoins;
  /** Slots that an audit left out or put into quarantine: in the next batch, whatever else waits. */
  #aside: number[] = [];
  #watched: ReadonlySet<number> = new Set();
  /** A watched trader's trade is to be written. */
  #urgent = false;

  constructor(parts: PipelineParts) {
    this.coins = parts.coins;
    this.addresses = parts.addresses;
    this.memory = parts.memory;
    this.ledger = parts.ledger;
    this.#unlisted = parts.unlisted;
    this.#asked = new AskedPolls({ ...parts, isWatched: (trader) => this.isWatched(trader) });
    this.book = parts.book;
    this.dexs = parts.dexs;
    this.#state = parts.state;
    this.#nextOffset = parts.state.nextOffset;
    this.#aliveUntil = parts.state.aliveUntil;
    this.#aliveBefore = parts.state.aliveUntil;
    this.#refusedBefore = parts.refused ?? new Map();
    this.#refused = new RefusedCoins(this.#refusedBefore);
  }

  /** State of the stream after the last batch that was made. */
  get state(): StreamState {
    return this.#state;
  }

  /** Trades taken in that are in no batch yet. */
  get pending(): number {
    return this.#pending.length + this.#backlog.length;
  }

  /** True while trades wait that are not in the book yet: the database is slower than the feed. */
  get isBehind(): boolean {
    return this.#backlog.length > 0;
  }

  /** Traders whose changes are written at once. */
  watch(traders: ReadonlySet<number>): void {
    this.#watched = traders;
  }

  get watched(): ReadonlySet<number> {
    return this.#watched;
  }

  isWatched(trader: number): boolean {
    return this.#watched.has(trader);
  }

  /** Takes in new trades of one coin; true if a watched trader is among them. */
  trades(rows: TradeColumns): boolean {
    if (this.isBehind || this.#pending.length >= BATCH_ROWS) this.#backlog.add(rows);
    else this.#apply(rows);
    const watched = this.#watched.size > 0 && this.#anyWatched(rows);
    this.#urgent ||= watched;
    return watched;
  }

  #apply(rows: TradeColumns): void {
    const seq = this.#state.nextSeq + this.#pending.length;
    for (let at = 0; at < rows.length; at++) this.#pending.pushFrom(rows, at);
    this.ledger.apply(rows, 0, rows.length, seq);
    this.#nextOffset = this.book.applyFrame(rows, 0, rows.length, this.#changes, this.#nextOffset);
  }

  /**
   * Applies some of the trades that wait, as far as they fit into the next batch.
   * @returns whether there are more that fit.
   */
  catchUp(): boolean {
    if (this.#pending.length >= BATCH_ROWS) return false;
    const waiting = this.#backlog.take();
    if (waiting !== undefined) this.#apply(waiting);
    return this.isBehind && this.#pending.length < BATCH_ROWS;
  }

  gap(gap: FeedGap): void {
    this.#gaps.push(gap);
    this.book.gap(gap.coin, gap.to);
  }

  /**
   * The coin goes on under another id since exchange time `time` (ms), because its precision changed. Whatever vouched
   * for it does so no more; what is held under this id is closed, in the log too, and its holders are polled.
   */
  retire(coin: number, time: number, now: number): void {
    const to = Math.max(time, this.dexs.newest, this.#aliveUntil);
    this.gap({ coin, from: this.#aliveUntil || to, to, reason: 'the precision of the coin changed' });
    this.#retired.set(coin, { time, now });
    this.#closeRetired();
  }

  /** After the trades that still wait, which may be of these coins. */
  #closeRetired(): void {
    if (this.isBehind) return;
    for (const [coin, { time, now }] of this.#retired) {
      for (const slot of this.book.openIn(coin)) {
        const at = Math.max(time, this.book.state(slot).changedAt);
        const flat = { size: 0, cost: 0, time: at, now };
        this.#nextOffset = this.book.correct(slot, flat, this.#changes, this.#nextOffset, BY_NEW_PRECISION);
        this.#audits.polls.push(...this.#asked.of(slot, POLL_PRIORITY.stale, 'new precision'));
      }
    }
    this.#retired.clear();
  }

  /** Exchange time (ms) until which a coin was followed before this start; undefined if it never was. */
  coveredUntil(coin: number): number | undefined {
    const until = this.#refusedBefore.get(coin) ?? this.#aliveBefore;
    return this.book.exactSince(coin) > 0 && until > 0 ? until : undefined;
  }

  /**
   * The coin is followed for the first time, with all its trades after `time` (exchange time, ms). Snapshots up to now
   * left it out: they vouch for nothing in it.
   */
  begins(coin: number, time: number): void {
    const since = Math.max(time, this.dexs.newest, this.#state.aliveUntil);
    this.#begins.set(coin, since);
    this.book.gap(coin, since);
  }

  /** Nothing of these coins is exact until they are restored. */
  interrupted(coins: readonly number[]): void {
    for (const coin of coins) this.#interrupted.set(coin, true);
  }

  restored(coin: number): void {
    this.#interrupted.set(coin, false);
  }

  /** Judges a snapshot whose time the feed has passed; the verdict and the corrections are in the next batch. */
  audit(
    snapshotId: number,
    snapshot: Snapshot,
    coins: Pick<AuditContext, 'isDelisted' | 'isFollowed'>,
    now: number,
  ): Verdict {
    const verdict = audit(snapshot, {
      ...coins,
      book: this.book,
      dexs: this.dexs,
      changes: this.#changes,
      nextOffset: this.#nextOffset,
      now,
    });
    if (verdict.kind === 'judged') {
      this.#nextOffset = verdict.nextOffset;
      this.#aside.push(...verdict.aside, ...verdict.quarantined);
      this.#audits.judged(snapshotId, snapshot, verdict, this.isWatched(snapshot.traderId));
      this.#asked.seeded(snapshot.traderId, snapshot.dex);
    } else {
      this.discard(snapshotId, {
        traderId: snapshot.traderId,
        dex: snapshot.dex,
        priority: this.priorityOfRepeat(snapshot),
        reason: verdict.reason,
      });
    }
    return verdict;
  }

  /** Of another poll of a trader whose snapshot could not be compared: one that is not seeded still is not. */
  priorityOfRepeat({ traderId, dex }: Pick<Snapshot, 'traderId' | 'dex'>): number {
    if (this.isWatched(traderId)) return POLL_PRIORITY.watchedAnomaly;
    return this.dexs.get(traderId, dex) === undefined ? POLL_PRIORITY.unseeded : POLL_PRIORITY.ambiguous;
  }

  /** Is done with a snapshot without having used it, and asks for another. */
  discard(snapshotId: number, poll: PollRequest | undefined): void {
    this.#audits.done.push(snapshotId);
    if (poll !== undefined) this.#audits.polls.push(poll);
  }

  /** The feed is whole up to this exchange time (ms), but for coins (by id) that the venue refuses. */
  alive(until: number, refused: ReadonlySet<number>): void {
    this.#refused.are(refused, this.#aliveUntil);
    this.#aliveUntil = Math.max(this.#aliveUntil, until);
  }

  /**
   * All that has gathered, as one batch; undefined if there is nothing to write. It holds the pipeline's own columns:
   * the batch before must be done with.
   */
  collect(now: number): StreamBatch | undefined {
    while (this.catchUp());
    this.#closeRetired();
    if (this.#idle()) return undefined;
    const rows = this.#pending;
    const changes = this.#changes;
    const before = this.#state;
    const nextSeq = before.nextSeq + rows.length;
    const { ledger, book } = this;
    const fresh = ledger.takeFresh().map((id) => this.#trader(id, nextSeq));
    for (const { traderId } of fresh) ledger.dirty.clean(traderId);
    const limit = this.#updates(rows.length);
    const traders = ledger.dirty.take(limit).map((id) => this.#trader(id, nextSeq));
    for (const { traderId } of fresh) this.#unlisted.mark(traderId, 0);
    for (const { traderId } of traders) this.#unlisted.mark(traderId, 0);
    // What only another audit can tell about is stored with the trade that made it so.
    const doubtful = book.takeDoubtful();
    const aside = new Set([...this.#aside.splice(0), ...doubtful]);
    for (const slot of aside) book.dirty.clean(slot);
    const positions = [...aside, ...book.dirty.take(limit)].map((slot) => this.#position(slot));
    const after: StreamState = {
      ...before,
      flushes: before.flushes + 1,
      nextSeq,
      nextOffset: this.#nextOffset,
      tradersThrough: ledger.dirty.through(nextSeq),
      positionsThrough: book.dirty.through(this.#nextOffset),
      aliveUntil: this.#aliveUntil,
    };
    this.#audits.polls.push(...this.#asked.since(changes, doubtful, now));
    const place = { epoch: before.epoch, offset: before.nextOffset, committedAt: now };
    const batch: StreamBatch = {
      before,
      after,
      coins: this.coins,
      days: daysOf(rows),
      trades: tradeRows(rows, this.coins, before.nextSeq),
      newTraders: newTraderRows(fresh, (id, target, offset) => this.addresses.copyBytes(id, target, offset)),
      traders,
      listed: this.#listed(limit, nextSeq),
      changes: changeRows(changes, book.pairs, this.coins, place),
      positions,
      gaps: this.#gaps,
      begins: this.#begins,
      interrupted: this.#interrupted,
      refused: this.#refused.take(),
      audits: this.#audits.take(),
      sampledTimes: sampleTimes(rows),
    };
    this.#gaps = [];
    this.#begins = new Map();
    this.#interrupted = new Map();
    this.#urgent = false;
    this.#state = after;
    this.#pending = this.#spare.pending;
    this.#pending.clear();
    this.#changes = this.#spare.changes;
    this.#changes.clear();
    this.#spare = { pending: rows, changes };
    return batch;
  }

  /** How many rows that lag behind the log to bring up to date beside so many trades. */
  #updates(trades: number): number {
    if (this.#urgent) return UPDATES_PER_URGENT_FLUSH;
    if (trades > STORM_ROWS) return UPDATES_PER_STORM_FLUSH;
    return this.#watched.size > 0 ? UPDATES_PER_WATCHED_FLUSH : UPDATES_PER_FLUSH;
  }

  #idle(): boolean {
    return (
      this.#pending.length === 0 &&
      this.#changes.length === 0 &&
      this.#gaps.length === 0 &&
      this.#begins.size === 0 &&
      this.#interrupted.size === 0 &&
      this.#audits.done.length === 0 &&
      this.#aliveUntil === this.#state.aliveUntil &&
      this.ledger.dirty.length === 0 &&
      this.#unlisted.length === 0 &&
      this.book.dirty.length === 0
    );
  }

  #anyWatched(rows: TradeColumns): boolean {
    for (let at = 0; at < rows.length; at++) {
      if (this.#watched.has(rows.buyer[at] as number) || this.#watched.has(rows.seller[at] as number))
        return true;
    }
    return false;
  }

  /** Written totals come first, so that on a calm day list and totals are of one flush. */
  #listed(limit: number, nextSeq: number): TraderRecord[] {
    return this.#unlisted.take(limit).map((id) => this.#trader(id, nextSeq));
  }

  #trader(traderId: number, throughSeq: number): TraderRecord {
    // Named one by one: some hundred thousand are made a minute while a market is discovered.
    const { firstSeenAt, lastSeenAt, tradeCount, notional } = this.ledger.totals(traderId);
    const coinCount = this.book.coinCount(traderId);
    return { traderId, firstSeenAt, lastSeenAt, tradeCount, notional, coinCount, throughSeq };
  }

  #position(slot: number): PositionRecord {
    const { known, ...state } = this.book.state(slot);
    const { pairs } = this.book;
    return {
      ...state,
      traderId: pairs.traderOf(slot),
      coinId: pairs.coinOf(slot),
      known: KNOWN[known] as PositionKnown,
    };
  }
}

function daysOf(rows: TradeColumns): Set<number> {
  const days = new Set<number>();
  let last = Number.NaN;
  for (let at = 0; at < rows.length; at++) {
    const day = utcDay(rows.time[at] as number);
    if (day !== last) days.add(day);
    last = day;
  }
  return days;
}
