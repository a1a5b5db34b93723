/** The population is what its parameters say, within what sampling allows; the same seed is the same population. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../domain/address.ts';
import { derivedAddressText } from '../venue/arithmetic.ts';
import { COIN_SEEDS } from '../venue/coin_table.ts';
import { ACCOUNTS, ARCHETYPES, DIRECTIONAL, FAST, MARTINGALE, SHARES, SKILL_LOST } from './archetypes.ts';
import { type Member, makeCast } from './cast.ts';
import { MAKER } from './fill_columns.ts';
import { generatePast } from './generate.ts';
import { DAY_MS, HOUR_MS } from './market_history.ts';
import type { AccountPast, Past } from './past.ts';
import { rowList } from './past_records.ts';
import { decisionsOf, distance, errorsOf, isOwn, KOLMOGOROV, tripsOf } from './test_sampling.ts';
import { truthOf } from './truth.ts';

const END = Date.UTC(2026, 2, 10, 7, 23);
const HOUSES = Array.from({ length: 4 }, (_, i) => derivedAddressText(9, i) as Address);
/** Every bound is so many standard errors: about one false alarm in 16,000 checks, and the seeds are fixed. */
const ERRORS = 4;
const pastOf = (seed: string, traders: number, days: number): Past =>
  generatePast({ seed, salt: 7, traders, days, end: END, coins: COIN_SEEDS, houses: HOUSES });

describe('a cast of 20,000', () => {
  const start = END - 90 * DAY_MS;
  const cast = makeCast({
    seed: 'cast',
    salt: 7,
    traders: 20_000,
    start,
    end: END,
    houses: [],
    builderDex: true,
  });
  const drawn = cast.filter(({ kind }) => Object.hasOwn(SHARES, kind));
  const of = (kind: string): Member[] => cast.filter((member) => member.kind === kind);

  it('has the shares of its kinds', () => {
    for (const kind of ARCHETYPES)
      expect(errorsOf(of(kind).length, drawn.length, SHARES[kind]), kind).toBeLessThan(ERRORS);
    expect(of('pump')).toHaveLength(80);
    expect(of('follower')).toHaveLength(240);
    expect(of('hedge')).toHaveLength(200);
  });

  it('has the skill and the leverage of its kinds', () => {
    for (const kind of ['skilled', 'mild', 'lucky', 'negative', 'gambler', 'beta'] as const) {
      const { sharpe, leverage } = DIRECTIONAL[kind];
      const sample = of(kind);
      if (sharpe.kind !== 'constant')
        expect(
          distance(
            sample.map((each) => each.sharpe ?? 0),
            sharpe,
          ),
          kind,
        ).toBeLessThan(KOLMOGOROV);
      expect(
        distance(
          sample.map((each) => each.leverage),
          leverage,
        ),
        kind,
      ).toBeLessThan(KOLMOGOROV);
    }
    const skilled = of('skilled');
    const lost = skilled.filter((each) => each.laterSharpe === 0);
    expect(errorsOf(lost.length, skilled.length, SKILL_LOST)).toBeLessThan(ERRORS);
    for (const each of cast) if (!lost.includes(each)) expect(each.laterSharpe).toBe(each.sharpe);
  });

  it('has the money and the ages of its accounts', () => {
    // Whoever is a vault or the second of a pair has another's money.
    const plain = drawn.filter((each) => each.master === null && each.partner === null);
    const usd = plain.map((each) => each.equity / 1e6).filter((each) => each > 60 && each < 3_000_000);
    expect(usd.length / plain.length).toBeGreaterThan(0.98);
    expect(distance(usd, ACCOUNTS.equityUsd)).toBeLessThan(KOLMOGOROV + 0.011 * Math.sqrt(usd.length));
    const late = plain.filter((each) => each.start > start);
    expect(errorsOf(late.length, plain.length, ACCOUNTS.late)).toBeLessThan(ERRORS);
  });

  it('links accounts: subs, vaults, unified, builder dex, followers, pairs', () => {
    const links = {
      sub: cast.filter((each) => each.master !== null && !each.vault).length,
      vault: cast.filter((each) => each.vault).length,
      unified: cast.filter((each) => each.terms.unified).length,
      builder: cast.filter((each) => each.reach === 'builder').length,
    };
    for (const [name, count] of Object.entries(links)) expect(count, name).toBeGreaterThan(40);
    for (const each of cast) {
      if (each.master !== null) expect(cast[each.master]?.start).toBeLessThan(each.start);
      if (each.leader !== null) expect(cast[each.leader]?.kind).toBe('pump');
      if (each.partner !== null) expect(cast[each.partner]?.partner).toBe(each.index);
    }
  });
});

describe('a population of 1,500 over 45 days', { timeout: 240_000 }, () => {
  const past = pastOf('statistics', 1_500, 45);
  const trips = new Map(
    past.accounts.map((each) => [each, each.parts.length === 0 ? [] : tripsOf(past, each)]),
  );
  const kinds = (kind: string): AccountPast[] => past.accounts.filter((each) => each.member.kind === kind);

  it('earns before cost what its skill says', () => {
    for (const kind of ['skilled', 'mild', 'lucky', 'negative'] as const) {
      // A gain in deviations of its hold, annualised by its own length, is the trader's lean with unit noise.
      let sum = 0;
      let stated = 0;
      let weight = 0;
      for (const each of kinds(kind)) {
        const duty = each.parts[0]?.plan.duty ?? 1;
        for (const trip of trips.get(each) ?? []) {
          const scale = Math.sqrt(trip.days / (365 * duty * each.parts.length));
          sum += (trip.gain / (trip.daily * Math.sqrt(trip.days))) * scale;
          stated += (each.member.sharpe ?? 0) * scale * scale;
          weight += scale * scale;
        }
      }
      const found = sum / weight;
      const error = 1 / Math.sqrt(weight);
      expect(
        Math.abs(found - stated / weight),
        `${kind}: ${found} of ${stated / weight} +- ${error}`,
      ).toBeLessThan(ERRORS * error);
    }
  });

  it('holds as long as its kind, trip by trip', () => {
    for (const kind of ['skilled', 'mild', 'lucky', 'negative'] as const) {
      const { holdHours, makerRatio } = DIRECTIONAL[kind];
      const plans = kinds(kind).flatMap((each) => each.parts.slice(0, 1).map((part) => part.plan));
      expect(
        distance(
          plans.map((plan) => plan.holdHours),
          holdHours,
        ),
        kind,
      ).toBeLessThan(KOLMOGOROV);
      expect(
        distance(
          plans.map((plan) => plan.makerRatio),
          makerRatio,
        ),
        kind,
      ).toBeLessThan(KOLMOGOROV);
      // A trip lasts the plan's hours times a log-normal factor of mean one; long ones may be cut by the end.
      const factors = kinds(kind).flatMap((each) => {
        const hours = each.parts[0]?.plan.holdHours ?? 0;
        if (hours > 12 || hours < 2.01) return [];
        return (trips.get(each) ?? [])
          .filter((trip) => !trip.liquidated)
          .map((trip) => Math.log(trip.holdMs / (hours * HOUR_MS)));
      });
      const mean = factors.reduce((a, b) => a + b, 0) / factors.length;
      expect(Math.abs(mean + 0.125), `${kind} ${mean} of ${factors.length}`).toBeLessThan(
        ERRORS * (0.5 / Math.sqrt(factors.length)) + 0.01,
      );
    }
  });

  it('is levered as its kind', () => {
    for (const kind of ['skilled', 'mild', 'lucky', 'negative', 'gambler'] as const) {
      for (const each of kinds(kind)) {
        const plan = each.parts[0]?.plan;
        const free = (trips.get(each) ?? []).filter((trip) => trip.notional < 9e9 && trip.notional > 2e8);
        if (plan === undefined || free.length < 5) continue;
        const logs = free.map((trip) => Math.log(trip.leverage / plan.leverage)).sort((a, b) => a - b);
        // The median trip enters with the planned share of the equity; splits drift with the price meanwhile.
        const median = logs[logs.length >> 1] ?? 0;
        expect(Math.abs(median), `${kind} ${each.member.index} ${plan.leverage} ${median}`).toBeLessThan(
          0.05,
        );
        expect(plan.leverage * each.parts.length).toBeCloseTo(each.member.leverage, 9);
      }
    }
  });

  it('rests as often as its plan, order by order', () => {
    for (const kind of ['skilled', 'mild', 'lucky', 'negative', 'gambler', 'beta'] as const) {
      let excess = 0;
      let variance = 0;
      for (const each of kinds(kind)) {
        const p = each.parts[0]?.plan.makerRatio ?? 0;
        for (const rests of decisionsOf(past, each)) {
          excess += (rests ? 1 : 0) - p;
          variance += p * (1 - p);
        }
      }
      expect(Math.abs(excess) / Math.sqrt(variance), kind).toBeLessThan(ERRORS);
    }
    for (const kind of ['marketMaker', 'scalper', 'wash'] as const) {
      const { makerRatio } = FAST[kind];
      if (makerRatio.kind !== 'constant') throw new Error('a fast kind rests with one chance');
      let hits = 0;
      let count = 0;
      for (const each of kinds(kind)) {
        if (each.member.mirror) continue;
        const list = rowList(each);
        count += list.length;
        for (let i = 0; i < list.length; i++)
          hits += ((past.rows.flags[list.at(i)] as number) & MAKER) === 0 ? 0 : 1;
      }
      expect(errorsOf(hits, count, makerRatio.value), kind).toBeLessThan(ERRORS);
    }
  });

  it('is as fast and earns as much as its fast kinds', () => {
    for (const kind of ['marketMaker', 'scalper', 'wash'] as const) {
      const holds: number[] = [];
      let returns = 0;
      let days = 0;
      let unseen = 0;
      let unseenDays = 0;
      let gained = 0;
      let turned = 0;
      for (const each of kinds(kind)) {
        if (each.member.mirror || each.fast === null) continue;
        const list = rowList(each);
        for (let i = 1; i < list.length; i += 2)
          holds.push((past.rows.time[list.at(i)] as number) - (past.rows.time[list.at(i - 1)] as number));
        const { daily } = each.fast;
        const gain = each.fold.equityAt(END) - each.opening.usd;
        returns += Math.log1p(gain / each.opening.usd) / daily;
        days += (END - each.opening.time) / DAY_MS;
        unseen += Math.log(each.opening.usd / each.member.equity) / daily;
        unseenDays += (each.opening.time - each.member.start) / DAY_MS;
        gained += gain + each.fold.fees;
        turned += each.fold.volume;
      }
      const seconds = FAST[kind].holdSeconds;
      const mean = holds.reduce((a, b) => a + b, 0) / holds.length / 1000;
      // Uniform within 0.6 and 1.4 of the stated seconds.
      expect(Math.abs(mean - (seconds.kind === 'constant' ? seconds.value : 0)), kind).toBeLessThan(
        (ERRORS * ((0.8 / Math.sqrt(12)) * mean)) / Math.sqrt(holds.length) + 0.001,
      );
      if (kind === 'wash')
        expect(Math.abs(gained / turned), 'a wash trader loses its fees').toBeLessThan(2e-6);
      else {
        // Once over the fills that are told and once over what came before.
        for (const [sum, span] of [
          [returns, days],
          [unseen, unseenDays],
        ] as const) {
          const sharpe = (sum / span) * Math.sqrt(365);
          const error = Math.sqrt(365 / span);
          expect(Math.abs(sharpe - FAST[kind].sharpe), `${kind}: ${sharpe} +- ${error}`).toBeLessThan(
            ERRORS * error,
          );
        }
      }
    }
  });

  it('doubles into losses as often as stated, from a base of the stated share', () => {
    const bases: number[] = [];
    let most = 0;
    for (const each of kinds('martingale')) {
      const list = rowList(each);
      let adds = 0;
      let size = 0;
      for (let i = 0; i < list.length; i++) {
        const signed = past.rows.size[list.at(i)] as number;
        if (size === 0) adds = 0;
        else if (size > 0 === signed > 0) {
          adds += 1;
          // Base, twice it, four times it, ...
          expect(Math.abs(size + signed)).toBe(Math.abs(signed) * 2 - Math.abs(signed) / 2 ** adds);
        }
        size += signed;
        most = Math.max(most, adds);
      }
      const plain = tripsOf(past, each).filter(
        (trip) => trip.fills === 2 && trip.notional < 9e9 && trip.notional > 1e8,
      );
      const levels = plain.map((trip) => trip.leverage).sort((x, y) => x - y);
      if (levels.length > 0) bases.push(levels[levels.length >> 1] ?? 0);
    }
    // Between five and seven adds are allowed to each.
    expect(most).toBeGreaterThanOrEqual(5);
    expect(most).toBeLessThanOrEqual(7);
    expect(distance(bases, MARTINGALE.baseShare)).toBeLessThan(KOLMOGOROV);
  });

  it('pays in later as often as stated', () => {
    // Of those who are rarely broke when the time comes.
    const able = ['skilled', 'mild', 'lucky', 'negative']
      .flatMap(kinds)
      .filter(({ member }) => member.master === null && member.equity > 1e8);
    const again = able.filter(({ member, flows }) =>
      flows.some((flow) => flow.kind === 'deposit' && flow.time > member.start && isOwn(flows, flow)),
    );
    expect(errorsOf(again.length, able.length, ACCOUNTS.deposited)).toBeLessThan(ERRORS);
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

function digest(past: Past): string {
  const hash = createHash('sha256');
  const { rows } = past;
  for (const column of [rows.time, rows.px, rows.size, rows.coin, rows.flags, rows.owner, rows.counter])
    hash.update(new Uint8Array(column.buffer, 0, rows.length * column.BYTES_PER_ELEMENT));
  for (const coin of past.market.coins)
    for (const column of [coin.ticks, coin.ratesE10, coin.premiumsE10])
      hash.update(new Uint8Array(column.buffer));
  for (const each of past.accounts) hash.update(new Uint8Array(each.values.buffer));
  hash.update(JSON.stringify(past.accounts.map(({ flows, fold }) => [flows, fold.usd, fold.dexUsd])));
  return hash.digest('hex');
}

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
