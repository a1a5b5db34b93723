/**
 * The tasks of the queue: data. The scheduler makes those with an interval run by themselves, a worker runs them.
 * To add one: a file here that exports a TaskPlug, and one line in TASKS.
 */
import { planEntities } from './entities.ts';
import { planExtension } from './extend.ts';
import { planHints } from './hints.ts';
import { planHistory } from './history.ts';
import { planLeaderboard } from './leaderboard.ts';
import { planRetention } from './retention.ts';
import { planSnapshotRetention } from './snapshot_retention.ts';
import type { PlannedTask, TaskPlug, TaskSettings } from './task_plug.ts';
import { planTracking, planTrackingShares } from './tracking.ts';

const TASKS: readonly TaskPlug[] = [
  planRetention,
  planTracking,
  planTrackingShares,
  planSnapshotRetention,
  planHistory,
  planExtension,
  planEntities,
  planHints,
  planLeaderboard,
];

export const plannedTasks = (config: TaskSettings): PlannedTask[] => TASKS.flatMap((plan) => plan(config));
