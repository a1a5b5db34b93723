import { describe, expect, it } from 'vitest';
import { smallWorldOptions } from '../agents/world.ts';
import { LogHash } from '../venue/log_hash.ts';
import { Foresight } from './foresight.ts';
import { populatedWorld } from './populated_world.ts';

const END = Date.UTC(2026, 2, 10, 7, 23);
const HOUR = 3_600_000;
const SIZE = { traders: 120, days: 4 };

describe('a population that lives on', { timeout: 120_000 }, () => {
  it('trades by every kind, moves money and loses none', () => {
    const { world, past } = populatedWorld(smallWorldOptions('living', END), SIZE);
    const kinds = new Map(past.accounts.map(({ member }) => [member.address, member.kind]));
    const traded = new Set<string>();
    const moved = new Set<string>();
    world.venue.onBlock((events) => {
      for (const fill of events.fills) traded.add(kinds.get(fill.user) ?? 'newcomer');
      for (const row of events.ledger) moved.add(row.delta.type);
    });
    world.advanceTo(END + 8 * HOUR);
    for (const kind of ['lucky', 'negative', 'mild', 'martingale', 'house', 'newcomer'])
      expect(traded).toContain(kind);
    expect(moved.size).toBeGreaterThan(1);
    expect(world.venue.conservation().difference).toBe(0n);
  });

  it('is the same for the same seed', () => {
    const run = (): string => {
      const { world } = populatedWorld(smallWorldOptions('living', END), { traders: 40, days: 2 });
      const log = new LogHash();
      world.venue.onBlock(log.sink);
      world.advanceTo(END + HOUR / 2);
      return log.hex();
    };
    expect(run()).toBe(run());
  });

  it('sees the fair prices that come', () => {
    const options = smallWorldOptions('seen', END);
    const { world } = populatedWorld(options, { traders: 10, days: 1 });
    const { state } = world.venue;
    const foresight = new Foresight('seen', END, options.coins ?? [], state);
    const before = state.markets.map((market) => market.oracle);
    const seen = state.markets.map((market) => foresight.move(market, END, END + HOUR));
    world.advanceTo(END + HOUR);
    state.markets.forEach((market, i) => {
      const came = market.oracle / (before[i] ?? 1) - 1;
      expect(Math.abs(came - (seen[i] ?? 0)), market.symbol).toBeLessThan(2e-3);
    });
  });
});
