import { describe, expect, it } from 'vitest';
import { smallWorldOptions } from '../../src/simulator/agents/world.ts';
import { populatedWorld } from '../../src/simulator/population/populated_world.ts';
import { provePast } from '../proofs/population_proof.ts';

const END = Date.UTC(2026, 2, 10, 7, 23);

// A small share of the long proof, of a seed in which a unified account trades the builder dex; CONTRIBUTING names the
// command that runs twenty seeds of the default world.
describe('the past of a population', { timeout: 240_000 }, () => {
  const options = smallWorldOptions('seed-3', END);
  const opened = populatedWorld(options, { traders: 250, days: 12 });
  const { world, past } = opened;

  it('is conserved, and folds to everything that the venue answers', () => {
    const figures = provePast(opened, options.coins ?? []);
    expect(figures.accounts).toBe(past.accounts.length);
    expect(figures.served).toBeGreaterThan(10_000);
    expect(figures.points).toBeGreaterThan(10_000);
    expect(figures.candles).toBeGreaterThan(50_000);
  });

  it('trades on the builder dex too, by traders whose money lies there and by unified ones', () => {
    const builder = new Set(past.market.coins.filter((coin) => coin.dex === 1).map((coin) => coin.index));
    const reach = new Set<string>();
    for (let row = 0; row < past.rows.length; row++) {
      if (!builder.has(past.rows.coin[row] as number)) continue;
      const owner = past.accounts[past.rows.owner[row] as number]?.member;
      if (owner !== undefined) reach.add(owner.kind === 'house' ? 'house' : owner.reach);
    }
    expect([...reach].sort()).toEqual(['all', 'builder', 'house']);
  });

  it('goes on from there', () => {
    const [coin] = past.market.coins;
    world.advanceTo(END + 5 * 60_000);
    expect(world.venue.conservation().difference).toBe(0n);
    const market = world.venue.state.markets[coin?.index ?? 0];
    expect(Math.abs((market?.mark ?? 0) / (coin?.ticks.at(-1) ?? 1) - 1)).toBeLessThan(0.05);
  });
});
