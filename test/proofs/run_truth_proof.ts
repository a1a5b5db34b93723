/**
 * The position book against the simulated venue at full length, a command of its own:
 *   node --import tsx test/proofs/run_truth_proof.ts [seeds=20] [hours=24] [first seed=0] [results=data/truth.ndjson]
 * One line of JSON per seed, appended to the file of results: seeds that are there already are not run again, so that
 * a run that was stopped goes on where it was, and two can share the seeds. Every third seed has a clock that is an
 * hour behind the venue's, every third one ahead.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { MemoryStore } from './memory_store.ts';
import { proveTruth, type TruthReport } from './truth_proof.ts';

const HOUR_MS = 3_600_000;
const [seeds = '20', hours = '24', first = '0', results = 'data/truth.ndjson'] = process.argv.slice(2);

interface Result extends TruthReport {
  readonly hours: number;
}

const readResults = (): Result[] =>
  existsSync(results)
    ? readFileSync(results, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Result)
        .filter((one) => one.hours === Number(hours))
    : [];

mkdirSync(dirname(results), { recursive: true });
for (let n = Number(first); n < Number(first) + Number(seeds); n++) {
  const seed = `truth/${n}`;
  if (readResults().some((one) => one.seed === seed)) continue;
  const before = process.cpuUsage();
  const report = await proveTruth({
    store: new MemoryStore(),
    seed,
    hours: Number(hours),
    faults: { dropped: 0.01, duplicated: 0.01, late: 0.01, malformed: 0.0004 },
    actsPerDay: 300,
    turnsPerDay: 82_000,
    clockSkewMs: [0, -HOUR_MS, HOUR_MS][n % 3] ?? 0,
    flushEveryMs: 10_000,
  });
  const { user, system } = process.cpuUsage(before);
  const line = JSON.stringify({
    hours: Number(hours),
    ...report,
    cpuSeconds: Math.round((user + system) / 1e6),
  });
  appendFileSync(results, `${line}\n`);
  process.stdout.write(`${line}\n`);
}
const done = readResults();
const sum = (of: (one: Result) => number) => done.reduce((total, one) => total + of(one), 0);
process.stdout.write(
  `${done.length} seeds of ${hours} hours, ${sum((one) => one.trades)} trades, ${sum((one) => one.compared)} exact marks ` +
    'compared: none on a wrong position\n',
);
