/** What a worker measures about its polls and tasks, for /metrics. */
import { Counter, Histogram, Registry } from 'prom-client';
import type { SweepReport } from '../../tracking/sweep.ts';

const REQUEST_BUCKETS_SECONDS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

export class WorkerMetrics {
  readonly registry = new Registry();
  readonly #polls = this.#counter(
    'autotrade_tracking_polls_total',
    'Polls of accounts by kind (request, turn) and outcome (ok or an error code)',
    ['kind', 'outcome'],
  );
  readonly #requests = this.#counter(
    'autotrade_venue_requests_total',
    'Requests to /info by egress, type and outcome (ok or an error code; VENUE_RATE_LIMITED is HTTP 429)',
    ['egress', 'type', 'outcome'],
  );
  readonly #snapshots = this.#counter('autotrade_account_snapshots_total', 'Account snapshots stored');
  readonly #voided = this.#counter(
    'autotrade_tracking_voided_total',
    'Poll results that did not count because their lease had expired',
  );
  readonly #leasesLost = this.#counter(
    'autotrade_tracking_leases_lost_total',
    'Tracking leases that expired in use',
  );
  readonly #unread = this.#counter(
    'autotrade_positions_unread_total',
    'Positions of the venue that could not be taken in (unknown coin, impossible size)',
  );
  readonly #seconds = new Histogram({
    name: 'autotrade_venue_request_seconds',
    help: 'Time of a request to /info, without the wait for weight',
    labelNames: ['type'],
    buckets: REQUEST_BUCKETS_SECONDS,
    registers: [this.registry],
  });

  polled(kind: string, outcome: string): void {
    this.#polls.inc({ kind, outcome });
  }

  requested(egress: string, type: string, outcome: string, elapsedMs: number): void {
    this.#requests.inc({ egress, type, outcome });
    this.#seconds.observe({ type }, elapsedMs / 1000);
  }

  swept(report: SweepReport): void {
    this.#snapshots.inc(report.snapshots);
    this.#voided.inc(report.voided);
    this.#leasesLost.inc(report.leasesLost);
    this.#unread.inc(report.unread);
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
