/** The past of the default world: how fast it is written, how long until the world begins, what it occupies. */

import { DEFAULT_POPULATION, populatedWorld } from '../../src/simulator/population/populated_world.ts';
import { COIN_SEEDS } from '../../src/simulator/venue/coin_table.ts';
import type { BenchResult } from '../result.ts';

const END = Date.UTC(2026, 0, 5);

export function populationHistory(say: (text: string) => void): BenchResult[] {
  const before = process.cpuUsage();
  const started = performance.now();
  const { past, world } = populatedWorld(
    { seed: 'bench', startTime: END, coins: COIN_SEEDS },
    DEFAULT_POPULATION,
  );
  const wall = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6;
  // Both sides of every trade are fills of somebody.
  const fills = 2 * past.rows.length;
  const bytes = process.memoryUsage().rss;
  if (world.venue.conservation().difference !== 0n) throw new Error('the past lost money');
  say(`a past of ${fills} fills in ${cpu.toFixed(1)} CPU s, ${wall.toFixed(1)} s by the wall clock`);
  return [
    {
      name: 'history written and installed, one core',
      value: Math.round(fills / cpu),
      unit: 'fills/CPU s',
      target: '>= 300000',
    },
    { name: 'default world ready', value: Number(cpu.toFixed(1)), unit: 'CPU s', target: '< 10' },
    { name: 'the same by the wall clock', value: Number(wall.toFixed(1)), unit: 's' },
    { name: 'memory of the process then', value: Math.round(bytes / 2 ** 20), unit: 'MiB', target: '< 1536' },
  ];
}
