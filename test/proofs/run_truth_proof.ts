/**
 * The position book against the simulated venue at full length, a command of its own:
 *   node --import tsx test/proofs/run_truth_proof.ts [seeds=20] [hours=24] [orders of a taker in a day=4000] [first seed=0]
 * One line of JSON per seed; every third seed has a clock that is an hour behind the venue's, every third one ahead.
 */
import { startProofDatabases } from './proof_database.ts';
import { proveTruth } from './truth_proof.ts';

const [seeds = 20, hours = 24, actsPerDay = 4_000, first = 0] = process.argv.slice(2).map(Number);
const HOUR_MS = 3_600_000;
const databases = await startProofDatabases();
let trades = 0;
try {
  for (let seed = first; seed < first + seeds; seed++) {
    const { database, close } = await databases.open(`truth_${seed}`);
    const began = performance.now();
    const report = await proveTruth({
      database,
      seed: `truth/${seed}`,
      hours,
      faults: { dropped: 0.01, duplicated: 0.01, late: 0.01, malformed: 0.0002 },
      actsPerDay,
      clockSkewMs: [0, -HOUR_MS, HOUR_MS][seed % 3] ?? 0,
      flushEveryMs: 10_000,
    });
    trades += report.trades;
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stdout.write(`${JSON.stringify({ ...report, seconds })}\n`);
    await close();
  }
  process.stdout.write(
    `${seeds} seeds of ${hours} hours, ${trades} trades: no exact mark on a wrong position\n`,
  );
} finally {
  await databases.stop();
}
