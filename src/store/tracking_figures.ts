/** Figures of tracking as a whole, for metrics; read about once a minute. */
import type { Queryable } from './database.ts';

export interface SweepFigures {
  /** Traders that were audited at least once, and that never were. */
  readonly tracked: number;
  readonly never: number;
  /** Time of the last audit, ms: of the trader audited longest ago, and of the one that 95 % are newer than. */
  readonly oldestAt: number | null;
  readonly p95At: number | null;
  /** Traders whose last turn brought nothing. */
  readonly failing: number;
  /** Polls asked for before the rotation. */
  readonly requests: number;
}

/** Reads the rows of the slowest twentieth through an index. */
export async function readSweepFigures(db: Queryable): Promise<SweepFigures> {
  const { rows } = await db.query<SweepFigures>(
    `WITH counted AS (
       SELECT count(*) AS tracked, min(last_tracked_at) AS oldest FROM traders WHERE last_tracked_at IS NOT NULL)
     SELECT tracked, (SELECT count(*) FROM traders) - tracked AS never, oldest AS "oldestAt",
       (SELECT last_tracked_at FROM traders WHERE last_tracked_at IS NOT NULL ORDER BY last_tracked_at
        OFFSET (SELECT tracked / 20 FROM counted) LIMIT 1) AS "p95At",
       (SELECT count(*) FROM tracking_turns WHERE failures > 0) AS failing,
       (SELECT count(*) FROM poll_requests) AS requests
     FROM counted`,
  );
  return rows[0] ?? { tracked: 0, never: 0, oldestAt: null, p95At: null, failing: 0, requests: 0 };
}

/** Runs of tasks begun since a time (ms), by outcome; `unfinished` also of workers that died. */
export async function countTaskRuns(
  db: Queryable,
  since: number,
): Promise<{ readonly task: string; readonly outcome: string; readonly runs: number }[]> {
  const { rows } = await db.query<{ task: string; outcome: string; runs: number }>(
    `SELECT task, coalesce(outcome, 'unfinished') AS outcome, count(*) AS runs FROM task_runs
     WHERE started_at > $1 GROUP BY 1, 2`,
    [since],
  );
  return rows;
}
