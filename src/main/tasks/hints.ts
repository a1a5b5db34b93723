/** Task `read-leaderboard-file`: whose past to read first, as the venue's own public file says. Only where it is asked for. */
import { fetchLeaderboardFile } from '../../hyperliquid/leaderboard_file.ts';
import { defineTask, handleTask } from '../../jobs/task.ts';
import { replaceHints } from '../../store/history_hints.ts';
import type { TaskPlug } from './task_plug.ts';

const EVERY_MS = 6 * 3_600_000;

const task = defineTask<Record<string, never>, { readonly accounts: number }>({
  name: 'read-leaderboard-file',
  queue: 'ranking',
  deadlineMs: 5 * 60_000,
  everyMs: EVERY_MS,
});

export const planHints: TaskPlug = ({ NETWORK: network, LEADERBOARD_FILE: asked }) => {
  if (!asked || network === 'simulator') return [];
  return {
    task,
    handler: ({ database, clock }) =>
      handleTask(task, async (_payload, { signal }) => {
        // A refusal fails the run, which the System page shows; the order then goes by what we have seen ourselves.
        const hints = await fetchLeaderboardFile(network, signal);
        await replaceHints(database, hints, clock.now());
        return { accounts: hints.length };
      }),
  };
};
