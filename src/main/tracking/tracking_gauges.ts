/** Tracking as a whole, as the active scheduler measures it once a minute, for /metrics. */
import { Gauge, Registry } from 'prom-client';
import type { QueueCounts } from '../../jobs/jobs.ts';
import type { Queryable } from '../../store/database.ts';
import { readAuditCounts, readKnownShares } from '../../store/read_system.ts';
import { countTaskRuns, readSweepFigures } from '../../store/tracking_figures.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export class TrackingGauges {
  readonly registry = new Registry();
  readonly #traders = this.#gauge('autotrade_traders_by_audit', 'Traders: tracked, never tracked, failing', [
    'state',
  ]);
  readonly #age = this.#gauge(
    'autotrade_sweep_age_seconds',
    'Age of the last audit: p95 is what 95 % of the tracked traders are within, oldest the longest',
    ['of'],
  );
  readonly #requests = this.#gauge('autotrade_poll_requests', 'Polls asked for before the rotation');
  readonly #known = this.#gauge('autotrade_positions_known', 'Open positions by how they are known', [
    'known',
  ]);
  readonly #audits = this.#gauge('autotrade_audits_last_day', 'Account snapshots of the last 24 h');
  readonly #drift = this.#gauge(
    'autotrade_drift_per_100k_audits',
    'Differences between book and venue for every 100,000 audits of the last 24 h',
  );
  readonly #queue = this.#gauge('autotrade_queue_jobs', 'Jobs by queue and state', ['queue', 'state']);
  readonly #tasks = this.#gauge('autotrade_task_runs_last_hour', 'Runs of tasks by outcome, last hour', [
    'task',
    'outcome',
  ]);

  /** @param now ms UTC. @throws StoreError. */
  async refresh(db: Queryable, queues: readonly QueueCounts[], now: number): Promise<void> {
    const sweep = await readSweepFigures(db);
    this.#traders.set({ state: 'tracked' }, sweep.tracked);
    this.#traders.set({ state: 'never' }, sweep.never);
    this.#traders.set({ state: 'failing' }, sweep.failing);
    this.#age.reset();
    if (sweep.oldestAt !== null) this.#age.set({ of: 'oldest' }, Math.max(0, now - sweep.oldestAt) / 1000);
    if (sweep.p95At !== null) this.#age.set({ of: 'p95' }, Math.max(0, now - sweep.p95At) / 1000);
    this.#requests.set(sweep.requests);
    this.#known.reset();
    for (const { known, positions } of await readKnownShares(db)) this.#known.set({ known }, positions);
    const { audits, drift } = await readAuditCounts(db, now - DAY_MS);
    this.#audits.set(audits);
    // Without audits there is no rate.
    this.#drift.remove();
    if (audits > 0) this.#drift.set((drift * 100_000) / audits);
    this.#queue.reset();
    for (const { queue, waiting, active, delayed, failed } of queues) {
      for (const [state, jobs] of Object.entries({ waiting, active, delayed, failed })) {
        this.#queue.set({ queue, state }, jobs);
      }
    }
    this.#tasks.reset();
    for (const { task, outcome, runs } of await countTaskRuns(db, now - HOUR_MS)) {
      this.#tasks.set({ task, outcome }, runs);
    }
  }

  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    const gauge = new Gauge({ name, help, labelNames, registers: [this.registry] });
    // Not measured yet is not 0.
    if (labelNames.length === 0) gauge.remove();
    return gauge;
  }
}
