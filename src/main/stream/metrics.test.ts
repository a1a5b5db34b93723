import { expect, test } from 'vitest';
import { StreamMetrics } from './metrics.ts';

const NOW = 1_780_000_000_000;
const nothing = { count: 0 };

test('what was traded before the stream began is no delay of ours', () => {
  const metrics = new StreamMetrics(() => undefined, {}, NOW);
  const batch = { trades: nothing, newTraders: nothing, changes: nothing, gaps: [] };
  const lags = [
    { time: NOW - 3_600_000, receivedAt: NOW + 900 },
    { time: NOW + 800, receivedAt: NOW + 900 },
  ];
  metrics.committed(batch as never, lags, NOW + 1_000, 5);
  expect(metrics.medianLag()).toBe(200);
});
