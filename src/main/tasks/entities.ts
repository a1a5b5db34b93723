/** Task `find-entities`: wallets that belong together, hedges and rings among them. */
import { defineTask, handleTask } from '../../jobs/task.ts';
import { type EntitiesReport, findEntities } from '../../ranking/find_entities.ts';
import type { TaskPlug } from './task_plug.ts';

const EVERY_MS = 2 * 60_000;

const task = defineTask<Record<string, never>, EntitiesReport>({
  name: 'find-entities',
  queue: 'ranking',
  deadlineMs: EVERY_MS,
  everyMs: EVERY_MS,
});

export const planEntities: TaskPlug = () => ({
  task,
  handler: ({ database, clock }) => handleTask(task, () => findEntities(database, clock)),
});
