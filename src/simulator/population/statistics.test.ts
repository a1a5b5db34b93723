/** The population is what its parameters say, within what sampling allows; the same seed is the same population. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../domain/address.ts';
import { derivedAddressText } from '../venue/arithmetic.ts';
import { COIN_SEEDS } from '../venue/coin_table.ts';
import { ARCHETYPES, SHARES } from './archetypes.ts';
import { MAKER } from './fill_columns.ts';
import { type AccountPast, generatePast, type Past } from './generate.ts';
import { type CoinHistory, DAY_MS, HOUR_MS } from './market_history.ts';
import { rowList } from './past_records.ts';
import { truthOf } from './truth.ts';

const END = Date.UTC(2026, 2, 10, 7, 23);
const HOUSES = Array.from({ length: 4 }, (_, i) => derivedAddressText(9, i) as Address);

const pastOf = (seed: string, traders: number, days: number): Past =>
  generatePast({ seed, salt: 7, traders, days, end: END, coins: COIN_SEEDS, houses: HOUSES });

function digest(past: Past): string {
  const hash = createHash('sha256');
  const { rows } = past;
  for (const column of [rows.time, rows.px, rows.size, rows.coin, rows.flags, rows.owner, rows.counter])
    hash.update(new Uint8Array(column.buffer, 0, rows.length * column.BYTES_PER_ELEMENT));
  for (const each of past.accounts) hash.update(new Uint8Array(each.values.buffer));
  hash.update(JSON.stringify(past.accounts.map((each) => [each.flows, each.fold.usd])));
  return hash.digest('hex');
}

interface Trip {
  readonly holdMs: number;
  /** Gain at mids over what was held, before any cost. */
  readonly gain: number;
  readonly days: number;
  readonly daily: number;
}

/** Round trips of one account, at mids. */
function trips(past: Past, each: AccountPast): Trip[] {
  const { market, rows } = past;
  const open = new Map<number, { held: number; value: number; entry: number; since: number }>();
  const out: Trip[] = [];
  const list = rowList(each);
  for (let i = 0; i < list.length; i++) {
    const row = list.at(i);
    const coin = market.byIndex[rows.coin[row] as number] as CoinHistory;
    const time = rows.time[row] as number;
    const signed = rows.size[row] as number;
    const state = open.get(coin.index) ?? { held: 0, value: 0, entry: 0, since: time };
    if (state.held === 0 || state.held > 0 === signed > 0)
      state.entry += Math.abs(signed) * market.midAt(coin, time);
    state.value -= signed * market.midAt(coin, time);
    state.held += signed;
    if (state.held !== 0) open.set(coin.index, state);
    else {
      open.delete(coin.index);
      const days = Math.max(1, time - state.since) / DAY_MS;
      out.push({ holdMs: time - state.since, gain: state.value / state.entry, days, daily: coin.daily });
    }
  }
  return out;
}

describe('a population', { timeout: 120_000 }, () => {
  const past = pastOf('statistics', 1_500, 45);
  const kinds = (kind: string): AccountPast[] => past.accounts.filter((each) => each.member.kind === kind);

  it('has the shares of its archetypes', () => {
    const drawn = past.accounts.filter(({ member }) => Object.hasOwn(SHARES, member.kind));
    for (const archetype of ARCHETYPES) {
      const share = kinds(archetype).length / drawn.length;
      const error = Math.sqrt((SHARES[archetype] * (1 - SHARES[archetype])) / drawn.length);
      expect(Math.abs(share - SHARES[archetype]), archetype).toBeLessThan(4 * error);
    }
    expect(kinds('pump')).toHaveLength(6);
    expect(kinds('hedge')).toHaveLength(16);
  });

  it('earns before cost what its skill says', () => {
    for (const [kind, mean] of [
      ['skilled', 3.5 * Math.exp(0.5 * 0.35 ** 2)],
      ['mild', 1.25],
      ['lucky', 0],
      ['negative', -1.2],
    ] as const) {
      // A gain in deviations of its hold, annualised by its own length, is the trader's lean with unit noise.
      let sum = 0;
      let weight = 0;
      for (const each of kinds(kind)) {
        const plan = each.parts[0]?.plan;
        if (plan === undefined) continue;
        const slots = each.parts.length;
        for (const trip of trips(past, each)) {
          if (trip.days < 1 / 24) continue;
          const x = Math.max(-6, Math.min(6, trip.gain / (trip.daily * Math.sqrt(trip.days))));
          const scale = Math.sqrt(trip.days / (365 * plan.duty * slots));
          sum += x * scale;
          weight += scale * scale;
        }
      }
      const error = 1 / Math.sqrt(weight);
      expect(Math.abs(sum / weight - mean), `${kind}: ${sum / weight} +- ${error}`).toBeLessThan(
        4 * error + 0.1 * Math.abs(mean),
      );
    }
  });

  it('holds as long, as levered and as patiently as its kind', () => {
    const holds = kinds('lucky')
      .flatMap((each) => trips(past, each).map((trip) => trip.holdMs))
      .sort((a, b) => a - b);
    // Median of the plan 8.4 h; trips weigh who trades often, so it lies below.
    expect((holds[holds.length >> 1] ?? 0) / HOUR_MS).toBeGreaterThan(2);
    expect((holds[holds.length >> 1] ?? 0) / HOUR_MS).toBeLessThan(9);
    const planned = kinds('lucky').map((each) => Math.log(each.parts[0]?.plan.holdHours ?? 1));
    const mean = planned.reduce((a, b) => a + b, 0) / planned.length;
    expect(Math.abs(mean - Math.log(8.4))).toBeLessThan(4 * (1.1 / Math.sqrt(planned.length)) + 0.1);
    const leverage = kinds('lucky').map((each) =>
      Math.log((each.parts[0]?.plan.leverage ?? 1) * each.parts.length),
    );
    const level = leverage.reduce((a, b) => a + b, 0) / leverage.length;
    expect(Math.abs(level - Math.log(2))).toBeLessThan(4 * (0.5 / Math.sqrt(leverage.length)) + 0.05);
  });

  it('rests as often as its kind', () => {
    const ratio = (kind: string): number => {
      let makes = 0;
      let count = 0;
      for (const each of kinds(kind)) {
        if (each.member.mirror) continue;
        const list = rowList(each);
        count += list.length;
        for (let i = 0; i < list.length; i++)
          makes += ((past.rows.flags[list.at(i)] as number) & MAKER) === 0 ? 0 : 1;
      }
      return makes / count;
    };
    expect(ratio('marketMaker')).toBeCloseTo(0.97, 2);
    expect(ratio('scalper')).toBeCloseTo(0.3, 1);
    expect(ratio('wash')).toBeCloseTo(0.5, 1);
    expect(ratio('lucky')).toBeGreaterThan(0.25);
    expect(ratio('lucky')).toBeLessThan(0.5);
  });

  it('tells the truth of everybody, with links that agree', () => {
    const truth = truthOf(past);
    expect(truth).toHaveLength(past.accounts.length);
    for (const each of truth)
      if (each.partner !== null)
        expect(truth.find((other) => other.user === each.partner)?.partner).toBe(each.user);
  });

  it('is nobody who never could have been: no equity below zero at any time', () => {
    for (const each of past.accounts)
      for (const value of each.values) if (!Number.isNaN(value)) expect(value).toBeGreaterThan(-1_000_000);
  });
});

describe('the same seed', { timeout: 120_000 }, () => {
  it('is the same past, byte for byte, and another seed is another', () => {
    const digests = Array.from({ length: 8 }, (_, i) => {
      const once = digest(pastOf(`twice-${i}`, 40, 3));
      expect(digest(pastOf(`twice-${i}`, 40, 3))).toBe(once);
      return once;
    });
    expect(new Set(digests).size).toBe(8);
  });
});
