/** Prometheus: what every service reported with its last heartbeat, and this process's own, in one answer. */
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ServiceHeartbeat } from '../store/service_heartbeats.ts';

/** Services that have not beaten for this long no longer count. */
const FRESH_MS = 30_000;

export interface ApiMetrics {
  readonly registry: Registry;
  /** Finished requests and refused upgrades, by outcome: OK or the error's code. */
  readonly requests: Counter<'code'>;
  /** Update streams closed by us, by reason. */
  readonly dropped: Counter<'reason'>;
}

/** @param clients how many update streams are open now. */
export function createApiMetrics(clients: () => number): ApiMetrics {
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
  return {
    registry,
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
