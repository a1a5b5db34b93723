import { expect, it } from 'vitest';
import { percentileText } from './percentile.ts';

it.each([
  [97.94, 'better than 97 % of eligible traders'],
  [50, 'better than 50 % of eligible traders'],
  [99.54, 'better than 99.5 % of eligible traders'],
  [99.999, 'better than 99.9 % of eligible traders'],
  [1, 'better than 1 % of eligible traders'],
  [0.46, 'among the last 1 % of eligible traders'],
])('says %d in words', (percentile, words) => {
  expect(percentileText(percentile)).toBe(words);
});
