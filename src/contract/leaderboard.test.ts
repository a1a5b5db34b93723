import { describe, expect, it } from 'vitest';
import { FURTHER_METRICS, METRIC_NAMES } from '../domain/board_metrics.ts';
import { leaderboardQuerySchema } from './leaderboard.ts';

const parse = (query: Record<string, string>) => leaderboardQuerySchema.parse(query);
const problem = (query: Record<string, string>): string => {
  const { error } = leaderboardQuerySchema.safeParse(query);
  return error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') ?? 'none';
};

describe('the parameters of the leaderboard', () => {
  it('take every metric to sort and filter by', () => {
    for (const metric of METRIC_NAMES) {
      const query = parse({ sort: metric, filter: `${metric}:-1.5:2` });
      expect(query.sort).toBe(metric);
      expect(query.filter).toEqual([{ metric, least: -1.5, most: 2 }]);
    }
  });

  it('take the stored name of a published metric for it', () => {
    expect(parse({ sort: 'volumeUsd' }).sort).toBe('volume');
    expect(parse({ filter: 'maxDrawdown::0.2' }).filter).toEqual([{ metric: 'drawdown', most: 0.2 }]);
  });

  it('take the metrics that items shall carry, each once, in one order, without those of every answer', () => {
    expect(parse({ metrics: 'calmar,sortino,winRate,calmar,volumeUsd' }).metrics).toEqual(
      FURTHER_METRICS.filter((metric) => metric === 'calmar' || metric === 'sortino'),
    );
    expect(parse({ metrics: METRIC_NAMES.join() }).metrics).toEqual(FURTHER_METRICS);
  });

  it('refuse what is no metric with the nearest', () => {
    expect(problem({ sort: 'sortinoo' })).toMatch(/^sort: "sortinoo" is no metric; the nearest is sortino/);
    expect(problem({ filter: 'winrate:1:' })).toMatch(/^filter: "winrate" .* nearest is winRate/);
    expect(problem({ metrics: 'skew,kurtosis' })).toMatch(/^metrics: "kurtosis" .* excessKurtosis/);
    expect(problem({ metrics: '' })).toMatch(/^metrics: "" is no metric/);
  });

  it('refuse more filters by metrics that have to be read than are allowed', () => {
    const filters = (count: number) =>
      [...FURTHER_METRICS.slice(0, count), 'winRate', 'volume'].map((metric) => `${metric}:0:`).join();
    expect(problem({ filter: filters(8) })).toBe('none');
    expect(problem({ filter: filters(9) })).toMatch(/names 9 metrics .* at most 8/);
    expect(problem({ filter: Array(9).fill('sortino:0:').join() })).toBe('none');
  });
});
