/** Task `backfill-history`: reads the past of the traders most worth it, in the history lane of the weight budget. */
import { defineTask, handleTask } from '../../jobs/task.ts';
import { type BackfillReport, backfill } from '../../ranking/backfill.ts';
import { rankingParts } from './ranking_parts.ts';
import type { TaskPlug } from './task_plug.ts';

/** It works until its end if there is work, so this is only how soon a new trader is noticed when there was none. */
const EVERY_MS = 30_000;
/** The last answer of the venue, and the last write. */
const MARGIN_MS = 2_000;
const TRADERS_AT_A_TIME = 4;

const task = defineTask<Record<string, never>, BackfillReport>({
  name: 'backfill-history',
  queue: 'history',
  deadlineMs: EVERY_MS,
  everyMs: EVERY_MS,
});

export const planHistory: TaskPlug = () => ({
  task,
  handler: (environment) =>
    handleTask(task, async (_payload, { signal, deadlineAt }) => {
      const { database, info, clock, log } = environment;
      const end = new AbortController();
      const timer = clock.after(Math.max(0, deadlineAt - MARGIN_MS - clock.now()), () => end.abort(), {
        background: true,
      });
      try {
        return await backfill(
          {
            database,
            info,
            prices: rankingParts(environment).prices,
            clock,
            log,
            concurrency: TRADERS_AT_A_TIME,
          },
          AbortSignal.any([signal, end.signal]),
        );
      } finally {
        timer.cancel();
      }
    }),
});
