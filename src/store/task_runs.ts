/** History of queue tasks: what ran when, for how long, and what came of it. */
import type { Database, Queryable } from './database.ts';
import { dropPartitionsBefore, ensureDayPartitions, utcDay } from './partitions.ts';

const TABLE = 'task_runs';

/** `lost`: its worker died; the queue gave the job to another. */
export type TaskOutcome = 'succeeded' | 'failed' | 'timed_out' | 'stopped';

export interface TaskRunStart {
  readonly task: string;
  readonly jobId: string;
  /** 1 for the first attempt of a job. */
  readonly attempt: number;
  readonly worker: string;
  /** ms */
  readonly startedAt: number;
  /** ms */
  readonly deadlineAt: number;
}

export interface TaskRunEnd {
  /** ms */
  readonly finishedAt: number;
  readonly outcome: TaskOutcome;
  /** What the task returned: a small summary, JSON. */
  readonly result?: unknown;
  readonly error?: string;
}

/** Identifies one run. */
export interface TaskRunId {
  readonly runId: number;
  readonly startedAt: number;
}

export async function beginTaskRun(database: Database, start: TaskRunStart): Promise<TaskRunId> {
  await ensureDayPartitions(database, TABLE, [utcDay(start.startedAt)]);
  const { rows } = await database.query<{ run_id: number }>(
    `INSERT INTO task_runs (task, job_id, attempt, worker, started_at, deadline_at)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING run_id`,
    [start.task, start.jobId, start.attempt, start.worker, start.startedAt, start.deadlineAt],
  );
  return { runId: rows[0]?.run_id ?? 0, startedAt: start.startedAt };
}

export async function endTaskRun(database: Queryable, id: TaskRunId, end: TaskRunEnd): Promise<void> {
  await database.query(
    `UPDATE task_runs SET finished_at = $3, outcome = $4, result = $5, error = $6
     WHERE run_id = $1 AND started_at = $2`,
    [
      id.runId,
      id.startedAt,
      end.finishedAt,
      end.outcome,
      end.result === undefined ? null : JSON.stringify(end.result),
      end.error ?? null,
    ],
  );
}

export interface TaskRun extends TaskRunStart {
  readonly runId: number;
  /** ms; null while it runs, and for a run whose worker died. */
  readonly finishedAt: number | null;
  /** ms */
  readonly durationMs: number | null;
  readonly outcome: TaskOutcome | 'running' | 'lost';
  readonly result: unknown;
  readonly error: string | null;
}

interface TaskRunRow {
  run_id: number;
  task: string;
  job_id: string;
  attempt: number;
  worker: string;
  started_at: number;
  deadline_at: number;
  finished_at: number | null;
  outcome: TaskOutcome | null;
  result: unknown;
  error: string | null;
}

/** A worker may end a run a little after its deadline. */
const LOST_AFTER_MS = 30_000;

const toTaskRun = (row: TaskRunRow, nowMs: number): TaskRun => ({
  runId: row.run_id,
  task: row.task,
  jobId: row.job_id,
  attempt: row.attempt,
  worker: row.worker,
  startedAt: row.started_at,
  deadlineAt: row.deadline_at,
  finishedAt: row.finished_at,
  durationMs: row.finished_at === null ? null : row.finished_at - row.started_at,
  outcome: row.outcome ?? (nowMs > row.deadline_at + LOST_AFTER_MS ? 'lost' : 'running'),
  result: row.result,
  error: row.error,
});

/** The last run of each task that ran within the last week, by name. */
export async function readLastTaskRuns(database: Queryable, nowMs: number): Promise<TaskRun[]> {
  const { rows } = await database.query<TaskRunRow>(
    'SELECT DISTINCT ON (task) * FROM task_runs WHERE started_at > $1 ORDER BY task, started_at DESC, run_id DESC',
    [nowMs - 7 * 86_400_000],
  );
  return rows.map((row) => toTaskRun(row, nowMs));
}

/** Runs of one task, newest first. */
export async function readTaskRuns(
  database: Queryable,
  query: { readonly task: string; readonly limit: number; readonly nowMs: number },
): Promise<TaskRun[]> {
  const { rows } = await database.query<TaskRunRow>(
    'SELECT * FROM task_runs WHERE task = $1 ORDER BY started_at DESC, run_id DESC LIMIT $2',
    [query.task, query.limit],
  );
  return rows.map((row) => toTaskRun(row, query.nowMs));
}

/** Retention. */
export const dropTaskRunsBefore = (database: Database, beforeMs: number): Promise<string[]> =>
  dropPartitionsBefore(database, TABLE, beforeMs);
