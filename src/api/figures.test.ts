import { describe, expect, it } from 'vitest';
import type { ServiceHeartbeat } from '../store/service_heartbeats.ts';
import { figuresOf } from './figures.ts';
import { quantileOf, RecentMetrics } from './recent_metrics.ts';

const MINUTE = 60_000;

/** A heartbeat with counters "name{label}" and cumulative buckets of the commit lag. */
function beat(
  counters: readonly (readonly [name: string, outcome: string, value: number])[],
  buckets: readonly number[] = [],
  startedAt = 1,
): ServiceHeartbeat {
  const metrics: unknown[] = counters.map(([name, outcome, value]) => ({
    name,
    values: [{ value, labels: outcome === '' ? {} : { outcome } }],
  }));
  const bounds = [0.1, 0.2, '+Inf'];
  metrics.push({
    name: 'autotrade_trade_commit_lag_seconds',
    values: [
      ...buckets.map((value, index) => ({
        value,
        labels: { le: bounds[index] ?? 0 },
        metricName: 'autotrade_trade_commit_lag_seconds_bucket',
      })),
      { value: 99, labels: {}, metricName: 'autotrade_trade_commit_lag_seconds_sum' },
    ],
  });
  return {
    instance: 'one',
    role: 'stream',
    host: 'here',
    startedAt,
    detail: { book: { open: 3, positions: 7 } },
    metrics,
  } as unknown as ServiceHeartbeat;
}

const CHANGES = 'autotrade_position_changes_total';
const POLLS = 'autotrade_tracking_polls_total';
const REQUESTS = 'autotrade_venue_requests_total';

describe('figures of the last minutes', () => {
  it('says nothing of what nobody reports', () => {
    const recent = new RecentMetrics();
    recent.look([], 0);
    const { lag, changesPerSecond, tracking, refused, book } = figuresOf(recent, [], MINUTE);
    for (const cell of [
      lag.commit.p50,
      lag.total.p99,
      changesPerSecond,
      tracking.polls,
      refused,
      book.open,
    ]) {
      expect(cell).toMatchObject({ v: null, state: 'unknown' });
    }
  });

  it('counts growth since the first look, not since the start of a process', () => {
    const recent = new RecentMetrics();
    recent.look([beat([[CHANGES, '', 1_000_000]])], 0);
    recent.look([beat([[CHANGES, '', 1_000_600]])], MINUTE);
    expect(figuresOf(recent, [], MINUTE).changesPerSecond).toEqual({ v: '10.0', state: 'ok' });
  });

  it('goes on through a restart, and counts a new process from its start', () => {
    const recent = new RecentMetrics();
    recent.look([beat([[CHANGES, '', 500]], [], 1)], 0);
    recent.look([], 10_000);
    recent.look([beat([[CHANGES, '', 120]], [], 2)], MINUTE);
    expect(figuresOf(recent, [], MINUTE).changesPerSecond.v).toBe('2.0');
    // The same process again after a silence: only what came on top.
    recent.look([], MINUTE + 1);
    recent.look([beat([[CHANGES, '', 180]], [], 2)], MINUTE + 2);
    expect(recent.grown(CHANGES, MINUTE, MINUTE + 2).get('')).toBe(180);
  });

  it('forgets what lies before the window', () => {
    const recent = new RecentMetrics();
    recent.look([beat([[CHANGES, '', 0]])], 0);
    recent.look([beat([[CHANGES, '', 600]])], 5_000);
    recent.look([beat([[CHANGES, '', 600]])], 2 * MINUTE);
    expect(figuresOf(recent, [], 2 * MINUTE).changesPerSecond).toEqual({ v: '0', state: 'zero' });
  });

  it('tells the success rate and the refusals, and how much of the hour it saw', () => {
    const recent = new RecentMetrics();
    const at = (ok: number, failed: number, refused: number) =>
      beat([
        [POLLS, 'ok', ok],
        [POLLS, 'VENUE_TIMEOUT', failed],
        [REQUESTS, 'VENUE_RATE_LIMITED', refused],
      ]);
    recent.look([at(0, 0, 0)], 0);
    recent.look([at(990, 10, 2)], 12 * MINUTE);
    const early = figuresOf(recent, [], 12 * MINUTE);
    expect(early.tracking.successRate).toMatchObject({ v: '0.9900', state: 'partial', n: 1000 });
    expect(early.refused).toMatchObject({
      v: '2',
      state: 'partial',
      reason: 'watched for the last 12 min only',
    });
    recent.look([at(990, 10, 2)], 61 * MINUTE);
    expect(figuresOf(recent, [], 61 * MINUTE).refused).toEqual({ v: '2', state: 'ok' });
  });

  it('gives quantiles of the lag of the last five minutes', () => {
    const recent = new RecentMetrics();
    recent.look([beat([], [0, 0, 0])], 0);
    recent.look([beat([], [50, 90, 100])], MINUTE);
    const { p50, p99 } = figuresOf(recent, [], MINUTE).lag.commit;
    expect(p50).toEqual({ v: '100', state: 'ok', n: 100 });
    expect(p99).toMatchObject({ v: '200', state: 'partial' });
  });

  it('takes the book from the stream that has one', () => {
    const recent = new RecentMetrics();
    expect(figuresOf(recent, [beat([])], 0).book.pairs.v).toBe('7');
  });
});

it('spreads a quantile evenly within its bucket', () => {
  const buckets = new Map([
    ['0.1', 10],
    ['0.2', 20],
    ['+Inf', 20],
  ]);
  expect(quantileOf(buckets, 0.75)?.value).toBeCloseTo(0.15);
  expect(quantileOf(new Map(), 0.5)).toBeUndefined();
});
