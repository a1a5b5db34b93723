import { expect, it } from 'vitest';
import { FURTHER_METRICS, METRIC_NAMES, metricOfStored, SAME_METRICS } from '../domain/board_metrics.ts';
import { TraderHistory } from '../domain/metrics/history.ts';
import { WINDOWS } from '../domain/metrics/window.ts';
import { DEFAULT_COPY_TERMS } from './copy_returns.ts';
import { compute } from './standings.ts';
import { surroundingsOf } from './surroundings.ts';

it('computes nothing that a board cannot be sorted by, and a board is sorted by nothing that is not computed', () => {
  const market = { firstDay: 0, returns: [] };
  const context = { now: 20_000 * 86_400_000, terms: DEFAULT_COPY_TERMS, bitcoin: market, ether: market };
  const history = new TraderHistory({ slippageBp: () => 1 });
  for (const window of WINDOWS) {
    const { metrics } = compute(history, window, context, null, surroundingsOf(undefined, undefined));
    const stored = Object.keys(metrics as object);
    expect(stored.filter((name) => metricOfStored(name) === undefined)).toEqual([]);
    const named = new Set(stored.map(metricOfStored));
    expect(FURTHER_METRICS.filter((metric) => !named.has(metric))).toEqual([]);
    expect(Object.keys(SAME_METRICS).filter((name) => !stored.includes(name))).toEqual([]);
    expect(stored).toHaveLength(FURTHER_METRICS.length + Object.keys(SAME_METRICS).length);
    expect([...named].filter((name) => !METRIC_NAMES.some((known) => known === name))).toEqual([]);
  }
});
