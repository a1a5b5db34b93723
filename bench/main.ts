/**
 * `npm run bench -- <name> [--quick]`: runs bench/<name>.bench.ts (or bench/<room>/<name>.bench.ts) and ends with one
 * line of JSON:
 *
 *   {"bench":"ingest","holds":true,"results":[{"name":"…","value":1,"unit":"trades/s","against":"…","ratio":1.9,"target":">= 2","holds":true}]}
 *
 * A bench module exports `run: RunBench` (bench/result.ts). It returns what it measured and nothing else: a figure
 * that was not measured is absent. `holds` of a figure is computed here from its `target` (`>= 2`, `<= 30`): compared
 * with `ratio` where there is one, else with `value`. With `quick`
 * it ends in under 40 s. Progress goes to `say`, never to standard output. The exit code is 0 when every target holds,
 * 1 when one does not, 2 when the bench could not run.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { benchLine, type RunBench } from './result.ts';

const SUFFIX = '.bench.ts';

/** Names and files of all benches. */
function benches(): Map<string, string> {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(SUFFIX))
    .sort();
  return new Map(files.map((path) => [basename(path, SUFFIX), join(import.meta.dirname, path)]));
}

async function load(path: string): Promise<RunBench> {
  const { run } = (await import(pathToFileURL(path).href)) as { run?: RunBench };
  if (typeof run !== 'function') throw new Error(`${path} does not export run(options)`);
  return run;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const known = benches();
  const [name = '', ...rest] = positionals;
  const path = known.get(name);
  if (path === undefined) {
    console.error(
      `Usage: npm run bench -- <name> [--quick]\nBenches: ${[...known.keys()].join(', ') || 'none yet'}`,
    );
    return 2;
  }
  const run = await load(path);
  const results = await run({ quick: values.quick, say: (text) => console.error(text), rest });
  const line = benchLine(name, results);
  for (const { name: figure, value, unit, against, ratio, target, holds } of line.results) {
    const comparison = ratio === undefined ? '' : `, ${ratio.toFixed(2)}x ${against ?? ''}`;
    const verdict = target === undefined ? '' : `  (${target}: ${holds ? 'holds' : 'DOES NOT HOLD'})`;
    console.error(`${figure}: ${value.toLocaleString('en-US')} ${unit}${comparison}${verdict}`);
  }
  console.log(JSON.stringify(line));
  return line.holds ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error);
  process.exit(2);
}
