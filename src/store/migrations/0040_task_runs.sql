-- History of queue tasks: one row per attempt. Times are ms since the Unix epoch, UTC.
CREATE TABLE task_runs (
  run_id int8 GENERATED ALWAYS AS IDENTITY,
  task text NOT NULL,
  job_id text NOT NULL,
  -- 1 for the first attempt of a job.
  attempt int4 NOT NULL,
  worker text NOT NULL,
  started_at int8 NOT NULL,
  -- A run without an end beyond this time died with its worker.
  deadline_at int8 NOT NULL,
  finished_at int8,
  outcome text CHECK (outcome IN ('succeeded', 'failed', 'timed_out', 'stopped')),
  result jsonb,
  error text,
  PRIMARY KEY (run_id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX task_runs_by_task ON task_runs (task, started_at DESC);
SELECT register_day_partitions('task_runs');
