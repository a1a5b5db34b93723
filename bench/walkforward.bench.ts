/**
 * `npm run bench -- walkforward [FOLDER] [--quick]`: the ranking on fills that really happened. FOLDER holds files of
 * the venue's public archive (`node_fills_by_block`, as `.lz4` or plain lines) or JSON of `userFillsByTime`. Ranks are made fold by fold from what came before and held against what a follower would have
 * earned after. Without FOLDER it walks over an archive that the simulator writes, to show that it works: those
 * figures say nothing about real traders.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallWorldOptions } from '../src/simulator/agents/world.ts';
import { writeArchive } from '../src/simulator/population/archive.ts';
import { populatedWorld } from '../src/simulator/population/populated_world.ts';
import { readWorld } from './ranking/real/source.ts';
import { figures, printWalk, walk } from './ranking/real/walk.ts';
import type { BenchOptions, BenchResult } from './result.ts';

/** Days of a fold's outcome; folds follow one another without overlap. */
const HORIZON_DAYS = 30;
/** On the short past of a simulated archive. */
const SHORT_HORIZON_DAYS = 7;

export async function run({ quick, say, rest = [] }: BenchOptions): Promise<readonly BenchResult[]> {
  const [folder] = rest;
  if (folder !== undefined) return walkOver(folder, HORIZON_DAYS, say);
  const own = await mkdtemp(join(tmpdir(), 'walkforward-'));
  try {
    const past = quick ? { traders: 8, days: 40 } : { traders: 100, days: 90 };
    const options = smallWorldOptions('walkforward', Date.UTC(2026, 2, 10));
    const { files } = await writeArchive(populatedWorld(options, past).records, own);
    say(`the simulator wrote ${files} archive files of ${past.traders} traders over ${past.days} days`);
    return await walkOver(own, SHORT_HORIZON_DAYS, say);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function walkOver(
  folder: string,
  horizon: number,
  say: (text: string) => void,
): Promise<readonly BenchResult[]> {
  const world = await readWorld(folder, say);
  const folds = walk(world, horizon);
  say(printWalk(folds, horizon));
  return figures(folds, world);
}
