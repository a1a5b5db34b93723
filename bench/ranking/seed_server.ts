/** A child process that lives populations: one message in, one answer out. */
import { provenRows } from '../../src/ranking/evidence.ts';
import { spearman } from './evaluation.ts';
import { runExperiment } from './experiment.ts';
import type { Answer, Job } from './jobs.ts';
import { NULL } from './population.ts';
import { tableOf } from './table.ts';

function work(job: Job): Answer {
  const { seed, traders, variant, trainDays } = job;
  const options = { seed, variant, traders, trainDays };
  if (variant.name !== NULL.name)
    return { kind: 'table', table: tableOf(runExperiment(options), variant, seed) };
  const { board, subjects } = runExperiment({ ...options, costless: true });
  const rows = [...board.copyOrder.subarray(0, board.copyRanked)];
  return {
    kind: 'luck',
    badges: provenRows(board).reduce((sum, x) => sum + x, 0),
    correlation: spearman(
      rows.map((row) => board.copyScore[row] ?? 0),
      rows.map((row) => subjects[row]?.outcome ?? 0),
    ),
  };
}

process.on('message', (job: Job) => {
  process.send?.(work(job));
});
process.on('disconnect', () => process.exit(0));
