import { beforeAll, describe, expect, it } from 'vitest';
import type { Address } from '../../domain/address.ts';
import { LogHash } from '../venue/log_hash.ts';
import type { BlockEvents, FillRecord } from '../venue/records.ts';
import { SimulatedWorld, smallWorldOptions } from './world.ts';

const START = Date.UTC(2026, 0, 5);
const HOUR = 3_600_000;

function digest(seed: string, hours: number): string {
  const world = new SimulatedWorld(smallWorldOptions(seed, START));
  const log = new LogHash();
  world.venue.onBlock(log.sink);
  world.advanceTo(START + hours * HOUR);
  return log.hex();
}

describe('a simulated world', () => {
  it('gives the same bytes for the same seed, others for another', { timeout: 60_000 }, () => {
    const first = digest('a', 0.1);
    expect(digest('a', 0.1)).toBe(first);
    expect(digest('b', 0.1)).not.toBe(first);
  });

  it('does not depend on how its time is cut', { timeout: 60_000 }, () => {
    const log = new LogHash();
    const world = new SimulatedWorld(smallWorldOptions('a', START));
    world.venue.onBlock(log.sink);
    for (let time = START; time <= START + 0.1 * HOUR; time += 7_777) world.advanceTo(time);
    world.advanceTo(START + 0.1 * HOUR);
    expect(log.hex()).toBe(digest('a', 0.1));
  });
});

describe('a day of the small world', () => {
  const fills: FillRecord[] = [];
  const statuses = new Set<string>();
  const blockTimes: number[] = [];
  let world: SimulatedWorld;
  let funded = 0;

  beforeAll(() => {
    world = new SimulatedWorld(smallWorldOptions('day', START));
    world.venue.onBlock((events: BlockEvents) => {
      fills.push(...events.fills);
      for (const { status } of events.orders) statuses.add(status);
      funded += events.funding.length;
      blockTimes.push(events.time);
    });
    world.advanceTo(START + 24 * HOUR);
  }, 120_000);

  it('loses no money and balances every coin', () => {
    expect(world.venue.conservation().difference).toBe(0n);
    for (const market of world.venue.state.markets) {
      let sum = 0;
      for (const account of world.venue.state.accountList)
        sum += account.positions.get(market.index)?.szi ?? 0;
      expect(sum).toBe(0);
    }
  });

  it('makes the rules happen: flips, dust, triggers, liquidations, deleveraging, funding, refusals', () => {
    const dirs = new Set(fills.map((f) => f.dir));
    for (const dir of ['Open Long', 'Close Short', 'Long > Short', 'Short > Long'])
      expect(dirs).toContain(dir);
    expect(fills.some((f) => f.liquidation !== null && f.liquidation.liquidatedUser === f.user)).toBe(true);
    expect(fills.some((f) => f.liquidation !== null && f.liquidation.liquidatedUser !== f.user)).toBe(true);
    expect(fills.some((f) => f.twapId !== null)).toBe(true);
    expect(fills.some((f) => f.sz * f.px < 15_000_000)).toBe(true);
    for (const status of [
      'triggered',
      'reduceOnlyCanceled',
      'perpMarginRejected',
      'selfTradeCanceled',
      'liquidatedCanceled',
    ])
      expect(statuses).toContain(status);
    expect(funded).toBeGreaterThan(1000);
  });

  it('keeps a quoted market near its oracle in every coin', () => {
    const { query } = world.venue;
    for (const dex of query.dexNames())
      for (const ctx of query.assetCtxs(dex) ?? []) {
        expect(ctx.midPx).not.toBeNull();
        expect(Math.abs(Number(ctx.markPx) / Number(ctx.oraclePx) - 1)).toBeLessThan(0.03);
      }
  });

  it('spaces its blocks as the chain does', () => {
    const gaps = blockTimes.slice(1).map((time, i) => time - (blockTimes[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(47);
  });

  it('serves each trader a chained history', () => {
    const users = new Set<Address>(fills.map((f) => f.user));
    for (const user of [...users].slice(0, 50)) {
      const own = fills.filter((f) => f.user === user);
      const held = new Map<string, number>();
      for (const fill of own) {
        expect(fill.startPosition).toBe(held.get(fill.coin.symbol) ?? 0);
        held.set(fill.coin.symbol, fill.startPosition + (fill.side === 'B' ? fill.sz : -fill.sz));
      }
    }
  });
});
