/** How the metrics of traders are written, wherever they are shown; what they are called and mean is the domain's. */
import { METRICS, type MetricKind, type MetricName } from '../../domain/board_metrics.ts';
import type { NumberKind } from './number.ts';

export interface MetricLook {
  readonly name: string;
  readonly meaning: string;
  readonly kind: NumberKind;
  /** Coloured by sign. */
  readonly tone: boolean;
  /** What the figure of a filter is given in. */
  readonly unit: string;
}

interface KindLook {
  readonly kind: NumberKind;
  readonly tone?: true;
  readonly unit: string;
  /** One of that unit as the API counts. */
  readonly scale: number;
}

const KINDS: Readonly<Record<MetricKind, KindLook>> = {
  ratio: { kind: 'ratio', unit: '', scale: 1 },
  share: { kind: 'percent', unit: '%', scale: 0.01 },
  return: { kind: 'percent-signed', tone: true, unit: '%', scale: 0.01 },
  usd: { kind: 'usd-compact', unit: 'USD', scale: 1 },
  pnl: { kind: 'pnl', tone: true, unit: 'USD', scale: 1 },
  bp: { kind: 'bps', tone: true, unit: 'bps', scale: 1 },
  duration: { kind: 'duration', unit: 'minutes', scale: 60_000 },
  days: { kind: 'count', unit: 'days', scale: 1 },
  count: { kind: 'count', unit: '', scale: 1 },
  leverage: { kind: 'leverage', unit: '\u00d7', scale: 1 },
};

/** A bad day is a loss with everybody: colour would say nothing. */
const PLAIN: readonly MetricName[] = ['valueAtRisk', 'expectedShortfall'];

export function metricLook(metric: MetricName): MetricLook {
  const { name, meaning, kind } = METRICS[metric];
  const look = KINDS[kind];
  return {
    name,
    meaning,
    kind: look.kind,
    tone: look.tone === true && !PLAIN.includes(metric),
    unit: look.unit,
  };
}

/** A bound as people write it, in the unit of the metric, as the API takes it; null for what is no number. */
export function boundOf(metric: MetricName, written: string): string | null {
  const text = written.trim().replace(/\u2212/g, '-');
  if (text === '') return '';
  if (!/^-?\d{1,12}(\.\d{1,6})?$/.test(text)) return null;
  return String(Number((Number(text) * KINDS[METRICS[metric].kind].scale).toFixed(8)));
}
