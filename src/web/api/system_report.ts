/** Tracking, queues and tasks as the System page shows them. */
import type { Known } from '../../contract/positions.ts';
import type { Cell } from '../../contract/values.ts';

export interface SweepBin {
  /** Age since the last audit up to this, ms; null: older, or never audited. */
  readonly upToMs: number | null;
  readonly traders: number;
}

export interface TaskReport {
  readonly name: string;
  readonly everyMs: number;
  /** ms UTC; null: never ran. */
  readonly lastStartedAt: number | null;
  readonly lastDurationMs: number | null;
  readonly lastOutcome: 'succeeded' | 'failed' | 'timed_out' | 'stopped' | 'lost' | 'running' | null;
  readonly lastError: string | null;
}

export interface QueueReport {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  /** Age of the oldest waiting job, ms; null without one. */
  readonly oldestMs: number | null;
}

export interface SystemReport {
  readonly tracking: {
    readonly positions: number;
    readonly known: Readonly<Record<Known, number>>;
    readonly changesPerSecond: Cell;
    readonly commitLagMs: { readonly p50: Cell; readonly p99: Cell };
    /** Drift found per 100,000 audits. */
    readonly drift: Cell;
    /** Audits that succeeded, share of all. */
    readonly auditSuccess: Cell;
  } | null;
  readonly sweep: {
    readonly bins: readonly SweepBin[];
    readonly oldestMs: Cell;
    readonly p95Ms: Cell;
  } | null;
  readonly queues: readonly QueueReport[];
  readonly tasks: readonly TaskReport[];
}
