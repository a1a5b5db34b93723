/** Task `backfill-history`: reads the past of the traders most worth it, in the history lane of the weight budget. */
import { defineTask, handleTask } from '../../jobs/task.ts';
import { type BackfillReport, backfill } from '../../ranking/backfill.ts';
import { rankingParts } from './ranking_parts.ts';
import type { TaskPlug } from './task_plug.ts';

/** It is always at work: it looks for new traders until its end, then the next run goes on. */
const EVERY_MS = 60_000;
const LOOK_AGAIN_MS = 1_000;
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
      const until = AbortSignal.any([signal, end.signal]);
      const prices = rankingParts(environment).prices;
      const total: BackfillReport = { wanted: 0, read: 0, putOff: 0, failed: 0, fills: 0 };
      try {
        while (!until.aborted) {
          const options = { database, info, prices, clock, log, concurrency: TRADERS_AT_A_TIME };
          const report = await backfill(options, until);
          for (const name of ['wanted', 'read', 'putOff', 'failed', 'fills'] as const)
            total[name] += report[name];
          await clock.sleep(LOOK_AGAIN_MS, until).catch(() => undefined);
        }
        return total;
      } finally {
        timer.cancel();
      }
    }),
});
