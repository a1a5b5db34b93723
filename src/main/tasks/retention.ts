/** Task `retention`: what grows and is no family's own concern is dropped by age. */
import { defineTask, handleTask } from '../../jobs/task.ts';
import { forgetLossesBefore } from '../../store/feed_gaps.ts';
import { dropChangesBefore } from '../../store/log_retention.ts';
import { forgetHeartbeats } from '../../store/service_heartbeats.ts';
import { dropTaskRunsBefore } from '../../store/task_runs.ts';
import type { TaskPlug } from './task_plug.ts';

const DAY_MS = 86_400_000;
const TASK_RUNS_KEPT_DAYS = 30;
const SILENT_SERVICES_KEPT_DAYS = 7;

interface RetentionResult {
  /** Names of the partitions that were dropped. */
  readonly dropped: readonly string[];
  /** Rows of services that no longer exist. */
  readonly forgottenServices: number;
  /** Recorded feed gaps and drift. */
  readonly forgottenLosses: number;
}

const task = defineTask<Record<string, never>, RetentionResult>({
  name: 'retention',
  deadlineMs: 5 * 60_000,
  everyMs: 60 * 60_000,
});

export const planRetention: TaskPlug = (config) => ({
  task,
  handler: ({ database, clock }) =>
    handleTask(task, async () => {
      const daysAgo = (days: number) => clock.now() - days * DAY_MS;
      const changes = await dropChangesBefore(database, daysAgo(config.CHANGES_RETENTION_DAYS));
      const runs = await dropTaskRunsBefore(database, daysAgo(TASK_RUNS_KEPT_DAYS));
      return {
        dropped: [...changes, ...runs],
        forgottenServices: await forgetHeartbeats(database, daysAgo(SILENT_SERVICES_KEPT_DAYS)),
        forgottenLosses: await forgetLossesBefore(database, daysAgo(config.GAPS_RETENTION_DAYS)),
      };
    }),
});
