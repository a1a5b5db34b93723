/**
 * The long proof of the simulated venue, a command of its own:
 *   node --import tsx test/proofs/run_venue_proof.ts [sequences=10000] [seeds=50]
 * Random sequences against the invariants and the reference book, then every seed's world twice: equal digests.
 */
import { SimulatedWorld, smallWorldOptions } from '../../src/simulator/agents/world.ts';
import { LogHash } from '../../src/simulator/venue/log_hash.ts';
import { provePriceTime } from './price_time.ts';
import { proveSequences } from './venue_sequences.ts';

const START = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;

function digest(seed: number): string {
  const world = new SimulatedWorld(smallWorldOptions(`proof/${seed}`, START));
  const log = new LogHash();
  world.venue.onBlock(log.sink);
  world.advanceTo(START + 2 * HOUR_MS);
  return log.hex();
}

function proveDeterminism(seeds: number): void {
  const seen = new Set<string>();
  for (let seed = 0; seed < seeds; seed++) {
    const first = digest(seed);
    if (digest(seed) !== first) throw new Error(`seed ${seed} gave two different logs`);
    seen.add(first);
  }
  if (seen.size !== seeds) throw new Error('different seeds gave the same log');
}

const sequences = Number(process.argv[2] ?? 10_000);
const seeds = Number(process.argv[3] ?? 50);
const say = (line: string) => process.stdout.write(`${line}\n`);

provePriceTime(sequences);
say(`price-time priority: ${sequences} sequences as the reference book`);
proveSequences(sequences);
say(`invariants: ${sequences} sequences, no breach`);
proveDeterminism(seeds);
say(`determinism: ${seeds} seeds twice, identical digests`);
