/** What a sweep needs of the database, as a port: the whole of it also runs in virtual time over a model. */
import type { Database } from '../store/database.ts';
import { reserveSnapshotIds, storeTrackingResults, type TrackingResults } from '../store/tracking_results.ts';
import {
  beginTrackingRun,
  endTrackingRun,
  holdTrackingRun,
  type NewTrackingRun,
} from '../store/tracking_runs.ts';
import {
  type ClaimedRequest,
  type ClaimedTurn,
  claimRequests,
  claimTurns,
  type TrackingLease,
} from '../store/tracking_turns.ts';

/** Each method as the function of the store that it is named after; all throw StoreError. */
export interface TrackingStore {
  beginRun(run: NewTrackingRun): Promise<number>;
  holdRun(lease: TrackingLease): Promise<void>;
  endRun(runId: number): Promise<void>;
  claimTurns(
    lease: TrackingLease,
    page: { readonly limit: number; readonly minAgeMs: number },
  ): Promise<ClaimedTurn[]>;
  claimRequests(lease: TrackingLease, limit: number): Promise<ClaimedRequest[]>;
  reserveSnapshotIds(count: number): Promise<number[]>;
  storeResults(lease: TrackingLease, results: TrackingResults): Promise<void>;
}

export const trackingStoreOf = (database: Database): TrackingStore => ({
  beginRun: (run) => beginTrackingRun(database, run),
  holdRun: (lease) => holdTrackingRun(database, lease.runId, lease.leaseMs),
  endRun: (runId) => endTrackingRun(database, runId),
  claimTurns: (lease, page) => claimTurns(database, lease, page),
  claimRequests: (lease, limit) => claimRequests(database, lease, limit),
  reserveSnapshotIds: (count) => reserveSnapshotIds(database, count),
  storeResults: (lease, results) => storeTrackingResults(database, lease, results),
});
