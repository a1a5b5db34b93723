/**
 * Takes snapshots from the inbox, holds each until the feed has passed its time, and has it judged. What is held of a
 * coin that the venue refuses, or that is cut off for long, is left out: it stays as it was known, and no more is said
 * of it.
 */
import { DomainError } from '../../domain/errors.ts';
import { parseLots } from '../../domain/money.ts';
import type { AveragePosition } from '../../domain/position.ts';
import type { TradeFeed } from '../../hyperliquid/stream/trade_feed.ts';
import type { Clock } from '../../runtime/clock.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { StoredSnapshot } from '../../store/account_snapshots.ts';
import { POLL_PRIORITY, type PollRequest } from '../../store/audits.ts';
import { auditedCoins, type Snapshot } from '../../tracking/audit.ts';
import type { StreamPipeline } from './pipeline.ts';

const TAKEN_AT_ONCE = 500;
/**
 * Coins that are cut off are waited for so long. A snapshot that the feed has passed on no coin by then is given up, and
 * another asked for after `RETRY_MS`: twice as long each time, up to `LONGEST_RETRY_MS`, because each costs weight and
 * says no more than the one before while the feed is away.
 */
const PATIENCE_MS = 60_000;
const RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 960_000;
/** How far a snapshot's time may be ahead of the newest that the feed has told. */
const MOST_AHEAD_MS = 60_000;
/** Our own clock may be wrong, but not by more. */
const DAY_MS = 86_400_000;
/** What an entry price may carry beyond the coin's ticks: averages are not cut to ticks everywhere. */
const ENTRY_DECIMALS = 12;

interface Held {
  readonly stored: StoredSnapshot;
  readonly snapshot: Snapshot;
  readonly since: number;
}

export interface AuditorOptions {
  /** Snapshots that wait for judgement, oldest first, without those in hand (by id). */
  readonly inbox: (except: readonly number[], limit: number) => Promise<readonly StoredSnapshot[]>;
  readonly pipeline: StreamPipeline;
  readonly feed: Pick<TradeFeed, 'watches' | 'refused' | 'passed' | 'venueNow' | 'probe'>;
  readonly isDelisted: (coin: number) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface AuditCounts {
  agreed: number;
  seeded: number;
  drifted: number;
  again: number;
  unreadable: number;
}

export class SnapshotAuditor {
  readonly counts: AuditCounts = { agreed: 0, seeded: 0, drifted: 0, again: 0, unreadable: 0 };
  readonly #options: AuditorOptions;
  readonly #held = new Map<number, Held>();
  /** Judged, but perhaps not yet gone from the inbox. */
  readonly #done = new Set<number>();
  /** By trader and dex: snapshots in a row that were given up because the feed was away. */
  readonly #givenUp = new Map<string, number>();
  #reading = false;

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#held.size;
  }

  /** Verdicts up to now are committed: their snapshots are gone from the inbox. */
  committed(snapshotIds: readonly number[]): void {
    for (const id of snapshotIds) this.#done.delete(id);
  }

  /** Reads what is new and judges what is ready; resolves to whether anything was judged. */
  async work(): Promise<boolean> {
    if (this.#reading) return false;
    this.#reading = true;
    try {
      const known = [...this.#held.keys(), ...this.#done];
      for (const stored of await this.#options.inbox(known, TAKEN_AT_ONCE)) {
        this.#take(stored);
      }
      return this.#judgeReady();
    } finally {
      this.#reading = false;
    }
  }

  #take(stored: StoredSnapshot): void {
    const { clock, log, pipeline } = this.#options;
    // Of a coin whose new id is committed and comes to our table next: left in the inbox until then.
    if (stored.positions.some(({ coinId }) => pipeline.coins.byId(coinId) === undefined)) return;
    try {
      this.#held.set(stored.snapshotId, { stored, snapshot: this.#read(stored), since: clock.now() });
    } catch (error) {
      this.counts.unreadable++;
      log.warn(
        { trader: stored.traderId, error: errorMessage(error) },
        'a snapshot that cannot be read is left out',
      );
      this.#done.add(stored.snapshotId);
      pipeline.discard(stored.snapshotId, undefined);
    }
  }

  /** Decimals as lots and micro-USD. @throws DomainError on a size that is no whole number of lots, or a wrong time. */
  #read(stored: StoredSnapshot): Snapshot {
    // Such a time would vouch for the position until then, and keep out every trade before.
    const { feed, clock } = this.#options;
    if (stored.stateTime > (feed.venueNow() ?? clock.now() + DAY_MS) + MOST_AHEAD_MS)
      throw new DomainError('TIME_AHEAD', `the venue's time of it lies ahead: ${stored.stateTime}`);
    const positions = new Map<number, AveragePosition>();
    for (const { coinId, size, entryPrice } of stored.positions) {
      const { coins } = this.#options.pipeline;
      // Whoever polled may not know yet that the coin goes on under another id.
      const coin = coins.bySymbol(coins.byId(coinId)?.symbol ?? '');
      if (coin === undefined) continue;
      const lots = parseLots(size, coin.sizeDecimals);
      if (lots !== 0) positions.set(coin.id, { size: lots, cost: costOf(size, entryPrice) });
    }
    return {
      traderId: stored.traderId,
      dex: stored.dex,
      time: stored.stateTime,
      accountValue: Number(stored.accountValueUsd),
      positions,
    };
  }

  #judgeReady(): boolean {
    const { feed, clock, pipeline } = this.#options;
    let judged = false;
    // The book is not where the feed is: nothing can be compared.
    if (pipeline.isBehind) return judged;
    const refused = feed.refused();
    for (const [id, held] of this.#held) {
      if (this.#nowKnown(held.stored)) {
        this.#again(id, held, {
          reason: 'unknown coin',
          priority: pipeline.priorityOfRepeat(held.snapshot),
        });
        judged = true;
        continue;
      }
      const coins = [...auditedCoins(held.snapshot, pipeline.book, pipeline.dexs)].filter(
        (coin) => feed.watches(coin) && !refused.has(coin),
      );
      const passed = coins.filter((coin) => feed.passed(coin, held.snapshot.time, held.stored.receivedAt));
      const isLate = clock.now() - held.since > PATIENCE_MS;
      if (passed.length === coins.length || (isLate && passed.length > 0))
        this.#judge(id, held, new Set(passed));
      else if (isLate) this.#giveUp(id, held);
      else continue;
      judged = true;
    }
    if (this.#held.size > 0) feed.probe();
    return judged;
  }

  /** The worker's table of coins was older than ours: its snapshot lacks a position that the book may hold. */
  #nowKnown({ unknownSymbols }: StoredSnapshot): boolean {
    return unknownSymbols.some((symbol) => this.#options.pipeline.coins.bySymbol(symbol) !== undefined);
  }

  #giveUp(id: number, held: Held): void {
    const key = keyOf(held);
    const before = this.#givenUp.get(key) ?? 0;
    this.#givenUp.set(key, before + 1);
    const delayMs = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.min(before, 10));
    const watched = this.#options.pipeline.isWatched(held.snapshot.traderId);
    const priority = watched ? POLL_PRIORITY.watchedAnomaly : POLL_PRIORITY.interrupted;
    this.#again(id, held, { reason: 'feed interrupted', priority, delayMs });
  }

  #again(id: number, held: Held, poll: Omit<PollRequest, 'traderId' | 'dex'>): void {
    const { traderId, dex } = held.snapshot;
    this.#forget(id);
    this.counts.again++;
    this.#options.pipeline.discard(id, { ...poll, traderId, dex });
  }

  #judge(id: number, held: Held, passed: ReadonlySet<number>): void {
    const { pipeline, isDelisted, clock, log } = this.#options;
    this.#forget(id);
    this.#givenUp.delete(keyOf(held));
    const coins = { isDelisted, isFollowed: (coin: number) => passed.has(coin) };
    const verdict = pipeline.audit(id, held.snapshot, coins, clock.now());
    if (verdict.kind === 'again') this.counts.again++;
    else if (verdict.drifts.length > 0) {
      this.counts.drifted++;
      log.warn({ trader: held.snapshot.traderId, drifts: verdict.drifts }, 'an audit found drift');
    } else if (verdict.seeded) this.counts.seeded++;
    else this.counts.agreed++;
  }

  #forget(id: number): void {
    this.#held.delete(id);
    this.#done.add(id);
  }
}

const keyOf = ({ snapshot: { traderId, dex } }: Held): string => `${traderId} ${dex}`;

/** |size| x entry price in micro-USD, rounded. */
function costOf(size: string, entryPrice: string): number {
  const [whole = '0', fraction = ''] = entryPrice.split('.');
  const price = BigInt(whole + fraction.slice(0, ENTRY_DECIMALS).padEnd(ENTRY_DECIMALS, '0'));
  const [sizeWhole = '0', sizeFraction = ''] = size.replace('-', '').split('.');
  const lots = BigInt(sizeWhole + sizeFraction.padEnd(6, '0').slice(0, 6));
  const unit = 10n ** BigInt(ENTRY_DECIMALS);
  return Number((lots * price + unit / 2n) / unit);
}
