/** Prometheus: what every service reported with its last heartbeat, and this process's own, in one answer. */
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Stats } from '../contract/stats.ts';
import type { ServiceHeartbeat } from '../store/service_heartbeats.ts';

/** Services that have not beaten for this long no longer count. */
const FRESH_MS = 30_000;

export interface ApiMetrics {
  readonly registry: Registry;
  /** Finished requests and refused upgrades, by outcome: OK or the error's code. */
  readonly requests: Counter<'code'>;
  /** Update streams closed by us, by reason. */
  readonly dropped: Counter<'reason'>;
  /** How readers of the event log came in: snapshot, resumed, or the reason of a reset. */
  readonly joins: Counter<'result'>;
  /** Seconds from the commit, and from the exchange, to the frame of an update stream. */
  readonly commitLag: Histogram;
  readonly exchangeLag: Histogram;
}

const LAG_BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.5, 1, 2.5, 10, 60];

/** @param clients how many update streams are open now; `stats` the last look at the system. */
export function createApiMetrics(clients: () => number, stats: () => Stats | undefined): ApiMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'autotrade_' });
  new Gauge({
    name: 'autotrade_updates_clients',
    help: 'Open update streams',
    registers: [registry],
    collect() {
      this.set(clients());
    },
  });
  new Gauge({
    name: 'autotrade_api_weight_used',
    help: 'Request weight that counts against the budget of an egress IP now, by lane',
    labelNames: ['egress', 'lane'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { egress, lanes } of stats()?.weight ?? []) {
        for (const { lane, used } of lanes) this.set({ egress, lane }, used);
      }
    },
  });
  new Gauge({
    name: 'autotrade_traders_known',
    help: 'Traders discovered so far',
    registers: [registry],
    collect() {
      const current = stats();
      if (current) this.set(current.traders.total);
    },
  });
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, buckets: LAG_BUCKETS_SECONDS, registers: [registry] });
  return {
    registry,
    commitLag: histogram(
      'autotrade_change_commit_to_send_seconds',
      'Commit of a position change to its frame',
    ),
    exchangeLag: histogram(
      'autotrade_change_exchange_to_send_seconds',
      'Exchange time of a position change to its frame',
    ),
    joins: new Counter({
      name: 'autotrade_updates_joins_total',
      help: 'Readers of the event log that came in: snapshot, resumed, or the reason of a reset',
      labelNames: ['result'],
      registers: [registry],
    }),
    requests: new Counter({
      name: 'autotrade_api_requests_total',
      help: 'Requests by outcome: OK or the error code',
      labelNames: ['code'],
      registers: [registry],
    }),
    dropped: new Counter({
      name: 'autotrade_updates_dropped_total',
      help: 'Update streams closed by the server, by reason',
      labelNames: ['reason'],
      registers: [registry],
    }),
  };
}

interface JsonMetric {
  name: string;
  help: string;
  type: string;
  values: { value: number; labels: Record<string, string | number>; metricName?: string }[];
  aggregator: string;
}

function isMetric(value: unknown): value is JsonMetric {
  const metric = value as JsonMetric | null;
  return (
    typeof metric?.name === 'string' && Array.isArray(metric.values) && metric.name.startsWith('autotrade_')
  );
}

/** Each service's own series keep apart by its name: a sum of event loop lags or start times means nothing. */
const labelled = (metrics: readonly unknown[], service: string, host: string): JsonMetric[] =>
  metrics.filter(isMetric).map((metric) => ({
    ...metric,
    values: metric.values.map((value) => ({ ...value, labels: { ...value.labels, service, host } })),
  }));

/**
 * All metrics as Prometheus text.
 * @param own this process's metrics; a heartbeat of the same instance is left out for them.
 */
export async function exposition(
  own: { readonly instance: string; readonly host: string; readonly registry: Registry },
  beats: readonly ServiceHeartbeat[],
  now: number,
): Promise<string> {
  const parts = [labelled(await own.registry.getMetricsAsJSON(), own.instance, own.host)];
  for (const beat of beats) {
    if ((beat.instance === own.instance && beat.host === own.host) || now - beat.beatAt > FRESH_MS) continue;
    parts.push(labelled(beat.metrics, beat.instance, beat.host));
  }
  const up = new Registry();
  const gauge = new Gauge({
    name: 'autotrade_service_up',
    help: '1 if the service reported in time',
    labelNames: ['service', 'host', 'role'],
    registers: [up],
  });
  for (const beat of beats) {
    gauge.set(
      { service: beat.instance, host: beat.host, role: beat.role },
      now - beat.beatAt <= FRESH_MS && beat.state !== 'stopped' ? 1 : 0,
    );
  }
  const merged = AggregatorRegistry.aggregate(parts);
  return `${await merged.metrics()}\n${await up.metrics()}`;
}
