/**
 * One flush of the stream role: everything that it learned since the last one, in one transaction, guarded by its
 * lease, with the news of it. The batch does not change once made, so that it can be tried again as it is.
 */

import type { CoinTable } from '../domain/listed_coin.ts';
import { type AuditRecords, writeAudits } from './audits.ts';
import type { RowSource } from './binary_copy.ts';
import type { Database, Queryable } from './database.ts';
import { StoreError } from './errors.ts';
import { type FeedGap, insertFeedGaps, setBegins, setInterrupted, setRefused } from './feed_gaps.ts';
import type { Lease } from './leases.ts';
import { type LogPosition, publishAllNews } from './news.ts';
import { ensureDayPartitions, ensureOffsetPartitions } from './partitions.ts';
import { copyPositionChanges } from './position_changes.ts';
import { type PositionRecord, upsertPositions } from './positions.ts';
import { readStreamState, type StreamState, writeStreamState } from './stream_state.ts';
import { listTraders } from './trader_listing.ts';
import { copyNewTraders, type TraderRecord, updateTraders } from './traders.ts';
import { copyTrades } from './trades.ts';

export interface StreamBatch {
  /** State of the stream before and after this batch. */
  readonly before: StreamState;
  readonly after: StreamState;
  readonly trades: RowSource;
  /** UTC exchange days of the trades. */
  readonly days: ReadonlySet<number>;
  readonly newTraders: RowSource;
  readonly traders: readonly TraderRecord[];
  /** Those whose place in the list of traders is brought up to date. */
  readonly listed: readonly TraderRecord[];
  readonly changes: RowSource;
  readonly positions: readonly PositionRecord[];
  readonly gaps: readonly FeedGap[];
  /** Coins (by id) that are followed for the first time, and since when (exchange time, ms). */
  readonly begins: ReadonlyMap<number, number>;
  /** Coins (by id) whose feed was interrupted (true) or restored (false) last. */
  readonly interrupted: ReadonlyMap<number, boolean>;
  /** Coins (by id) that the venue refuses since then (exchange time, ms) while others are followed; null: no longer. */
  readonly refused: ReadonlyMap<number, number | null>;
  readonly audits: AuditRecords;
  readonly coins: CoinTable;
  /** Times of some of the trades, for lag metrics. */
  readonly sampledTimes: readonly { readonly time: number; readonly receivedAt: number }[];
}

/**
 * Commits the batch, or finds that an earlier try was committed after all.
 * @throws StoreError; `STORE_LEASE_LOST` when another process writes now, `STORE_QUERY` when the database is not where
 *   this batch begins.
 */
export async function writeStreamBatch(
  database: Database,
  lease: Lease,
  batch: StreamBatch,
  now: number,
): Promise<void> {
  const { before, after } = batch;
  await ensureDayPartitions(database, 'trades', batch.days);
  if (batch.changes.count > 0) {
    await ensureOffsetPartitions(database, 'position_changes', {
      epoch: after.epoch,
      fromOffset: before.nextOffset,
      throughOffset: after.nextOffset - 1,
    });
  }
  try {
    await commit(database, lease, batch, now);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'STORE_COMMIT_UNKNOWN') throw error;
    // Trying again finds out whether it was committed.
    throw new StoreError(error.code, error.message, { cause: error, retryable: true });
  }
}

async function commit(database: Database, lease: Lease, batch: StreamBatch, now: number): Promise<void> {
  const { before, after } = batch;
  await database.transaction(async (tx) => {
    await lease.check(tx);
    const stored = await readStreamState(tx);
    if (stored.flushes === after.flushes && stored.nextSeq === after.nextSeq) return;
    if (stored.flushes !== before.flushes || stored.nextSeq !== before.nextSeq) {
      throw new StoreError(
        'STORE_QUERY',
        'stream_state is not where this process left it: another one wrote',
      );
    }
    if (batch.newTraders.count > 0) await copyNewTraders(tx, batch.newTraders);
    if (batch.trades.count > 0) await copyTrades(tx, batch.trades);
    if (batch.changes.count > 0) await copyPositionChanges(tx, batch.changes);
    await updateTraders(tx, batch.traders);
    await listTraders(tx, batch.listed);
    await upsertPositions(tx, batch.positions, batch.coins);
    await insertFeedGaps(tx, batch.gaps, now);
    await setBegins(tx, batch.begins);
    await setInterrupted(tx, batch.interrupted);
    await setRefused(tx, batch.refused);
    await writeAudits(tx, batch.audits, batch.coins, now);
    await writeStreamState(tx, after, now);
    await publish(tx, batch);
  });
}

async function publish(tx: Queryable, batch: StreamBatch): Promise<void> {
  const { epoch, nextOffset, nextSeq } = batch.after;
  const trades = { epoch, offset: nextSeq - 1 };
  const news: [string, LogPosition][] = [];
  if (batch.trades.count > 0) news.push(['trades', trades]);
  if (batch.newTraders.count > 0) news.push(['traders', trades]);
  if (batch.changes.count > 0) news.push(['changes', { epoch, offset: nextOffset - 1 }]);
  await publishAllNews(tx, news);
}
