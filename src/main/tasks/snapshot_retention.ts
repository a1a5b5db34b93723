/** Task `drop-old-snapshots`: account snapshots are kept for SNAPSHOTS_RETENTION_DAYS. */
import { defineTask, handleTask } from '../../jobs/task.ts';
import { dropSnapshotsBefore } from '../../store/tracking_results.ts';
import type { TaskPlug } from './task_plug.ts';

const DAY_MS = 86_400_000;

const task = defineTask<Record<string, never>, { readonly dropped: readonly string[] }>({
  name: 'drop-old-snapshots',
  deadlineMs: 5 * 60_000,
  everyMs: 60 * 60_000,
});

export const planSnapshotRetention: TaskPlug = (config) => ({
  task,
  handler: ({ database, clock }) =>
    handleTask(task, async () => ({
      dropped: await dropSnapshotsBefore(database, clock.now() - config.SNAPSHOTS_RETENTION_DAYS * DAY_MS),
    })),
});
