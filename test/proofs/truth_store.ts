/** Where the stream of a truth proof keeps what it writes: the real tables, or memory with the same rows. */
import type { ListedCoin } from '../../src/domain/listed_coin.ts';
import { applyVenueList, type VenueList } from '../../src/main/stream/coin_list.ts';
import type { StreamPipeline } from '../../src/main/stream/pipeline.ts';
import { databaseSource, type RecoverySource } from '../../src/main/stream/recovery_source.ts';
import {
  insertSnapshots,
  type NewSnapshot,
  readSnapshotInbox,
  type StoredSnapshot,
} from '../../src/store/account_snapshots.ts';
import { requestGapPolls } from '../../src/store/audits.ts';
import type { Database } from '../../src/store/database.ts';
import type { Lease } from '../../src/store/leases.ts';
import { type StreamBatch, writeStreamBatch } from '../../src/store/stream_batch.ts';
import type { GapPage } from '../../src/tracking/gap_polls.ts';

export interface TruthStore {
  readonly source: RecoverySource;
  /** Takes over the venue's list; returns what is listed now. */
  list(venue: VenueList, pipeline: StreamPipeline, now: number): Promise<readonly ListedCoin[]>;
  write(batch: StreamBatch, now: number): Promise<void>;
  insertSnapshots(snapshots: readonly NewSnapshot[]): Promise<void>;
  inbox(except: readonly number[], limit: number): Promise<readonly StoredSnapshot[]>;
  /** Requests polls after gaps. */
  requestGapPolls(page: GapPage, now: number): Promise<void>;
  /** Takes the first requests for polls away; returns their traders. */
  takeRequests(limit: number): Promise<readonly number[]>;
}

/** The proof is alone with its database. */
const LEASE: Lease = {
  name: 'stream',
  token: 1,
  signal: new AbortController().signal,
  check: async () => undefined,
  release: async () => undefined,
};

/** The tables of a migrated database. */
export function databaseStore(database: Database): TruthStore {
  return {
    source: databaseSource(database, LEASE),
    list: async (venue, { coins, dexs }, now) => {
      const options = { database, lease: LEASE, coins, dexs, watched: '*', now } as const;
      return (await applyVenueList(venue, options)).watched;
    },
    write: (batch, now) => writeStreamBatch(database, LEASE, batch, now),
    insertSnapshots: (snapshots) => insertSnapshots(database, snapshots),
    inbox: (except, limit) => readSnapshotInbox(database, except, limit),
    requestGapPolls: (page, now) => requestGapPolls(database, page, now),
    takeRequests: async (limit) => {
      const { rows } = await database.query<{ trader_id: number }>(
        `DELETE FROM poll_requests WHERE (trader_id, dex) IN
           (SELECT trader_id, dex FROM poll_requests ORDER BY priority, requested_at, trader_id, dex LIMIT $1)
         RETURNING trader_id`,
        [limit],
      );
      return rows.map((row) => row.trader_id);
    },
  };
}
