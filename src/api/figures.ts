/** What the services measured of themselves lately, as the System page shows it. */
import { z } from 'zod';
import type { Figures } from '../contract/system.ts';
import type { Cell } from '../contract/values.ts';
import type { ServiceHeartbeat } from '../store/service_heartbeats.ts';
import { numberCell, partialCell, unknownCell } from './cells.ts';
import { quantileOf, type RecentMetrics } from './recent_metrics.ts';

const MINUTE = 60_000;
const LAG_WINDOW_MS = 5 * MINUTE;
const HOUR = 60 * MINUTE;
const NO_REPORT = 'no service reports it';

/** Of a window that was only partly watched, what is known is less than what happened. */
function covering(cell: Cell, recent: RecentMetrics, windowMs: number, now: number): Cell {
  const covered = recent.covered(windowMs, now);
  if (covered >= windowMs * 0.98) return cell;
  const minutes = Math.floor(covered / MINUTE);
  const span = minutes < 2 ? `${Math.round(covered / 1000)} s` : `${minutes} min`;
  return partialCell(cell, `watched for the last ${span} only`);
}

function quantiles(recent: RecentMetrics, metric: string, now: number) {
  const buckets = recent.grown(metric, LAG_WINDOW_MS, now);
  const at = (q: number): Cell => {
    if (!recent.isReported(metric)) return unknownCell(NO_REPORT);
    const found = quantileOf(buckets, q);
    if (found === undefined) return unknownCell('nothing was measured in the last five minutes');
    const cell = numberCell(found.value * 1000, 0, { n: found.n });
    return found.beyond ? partialCell(cell, 'beyond the longest time that is told apart') : cell;
  };
  return { p50: at(0.5), p99: at(0.99) };
}

const total = (grown: ReadonlyMap<string, number>): number =>
  [...grown.values()].reduce((sum, one) => sum + one, 0);

function changesPerSecond(recent: RecentMetrics, now: number): Cell {
  const metric = 'autotrade_position_changes_total';
  const covered = recent.covered(MINUTE, now);
  if (!recent.isReported(metric) || covered < 5_000) return unknownCell(NO_REPORT);
  return numberCell((total(recent.grown(metric, MINUTE, now)) * 1000) / covered, 1);
}

function tracking(recent: RecentMetrics, now: number): Figures['tracking'] {
  const metric = 'autotrade_tracking_polls_total';
  if (!recent.isReported(metric))
    return { polls: unknownCell(NO_REPORT), successRate: unknownCell(NO_REPORT) };
  const grown = recent.grown(metric, HOUR, now);
  const polls = total(grown);
  const rate = numberCell((grown.get('ok') ?? 0) / polls, 4, { n: polls });
  return {
    polls: covering(numberCell(polls, 0), recent, HOUR, now),
    successRate: polls === 0 ? unknownCell('no poll in the last hour') : covering(rate, recent, HOUR, now),
  };
}

function refused(recent: RecentMetrics, now: number): Cell {
  const metric = 'autotrade_venue_requests_total';
  if (!recent.isReported(metric)) return unknownCell(NO_REPORT);
  const count = recent.grown(metric, HOUR, now).get('VENUE_RATE_LIMITED') ?? 0;
  return covering(numberCell(count, 0), recent, HOUR, now);
}

const bookSchema = z.object({ open: z.number(), positions: z.number() });

/** The active stream's word on its position book. */
function book(fresh: readonly ServiceHeartbeat[]): Figures['book'] {
  for (const beat of fresh) {
    if (beat.role !== 'stream') continue;
    const parsed = bookSchema.safeParse(beat.detail['book']);
    if (parsed.success) {
      return { pairs: numberCell(parsed.data.positions, 0), open: numberCell(parsed.data.open, 0) };
    }
  }
  return { pairs: unknownCell(NO_REPORT), open: unknownCell(NO_REPORT) };
}

/** @param fresh heartbeats that still count; @param now monotonic ms, as `recent` was told. */
export const figuresOf = (
  recent: RecentMetrics,
  fresh: readonly ServiceHeartbeat[],
  now: number,
): Figures => ({
  lag: {
    commit: quantiles(recent, 'autotrade_trade_commit_lag_seconds', now),
    send: quantiles(recent, 'autotrade_change_commit_to_send_seconds', now),
    total: quantiles(recent, 'autotrade_change_exchange_to_send_seconds', now),
  },
  changesPerSecond: changesPerSecond(recent, now),
  tracking: tracking(recent, now),
  refused: refused(recent, now),
  book: book(fresh),
});
