/** Task `extend-histories`: records go on with what the feed has shown, without asking the venue about anybody. */
import { defineTask, handleTask } from '../../jobs/task.ts';
import { type ExtendReport, extendRecords } from '../../ranking/extend_records.ts';
import { rankingParts } from './ranking_parts.ts';
import type { TaskPlug } from './task_plug.ts';

const EVERY_MS = 60_000;
const MARGIN_MS = 5_000;

const task = defineTask<Record<string, never>, ExtendReport>({
  name: 'extend-histories',
  queue: 'ranking',
  deadlineMs: EVERY_MS,
  everyMs: EVERY_MS,
});

export const planExtension: TaskPlug = () => ({
  task,
  handler: (environment) =>
    handleTask(task, async (_payload, { signal, deadlineAt }) => {
      const { database, clock } = environment;
      const { prices, funding, coins } = rankingParts(environment);
      const end = new AbortController();
      const timer = clock.after(Math.max(0, deadlineAt - MARGIN_MS - clock.now()), () => end.abort(), {
        background: true,
      });
      try {
        const options = { database, prices, funding, coins: await coins(), clock };
        return await extendRecords(options, AbortSignal.any([signal, end.signal]));
      } finally {
        timer.cancel();
      }
    }),
});
