/**
 * The lease under which a sweep claims and stores. It is held by being used and by a beat; when it has expired (the
 * machine slept, the database was away) everything claimed under it is void and a new one begins.
 */
import type { Clock, Timer } from '../runtime/clock.ts';
import { AppError, errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { TrackingLease } from '../store/tracking_turns.ts';
import type { TrackingStore } from './tracking_store.ts';

export interface RunLeaseOptions {
  readonly store: TrackingStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly worker: string;
  readonly egress: string;
  readonly leaseMs: number;
  /** The lease is void: forget what was claimed. */
  readonly lost: () => void;
}

export const isLeaseLost = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'STORE_LEASE_LOST';

export class RunLease {
  readonly #options: RunLeaseOptions;
  readonly #beat: Timer;
  #current: TrackingLease | undefined;
  #beginning: Promise<TrackingLease> | undefined;
  /** How many leases were lost. */
  losses = 0;

  constructor(options: RunLeaseOptions) {
    this.#options = options;
    this.#beat = options.clock.every(options.leaseMs / 4, () => void this.#hold(), { background: true });
  }

  /** Whether results of work begun under `lease` may still count. */
  isCurrent(lease: TrackingLease): boolean {
    return lease === this.#current;
  }

  /** The lease, begun if there is none. @throws StoreError when the database is away. */
  async get(): Promise<TrackingLease> {
    if (this.#current !== undefined) return this.#current;
    this.#beginning ??= this.#begin().finally(() => {
      this.#beginning = undefined;
    });
    return this.#beginning;
  }

  /** Somebody was told that this lease has expired. */
  lost(lease: TrackingLease): void {
    if (lease !== this.#current) return;
    this.#current = undefined;
    this.losses++;
    this.#options.log.warn(
      { run: lease.runId },
      'the tracking lease has expired: what it claimed is left to others',
    );
    this.#options.lost();
  }

  /** Gives back what is still claimed; a database that is away frees it by itself when the lease expires. */
  async end(): Promise<void> {
    this.#beat.cancel();
    await this.#beginning?.catch(() => undefined);
    const lease = this.#current;
    this.#current = undefined;
    if (lease === undefined) return;
    try {
      await this.#options.store.endRun(lease.runId);
    } catch (error) {
      this.#options.log.warn(
        { error: errorMessage(error) },
        'cannot give claims back; they expire by themselves',
      );
    }
  }

  async #begin(): Promise<TrackingLease> {
    const { store, worker, egress, leaseMs } = this.#options;
    const runId = await store.beginRun({ worker, egress, leaseMs });
    this.#current = { runId, leaseMs };
    return this.#current;
  }

  async #hold(): Promise<void> {
    const lease = this.#current;
    if (lease === undefined) return;
    try {
      await this.#options.store.holdRun(lease);
    } catch (error) {
      if (isLeaseLost(error)) this.lost(lease);
    }
  }
}
