/**
 * What the counters and histograms in the heartbeats grew by lately. The metrics themselves count from each process's
 * start; the System page asks for the last minutes and the last hour, over all processes and their restarts.
 */
import type { ServiceHeartbeat } from '../store/service_heartbeats.ts';

const SLOT_MS = 10_000;
const KEPT_MS = 3_600_000;

/** Metrics that are watched, and the label that tells their series apart. */
const WATCHED: Readonly<Record<string, 'outcome' | 'le' | undefined>> = {
  autotrade_position_changes_total: undefined,
  autotrade_tracking_polls_total: 'outcome',
  autotrade_venue_requests_total: 'outcome',
  autotrade_trade_commit_lag_seconds: 'le',
  autotrade_change_commit_to_send_seconds: 'le',
  autotrade_change_exchange_to_send_seconds: 'le',
};

interface JsonMetric {
  readonly name: string;
  readonly values: readonly {
    readonly value: number;
    readonly labels: Readonly<Record<string, string | number>>;
    readonly metricName?: string;
  }[];
}

interface Slot {
  readonly index: number;
  /** Growth by metric, then by the value of its label ('' without one). */
  readonly grown: Map<string, Map<string, number>>;
}

export class RecentMetrics {
  /** Last value of each series of each process. */
  #values = new Map<string, number>();
  readonly #slots: Slot[] = [];
  #startedAt: number | undefined;
  #reported: ReadonlySet<string> = new Set();

  /**
   * Takes in the newest heartbeats.
   * @param fresh those that still count; @param now monotonic ms.
   */
  look(fresh: readonly ServiceHeartbeat[], now: number): void {
    const first = this.#startedAt === undefined;
    this.#startedAt ??= now;
    const slot = this.#slot(now);
    const values = new Map<string, number>();
    const reported = new Set<string>();
    for (const beat of fresh) {
      const owner = `${beat.host}/${beat.instance}/${beat.startedAt}`;
      for (const metric of beat.metrics as readonly JsonMetric[]) {
        if (!(metric?.name in WATCHED) || !Array.isArray(metric.values)) continue;
        reported.add(metric.name);
        for (const [series, label, value] of seriesOf(metric)) {
          const key = `${owner}/${series}`;
          values.set(key, value);
          // What a process counted before our first look says nothing about the time since.
          if (first) continue;
          add(slot, metric.name, label, value - (this.#values.get(key) ?? 0));
        }
      }
    }
    // A process that falls silent and comes back goes on where it was.
    for (const [key, value] of this.#values) if (!values.has(key)) values.set(key, value);
    this.#values = values;
    this.#reported = reported;
  }

  /** Somebody reports this metric now. */
  isReported(metric: string): boolean {
    return this.#reported.has(metric);
  }

  /** Ms of the window that were really watched. */
  covered(windowMs: number, now: number): number {
    return this.#startedAt === undefined ? 0 : Math.min(windowMs, now - this.#startedAt);
  }

  /** Growth over the last `windowMs`, by the value of the metric's label. */
  grown(metric: string, windowMs: number, now: number): Map<string, number> {
    const from = Math.floor((now - windowMs) / SLOT_MS) + 1;
    const sums = new Map<string, number>();
    for (const slot of this.#slots) {
      if (slot.index < from) continue;
      for (const [label, by] of slot.grown.get(metric) ?? []) sums.set(label, (sums.get(label) ?? 0) + by);
    }
    return sums;
  }

  #slot(now: number): Slot {
    const index = Math.floor(now / SLOT_MS);
    const last = this.#slots.at(-1);
    if (last?.index === index) return last;
    const slot = { index, grown: new Map<string, Map<string, number>>() };
    this.#slots.push(slot);
    while ((this.#slots[0]?.index ?? index) < index - KEPT_MS / SLOT_MS) this.#slots.shift();
    return slot;
  }
}

function* seriesOf(metric: JsonMetric): Generator<[series: string, label: string, value: number]> {
  const label = WATCHED[metric.name];
  for (const { value, labels, metricName } of metric.values) {
    if (label === 'le' && !metricName?.endsWith('_bucket')) continue;
    if (typeof value !== 'number') continue;
    yield [
      `${metricName ?? metric.name}${JSON.stringify(labels)}`,
      label === undefined ? '' : String(labels[label]),
      value,
    ];
  }
}

function add(slot: Slot, metric: string, label: string, by: number): void {
  if (by <= 0) return;
  const grown = slot.grown.get(metric) ?? new Map<string, number>();
  slot.grown.set(metric, grown);
  grown.set(label, (grown.get(label) ?? 0) + by);
}

export interface Quantile {
  /** In the unit of the buckets. */
  readonly value: number;
  /** The true value lies beyond the last bucket: `value` is that bucket's bound. */
  readonly beyond: boolean;
  /** Observations. */
  readonly n: number;
}

/** A quantile of a histogram, evenly spread within its bucket. @param buckets cumulative counts by upper bound. */
export function quantileOf(buckets: ReadonlyMap<string, number>, q: number): Quantile | undefined {
  const bounds = [...buckets]
    .map(([le, count]) => ({ le: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), count }))
    .sort((a, b) => a.le - b.le);
  const n = bounds.at(-1)?.count ?? 0;
  if (n === 0) return undefined;
  let below = { le: 0, count: 0 };
  for (const bound of bounds) {
    if (bound.count >= q * n) {
      if (bound.le === Number.POSITIVE_INFINITY) return { value: below.le, beyond: true, n };
      const inside = bound.count - below.count;
      const share = inside === 0 ? 1 : (q * n - below.count) / inside;
      return { value: below.le + share * (bound.le - below.le), beyond: false, n };
    }
    below = bound;
  }
  return undefined;
}
