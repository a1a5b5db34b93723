/** The fee schedule as the exchange documents it: tiers by volume, rebates by share, both of the last 14 days. */
import { expect, it } from 'vitest';
import { ALICE, BOB, TestVenue } from './test_venue.ts';

const DAY = 86_400_000;
const MILLION = 1_000_000 * 1_000_000;

/** Rates of an account that took and made so much, of all that was traded, on the first day. Millions of USD. */
function ratesAfter(taken: number, made: number, all: number, days = 1): [string, string] {
  const bench = new TestVenue();
  const { state, query } = bench.venue;
  const day = Math.floor(state.time / DAY);
  const account = state.accounts.get(ALICE);
  account?.volumeDays.push({ day, taker: taken * MILLION, maker: made * MILLION });
  state.exchangeVolume.push({ day, taker: all * MILLION, maker: 0 });
  for (let i = 0; i < days; i++) bench.step(DAY);
  const { userCrossRate, userAddRate } = query.userFees(ALICE);
  return [userCrossRate, userAddRate];
}

it.each([
  [5, '0.00045', '0.00015'],
  [5.1, '0.0004', '0.00012'],
  [25.1, '0.00035', '0.00008'],
  [100.1, '0.0003', '0.00004'],
  [500.1, '0.00028', '0.0'],
  [2_000.1, '0.00026', '0.0'],
  [7_000.1, '0.00024', '0.0'],
])('%f million USD: taker %s, maker %s', (millions, taker, maker) => {
  expect(ratesAfter(millions, 0, 100_000).map(Number)).toEqual([taker, maker].map(Number));
});

it.each([
  [0.5, '0.00015'],
  [0.6, '-0.00001'],
  [1.6, '-0.00002'],
  [3.1, '-0.00003'],
])('a maker of %f percent of all pays %s', (percent, maker) => {
  // Of 100 million: below the first volume tier, so that only the share counts.
  expect(ratesAfter(0, percent, 100).map(Number)).toEqual([0.00045, Number(maker)]);
});

it('holds for 14 days', () => {
  expect(ratesAfter(5.1, 0, 100_000, 14).map(Number)).toEqual([0.0004, 0.00012]);
  expect(ratesAfter(5.1, 0, 100_000, 15).map(Number)).toEqual([0.00045, 0.00015]);
});

it('a rebate is paid to the maker', () => {
  const bench = new TestVenue();
  const maker = bench.venue.state.accounts.get(BOB);
  if (maker !== undefined) maker.makerE9 = -30_000;
  bench.trade(ALICE, BOB, '113080', '0.1');
  // 0.3 bp of 11,308 USD.
  expect(bench.venue.query.userFills(BOB, false)[0]?.fee).toBe('-0.33924');
  expect(bench.venue.query.clearinghouseState(BOB, '').marginSummary.accountValue).toBe('100000.33924');
});

it('the schedule that is told is the one that holds', () => {
  const { feeSchedule } = new TestVenue().venue.query.userFees(ALICE);
  expect([feeSchedule.cross, feeSchedule.add].map(Number)).toEqual([0.00045, 0.00015]);
  expect(feeSchedule.tiers.vip.map((tier) => [tier.ntlCutoff, tier.cross, tier.add].map(Number))).toEqual([
    [5e6, 0.0004, 0.00012],
    [25e6, 0.00035, 0.00008],
    [100e6, 0.0003, 0.00004],
    [500e6, 0.00028, 0],
    [2e9, 0.00026, 0],
    [7e9, 0.00024, 0],
  ]);
  expect(feeSchedule.tiers.mm.map((tier) => [tier.makerFractionCutoff, tier.add].map(Number))).toEqual([
    [0.005, -0.00001],
    [0.015, -0.00002],
    [0.03, -0.00003],
  ]);
  expect(Number(feeSchedule.referralDiscount)).toBe(0.04);
});
