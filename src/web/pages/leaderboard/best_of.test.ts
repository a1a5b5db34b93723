import { expect, it } from 'vitest';
import { METRIC_NAMES, METRICS } from '../../../domain/board_metrics.ts';
import { bestOf } from './best_of.ts';

it('takes the least of every risk for the best, unless it is told as a loss', () => {
  for (const metric of METRIC_NAMES) {
    const { group, kind } = METRICS[metric];
    if (group !== 'Risk') continue;
    const [safe, risky] = kind === 'return' ? [-0.01, -0.2] : [0.1, 0.4];
    expect({ metric, best: bestOf(metric, [risky, safe, null]) }).toEqual({ metric, best: safe });
  }
});

it('takes the most of what is earned, and nothing where all are alike or neither more nor less is better', () => {
  expect(bestOf('copyReturn', [0.1, 0.3])).toBe(0.3);
  expect(bestOf('copyReturn', [0.3, 0.3])).toBeNull();
  expect(bestOf('copyReturn', [0.3, null])).toBeNull();
  expect(bestOf('leverage', [1, 3])).toBeNull();
});
