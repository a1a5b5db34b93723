import { beforeEach, describe, expect, it } from 'vitest';
import type { MicroUsd } from '../../domain/money.ts';
import { ALICE, BOB, TestVenue } from '../venue/test_venue.ts';
import { venueInfo } from './venue_info.ts';

const HOUR = 3_600_000;
let bench: TestVenue;
/** The time between the first row of each kind and the second. */
let between: number;
beforeEach(() => {
  bench = new TestVenue();
  bench.lever(ALICE, 10);
  bench.lever(BOB, 10);
  bench.trade(ALICE, BOB, '113080', '1');
  bench.pass(HOUR);
  between = bench.venue.time;
  bench.venue.control.deposit(ALICE, 1_000_000 as MicroUsd);
  bench.pass(HOUR);
});

describe.each(['userFunding', 'userNonFundingLedgerUpdates'])('%s', (type) => {
  const rows = (range: object) => {
    const info = venueInfo({ query: bench.venue.query, now: () => bench.venue.time, recentTrades: 1 });
    return info.get(type)?.({ type, user: ALICE, ...range }) as { time: number }[];
  };

  it('takes either end of its range, both, or none', () => {
    const [first, second] = rows({});
    expect(first?.time).toBeLessThanOrEqual(between);
    expect(second?.time).toBeGreaterThan(between);
    expect(rows({ endTime: between })).toEqual([first]);
    expect(rows({ startTime: between + 1 })).toEqual([second]);
    expect(rows({ startTime: 0, endTime: between })).toEqual([first]);
  });

  it('takes null for what is absent', () => {
    expect(rows({ startTime: null, endTime: null })).toHaveLength(2);
    expect(rows({ startTime: null, endTime: between })).toHaveLength(1);
    expect(() => rows({ startTime: 'x' })).toThrow('422');
  });
});
