import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/domain/metrics/day.ts';
import { exposureMetrics, seriesMetrics, tradeMetrics } from '../../src/domain/metrics/trader_metrics.ts';
import { windowOf } from '../../src/domain/metrics/window.ts';
import { copySeries, DEFAULT_COPY_TERMS } from '../../src/ranking/copy_returns.ts';
import { compare, compareColumns, incremental, randomLog, rebuilt, timeOf } from './rebuild.ts';

describe('incremental metrics equal a rebuild from the log', () => {
  it.each(['a', 'b', 'c'])(
    'seed %s, 15,000 events with 15 restarts (the benchmark runs a million)',
    (seed) => {
      const log = randomLog(seed, 15_000);
      const { days } = incremental(log, 1_000);
      expect(compare(days, rebuilt(log))).toEqual([]);
      const straight = incremental(log, Number.POSITIVE_INFINITY).days;
      expect(compareColumns(days, straight)).toEqual([]);
      // Nearly every column is at work in it.
      const [row] = straight.values();
      expect(Object.values(row ?? {}).filter((value) => value === 0 || value === null).length).toBeLessThan(
        8,
      );
    },
  );
  it('publishes the same whether it was stored and loaded on the way or not', () => {
    const log = randomLog('e', 8_000);
    const of = (every: number) => {
      const history = incremental(log, every);
      const window = windowOf(history, Number.NEGATIVE_INFINITY, Math.max(...history.days.keys()));
      return { ...tradeMetrics(window), ...seriesMetrics(window), ...exposureMetrics(window) };
    };
    const want = of(Number.POSITIVE_INFINITY);
    for (const [name, { value, absent, n }] of Object.entries(of(300))) {
      const other = want[name as keyof typeof want];
      expect({ name, absent, n }).toEqual({ name, absent: other.absent, n: other.n });
      // Notionals are added up anew when a record is loaded.
      expect({ name, value }).toEqual({
        name,
        value: value === null ? null : expect.closeTo(other.value ?? 0, 9),
      });
    }
  });
  it('notices a lost event', () => {
    const log = randomLog('d', 2_000);
    expect(compare(incremental(log.slice(0, -3), 500).days, rebuilt(log))).not.toEqual([]);
  });
});

describe('the future', () => {
  it('cut off or not changes nothing in a window that ended before it', () => {
    const log = randomLog('future', 25_000);
    const whole = incremental(log, 1_000);
    const last = Math.max(...whole.days.keys());
    const first = Math.min(...whole.days.keys());
    expect(last - first).toBeGreaterThan(2);
    for (let day = first + 1; day < last; day++) {
      const past = log.filter((event) => timeOf(event) <= (day + 1) * DAY_MS);
      // How long something was held is noted by the event after it: the day that was cut is not whole.
      const cut = incremental(past, 1_000);
      const from = Number.NEGATIVE_INFINITY;
      const [then, later] = [windowOf(cut, from, day - 1), windowOf(whole, from, day - 1)];
      expect(later).toEqual(then);
      const published = (window: typeof then) => [
        tradeMetrics(window),
        seriesMetrics(window),
        exposureMetrics(window),
        copySeries(window, DEFAULT_COPY_TERMS),
      ];
      expect(published(later)).toEqual(published(then));
    }
  });
});
