/**
 * Tasks `calculate-leaderboard` (every LEADERBOARD_INTERVAL_SECONDS: the prior, every score, everybody's rank noted) and
 * `refresh-leaderboard` (traders whose record has changed). Both end at once when no record has.
 */
import { defineTask, handleTask, type TaskSpec } from '../../jobs/task.ts';
import type { CalculationReport } from '../../ranking/calculator.ts';
import { dropRanksBefore } from '../../store/rank_history.ts';
import { rankingParts } from './ranking_parts.ts';
import type { TaskEnvironment, TaskPlug } from './task_plug.ts';

/** Costs two small queries when nothing has changed. */
const REFRESH_EVERY_MS = 15_000;
const RANKS_KEPT_MS = 400 * 86_400_000;

type BoardTask = TaskSpec<Record<string, never>, CalculationReport>;

const fullTask = (everyMs: number): BoardTask =>
  defineTask({ name: 'calculate-leaderboard', queue: 'ranking', deadlineMs: everyMs, everyMs });

const refreshTask: BoardTask = defineTask({
  name: 'refresh-leaderboard',
  queue: 'ranking',
  deadlineMs: REFRESH_EVERY_MS,
  everyMs: REFRESH_EVERY_MS,
});

const calculate = (environment: TaskEnvironment, task: BoardTask, full: boolean) =>
  handleTask(task, async (_payload, { signal }) => {
    const { calculator, coins } = rankingParts(environment);
    if (full) await dropRanksBefore(environment.database, environment.clock.now() - RANKS_KEPT_MS);
    return calculator.run(full, await coins(), signal);
  });

export const planLeaderboard: TaskPlug = ({ LEADERBOARD_INTERVAL_SECONDS }) => {
  const task = fullTask(LEADERBOARD_INTERVAL_SECONDS * 1_000);
  return [
    { task, handler: (environment) => calculate(environment, task, true) },
    { task: refreshTask, handler: (environment) => calculate(environment, refreshTask, false) },
  ];
};
