/**
 * The tasks of the queue: data. The scheduler makes those with an interval run by themselves, a worker runs them.
 * To add one: a file here that exports a TaskPlug, and one line in TASKS.
 */
import { planRetention } from './retention.ts';
import type { PlannedTask, TaskPlug, TaskSettings } from './task_plug.ts';

const TASKS: readonly TaskPlug[] = [planRetention];

export const plannedTasks = (config: TaskSettings): PlannedTask[] => TASKS.map((plan) => plan(config));
