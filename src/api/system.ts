/** The System page's numbers. They read more than the statistics do, so one look serves everybody for a while. */
import type { Sweep, System } from '../contract/system.ts';
import { coinSymbol } from '../domain/coin.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Queryable } from '../store/database.ts';
import {
  readAuditCounts,
  readDrift,
  readFeedGaps,
  readKnownShares,
  readSweep,
  type SweepView,
} from '../store/read_system.ts';
import { readLastTaskRuns } from '../store/task_runs.ts';
import { numberCell, unknownCell } from './cells.ts';
import { figuresOf } from './figures.ts';
import { isFresh, reportedQueues } from './reported.ts';
import type { StatsCollector } from './stats.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Upper bounds of the bins of audit ages, ms; a last, open bin follows. */
const AGE_BOUNDS = [
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
];
const LIST_LENGTH = 50;
/** Sweep and shares read whole indexes. */
const SLOW_TTL_MS = 30_000;

/** Runs `make` again only when its last result is older than `ttlMs`; callers meanwhile share one run. */
export function cached<T>(clock: Clock, ttlMs: number, make: () => Promise<T>): () => Promise<T> {
  let value: { readonly result: Promise<T>; readonly until: number } | undefined;
  return () => {
    const now = clock.monotonic();
    if (value !== undefined && now < value.until) return value.result;
    const result = make();
    const fresh = { result, until: now + ttlMs };
    value = fresh;
    // A failure is not kept: the next caller tries again.
    result.catch(() => {
      if (value === fresh) value = undefined;
    });
    return result;
  };
}

export interface SystemOptions {
  readonly db: Queryable;
  readonly clock: Clock;
  readonly stats: StatsCollector;
}

/** The bin's upper bound that 95 % of the tracked traders are within. */
function p95(view: SweepView) {
  if (view.tracked === 0) return unknownCell('no trader has been audited yet');
  let sum = 0;
  for (const [index, bound] of AGE_BOUNDS.entries()) {
    sum += view.bins[index] ?? 0;
    if (sum >= view.tracked * 0.95) return numberCell(bound, 0, { n: view.tracked });
  }
  return unknownCell('more than 5 % were audited longer ago than 7 days');
}

function sweepOf(view: SweepView, now: number): Sweep {
  return {
    tracked: view.tracked,
    never: view.never,
    oldestAt: view.oldestAt,
    p95AgeMs: p95(view),
    ages: view.bins.map((traders, index) => ({ upToMs: AGE_BOUNDS[index] ?? null, traders })),
    waiting: view.waiting,
    asOf: now,
  };
}

/** Everything of the answer that reads little: asked anew each time, but not more often than once a second. */
async function quickParts(db: Queryable, now: number) {
  const [tasks, gaps, drift] = await Promise.all([
    readLastTaskRuns(db, now),
    readFeedGaps(db, LIST_LENGTH),
    readDrift(db, LIST_LENGTH),
  ]);
  return {
    tasks: tasks.map(({ runId: _run, jobId: _job, deadlineAt: _deadline, finishedAt: _end, ...run }) => run),
    gaps: gaps.map((gap) => ({
      coin: coinSymbol(gap),
      from: gap.from_time,
      to: gap.to_time,
      reason: gap.reason,
      recordedAt: gap.recorded_at,
    })),
    drift: drift.map((record) => ({
      trader: `0x${record.address.toString('hex')}`,
      coin: coinSymbol(record),
      bookSize: record.book_size,
      venueSize: record.venue_size,
      known: record.known,
      cause: record.cause,
      at: record.state_time,
      recordedAt: record.recorded_at,
    })),
  };
}

async function slowParts(db: Queryable, now: number) {
  const [sweep, known, counts] = await Promise.all([
    readSweep(db, now, AGE_BOUNDS),
    readKnownShares(db),
    readAuditCounts(db, now - DAY),
  ]);
  return {
    sweep: sweepOf(sweep, now),
    known,
    audits: {
      lastDay: counts.audits,
      driftLastDay: counts.drift,
      driftPer100k:
        counts.audits === 0
          ? unknownCell('no audit in the last 24 hours')
          : numberCell((counts.drift * 100_000) / counts.audits, 2, { n: counts.audits }),
    },
  };
}

/** @returns a function that gives the System page's numbers. */
export function systemReader({ db, clock, stats }: SystemOptions): () => Promise<System> {
  const slow = cached(clock, SLOW_TTL_MS, () => slowParts(db, clock.now()));
  return cached(clock, 1_000, async () => {
    const [quick, rest] = await Promise.all([quickParts(db, clock.now()), slow()]);
    const fresh = stats.beats.filter((beat) => isFresh(beat, clock.now()));
    return {
      serverTime: clock.now(),
      weight: stats.current?.weight ?? [],
      figures: figuresOf(stats.recent, fresh, clock.monotonic()),
      queues: reportedQueues(stats.beats, clock.now()),
      ...quick,
      ...rest,
    };
  });
}
