import { describe, expect, it } from 'vitest';
import {
  FURTHER_METRICS,
  isFurther,
  METRIC_ALIASES,
  METRIC_NAMES,
  METRICS,
  metricNamed,
  metricOfStored,
  noMetric,
  storedName,
} from './board_metrics.ts';
import { BOARD_METRICS } from './boards.ts';

describe('the list of metrics', () => {
  it('has every published and every further metric once, and no alias that is a name', () => {
    expect([...METRIC_NAMES].sort()).toEqual([...BOARD_METRICS, ...FURTHER_METRICS].sort());
    expect(new Set(METRIC_NAMES).size).toBe(METRIC_NAMES.length);
    expect(METRIC_ALIASES.filter((alias) => METRIC_NAMES.some((name: string) => name === alias))).toEqual([]);
    expect(METRIC_NAMES.filter((name) => !isFurther(name))).toHaveLength(BOARD_METRICS.length);
  });

  it('calls no two metrics the same, and ends no definition with a full stop', () => {
    const texts = METRIC_NAMES.map((name) => METRICS[name].name);
    expect(new Set(texts).size).toBe(texts.length);
    expect(METRIC_NAMES.filter((name) => METRICS[name].meaning.endsWith('.'))).toEqual([]);
  });

  it("tells the trader's own Sharpe ratio from the copy-adjusted one", () => {
    expect(metricNamed('sharpe')).toBe('sharpe');
    expect(metricOfStored('sharpe')).toBe('ownSharpe');
    expect(storedName('ownSharpe')).toBe('sharpe');
  });

  it('reads stored names of published metrics as aliases', () => {
    expect(metricNamed('volumeUsd')).toBe('volume');
    expect(metricNamed('maxDrawdown')).toBe('drawdown');
    expect(metricNamed('sortino')).toBe('sortino');
    for (const none of ['Sortino', '', 'constructor']) {
      expect(metricNamed(none)).toBeUndefined();
      expect(metricOfStored(none)).toBeUndefined();
    }
  });

  it('names the nearest to what is no metric', () => {
    expect(noMetric('sortinoo')).toContain('"sortinoo" is no metric; the nearest is sortino (');
    expect(noMetric('Winrate')).toContain('the nearest is winRate (');
    expect(noMetric('x'.repeat(500)).length).toBeLessThan(160);
  });
});
