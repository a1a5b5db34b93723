/**
 * The long proof of the population's past, a command of its own:
 *   node --import tsx test/proofs/run_population_proof.ts [seeds=20] [traders=2000] [days=90] [first=1]
 * Each seed of the default world: see population_proof.ts for what must hold.
 */
import { DEFAULT_POPULATION, populatedWorld } from '../../src/simulator/population/populated_world.ts';
import { COIN_SEEDS } from '../../src/simulator/venue/coin_table.ts';
import { provePast } from './population_proof.ts';

const START = Date.UTC(2026, 2, 10, 7, 23);
const seeds = Number(process.argv[2] ?? 20);
const traders = Number(process.argv[3] ?? DEFAULT_POPULATION.traders);
const days = Number(process.argv[4] ?? DEFAULT_POPULATION.days);
const first = Number(process.argv[5] ?? 1);
const say = (line: string) => process.stdout.write(`${line}\n`);

const totals: Record<string, number> = {};
for (let seed = first; seed < first + seeds; seed++) {
  const opened = populatedWorld({ seed: `past-${seed}`, startTime: START }, { traders, days });
  const figures = provePast(opened, COIN_SEEDS);
  for (const [name, value] of Object.entries(figures)) totals[name] = (totals[name] ?? 0) + value;
  say(`seed ${seed}: ${JSON.stringify(figures)}`);
}
say(`${seeds} seeds of ${traders} traders and ${days} days, no breach: ${JSON.stringify(totals)}`);
