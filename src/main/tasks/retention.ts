/** Task `retention`: what grows and is no family's own concern is dropped by age. */
import { defineTask, handleTask } from '../../jobs/task.ts';
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
}

const task = defineTask<Record<string, never>, RetentionResult>({
  name: 'retention',
  deadlineMs: 5 * 60_000,
  everyMs: 60 * 60_000,
});

export const planRetention: TaskPlug = () => ({
  task,
  handler: ({ database, clock }) =>
    handleTask(task, async () => ({
      dropped: await dropTaskRunsBefore(database, clock.now() - TASK_RUNS_KEPT_DAYS * DAY_MS),
      forgottenServices: await forgetHeartbeats(database, clock.now() - SILENT_SERVICES_KEPT_DAYS * DAY_MS),
    })),
});
