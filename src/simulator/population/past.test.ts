import { describe, expect, it } from 'vitest';
import type { Address } from '../../domain/address.ts';
import { smallWorldOptions } from '../agents/world.ts';
import { applyExecution, chargeFee } from '../venue/positions.ts';
import type { FillRecord } from '../venue/records.ts';
import { type Account, potOf } from '../venue/state.ts';
import { SimulatedVenue } from '../venue/venue.ts';
import type { AccountPast } from './generate.ts';
import { signedFlow } from './life.ts';
import type { CoinHistory } from './market_history.ts';
import { type PopulatedWorld, populatedWorld } from './populated_world.ts';

const END = Date.UTC(2026, 2, 10, 7, 23);
/** Twenty seeds with POPULATION_SEEDS=20; one otherwise, with the same checks. */
const SEEDS = Array.from({ length: Number(process.env['POPULATION_SEEDS'] ?? 1) }, (_, i) => `seed-${i + 1}`);
const SIZE = { traders: 150, days: 12 };

const open = (seed: string, size = SIZE): PopulatedWorld =>
  populatedWorld(smallWorldOptions(seed, END), size);

/** The venue's own rules, not the fold's: every fill is executed, every flow and payment booked, in order. */
function replay(world: PopulatedWorld, each: AccountPast): Account {
  const options = smallWorldOptions('replay', END);
  const venue = new SimulatedVenue({ seed: 1, startTime: END, coins: options.coins ?? [] });
  const s = venue.state;
  const { member, opening } = each;
  venue.control.deposit(member.address, 1 as never);
  venue.produceBlock(END + 70);
  const account = s.accounts.get(member.address) as Account;
  const pot = potOf(account, 0);
  pot.usd = 0 as never;
  account.takerE9 = member.terms.takerE9;
  account.makerE9 = member.terms.makerE9;
  const builder = { account: s.liquidator as Account, tenthsBp: member.terms.builderTenthsBp };
  for (const market of s.markets)
    account.leverage.set(market.index, {
      leverage: Math.min(member.terms.leverage, market.maxLeverage),
      isCross: !member.terms.isolated,
    });
  const bought = member.start === opening.time && each.flows.some((flow) => flow.time === member.start);
  if (!bought) pot.usd = opening.usd as never;
  const flows = each.flows.filter((flow) => flow.time >= opening.time);
  const funding = world.records.funding(each, Number.POSITIVE_INFINITY);
  const events = [
    ...funding.map((row) => ({ time: row.time, order: 0, row })),
    ...flows.map((flow) => ({ time: flow.time, order: 1, flow })),
    ...world.records.fills(each).map((fill) => ({ time: fill.time, order: 1, fill })),
  ].sort((a, b) => a.time - b.time || a.order - b.order);
  for (const event of events) {
    if ('fill' in event) execute(event.fill);
    else if ('flow' in event) pot.usd = (pot.usd + signedFlow(event.flow)) as never;
    else {
      const position = account.positions.get(event.row.coin.index);
      expect(position?.szi).toBe(event.row.szi);
      if (position?.isolated) position.isolatedUsd = (position.isolatedUsd + event.row.usdc) as never;
      else pot.usd = (pot.usd + event.row.usdc) as never;
    }
  }
  function execute(fill: FillRecord): void {
    const market = s.markets[fill.coin.index] as (typeof s.markets)[number];
    const signed = fill.side === 'B' ? fill.sz : -fill.sz;
    const applied = applyExecution(s, account, market, signed, fill.px);
    const by = builder.tenthsBp === 0 ? null : builder;
    const charge = chargeFee(s, account, market, fill.sz * fill.px, fill.crossed, by);
    const same =
      fill.startPosition === applied.start &&
      fill.closedPnl === applied.closedPnl &&
      fill.fee === charge.fee &&
      fill.builderFee === charge.builderFee;
    if (!same) expect(fill).toEqual({ ...fill, startPosition: applied.start, ...applied, ...charge });
  }
  return account;
}

describe.each(SEEDS)('the past of %s', { timeout: 120_000 }, (seed) => {
  const opened = open(seed);
  const { world, past } = opened;
  const { state, query } = world.venue;

  it('loses no money and balances every coin', () => {
    expect(world.venue.conservation().difference).toBe(0n);
    for (const market of state.markets) {
      let sum = 0;
      let longs = 0;
      for (const account of state.accountList) {
        const szi = account.positions.get(market.index)?.szi ?? 0;
        sum += szi;
        longs += Math.max(0, szi);
      }
      expect(sum).toBe(0);
      expect(market.openInterest).toBe(longs);
    }
  });

  it('folds to the state of every account by the rules of the venue', () => {
    for (const each of past.accounts) {
      const account = state.accounts.get(each.member.address) as Account;
      const replayed = replay(opened, each);
      expect(replayed.positions.size).toBe(account.positions.size);
      expect(replayed.pots[0]?.usd).toBe(account.pots[0]?.usd);
      for (const [index, position] of replayed.positions) {
        const now = account.positions.get(index);
        expect([now?.szi, now?.cost, now?.isolatedUsd]).toEqual([
          position.szi,
          position.cost,
          position.isolatedUsd,
        ]);
      }
    }
  });

  it('shows portfolio points that are the equity of the moment', () => {
    for (const each of past.accounts.slice(0, 60)) {
      const fills = opened.records.fills(each);
      const funding = opened.records.funding(each, Number.POSITIVE_INFINITY);
      const known = each.flows.some((flow) => flow.time === each.opening.time);
      past.grid.times.forEach((time, k) => {
        if (time < each.opening.time) return;
        let equity = known ? 0 : each.opening.usd;
        for (const flow of each.flows)
          if (flow.time >= each.opening.time && flow.time <= time) equity += signedFlow(flow);
        for (const row of funding) if (row.time <= time) equity += row.usdc;
        const held = new Map<number, number>();
        for (const fill of fills) {
          if (fill.time > time) break;
          const signed = fill.side === 'B' ? fill.sz : -fill.sz;
          equity -= signed * fill.px + fill.fee;
          held.set(fill.coin.index, (held.get(fill.coin.index) ?? 0) + signed);
        }
        for (const [coin, szi] of held)
          equity += szi * past.market.markAt(past.market.byIndex[coin] as CoinHistory, time);
        // A sample of the same millisecond as an act is taken before it.
        if (fills.some((fill) => fill.time === time) || each.flows.some((flow) => flow.time === time)) return;
        expect(each.values[k]).toBe(equity);
      });
    }
  });

  it('serves candles that are its trades', () => {
    for (const coin of past.market.coins.slice(0, 3)) {
      for (const interval of ['5m', '1h', '1d'] as const) {
        const candles = query.candles(coin.seed.name, interval, {
          startTime: past.market.start,
          endTime: END,
        });
        const market = state.markets[coin.index];
        for (const candle of candles) {
          let volume = 0;
          let trades = 0;
          let high = 0;
          let close = 0;
          for (const row of past.order) {
            const time = past.rows.time[row] as number;
            if (past.rows.coin[row] !== coin.index || time < candle.t || time > candle.T) continue;
            volume += Math.abs(past.rows.size[row] as number);
            trades += 1;
            high = Math.max(high, past.rows.px[row] as number);
            close = past.rows.px[row] as number;
          }
          expect(candle.n).toBe(trades);
          expect(Number(candle.v)).toBeCloseTo(volume / 10 ** (market?.szDecimals ?? 0), 5);
          if (trades > 0) expect(Math.round(Number(candle.c) * 10 ** coin.pxDecimals)).toBe(close);
          expect(Math.round(Number(candle.h) * 10 ** coin.pxDecimals)).toBeGreaterThanOrEqual(high);
          if (interval === '5m' && candle.t > past.market.start + 3_600_000) break;
        }
      }
    }
  });

  it('chains every fill that it serves, slices of TWAPs included', () => {
    let served = 0;
    let broken = 0;
    for (const each of past.accounts) {
      const { address } = each.member;
      const fills = [
        ...pages(query, address),
        ...query.userTwapSliceFills(address, { startTime: 0 }).map((f) => f.fill),
      ];
      // Stable: equal times keep the order of each list.
      fills.sort((a, b) => a.time - b.time);
      const held = new Map<string, number>();
      for (const fill of fills) {
        const before = held.get(fill.coin);
        if (before !== undefined && Math.abs(Number(fill.startPosition) - before) > 1e-8) broken += 1;
        held.set(fill.coin, Number(fill.startPosition) + (fill.side === 'B' ? 1 : -1) * Number(fill.sz));
      }
      served += fills.length;
    }
    expect(broken).toBe(0);
    expect(served).toBeGreaterThan(10_000);
  });

  it('goes on from there', () => {
    world.advanceTo(END + 5 * 60_000);
    expect(world.venue.conservation().difference).toBe(0n);
    const market = state.markets[past.market.coins[0]?.index ?? 0];
    expect(Math.abs((market?.mark ?? 0) / (past.market.coins[0]?.ticks.at(-1) ?? 1) - 1)).toBeLessThan(0.05);
  });
});

function pages(query: PopulatedWorld['world']['venue']['query'], user: Address) {
  const out: ReturnType<typeof query.userFillsByTime>[number][] = [];
  const seen = new Set<string>();
  for (let startTime = 0; ; ) {
    const page = query.userFillsByTime(user, { startTime }, { aggregateByTime: false, reversed: false });
    const fresh = page.filter((fill) => !seen.has(`${fill.coin}/${fill.tid}`));
    for (const fill of fresh) seen.add(`${fill.coin}/${fill.tid}`);
    out.push(...fresh);
    if (page.length < 2000 || fresh.length === 0) return out;
    startTime = page.at(-1)?.time ?? startTime;
  }
}
