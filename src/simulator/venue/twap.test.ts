import { beforeEach, describe, expect, it } from 'vitest';
import { ALICE, BOB, TestVenue } from './test_venue.ts';

let bench: TestVenue;
beforeEach(() => {
  bench = new TestVenue();
  for (const who of [ALICE, BOB]) bench.lever(who, 25);
});

describe('TWAP', () => {
  it('executes a slice every 30 s with the zero hash, served apart from the fills', () => {
    bench.order(BOB, { b: false, p: '113100', s: '3' });
    const answer = bench.ok(ALICE, {
      type: 'twapOrder',
      twap: { a: 0, b: true, s: '1', r: false, m: 5, t: false },
    });
    expect(answer).toMatchObject({ data: { status: { running: { twapId: 1 } } } });
    bench.pass(61_000);
    expect(bench.szi(ALICE)).toBe('0.2');
    expect(bench.venue.query.userFills(ALICE, false)).toEqual([]);
    const slices = bench.venue.query.userTwapSliceFills(ALICE, null);
    expect(slices).toHaveLength(2);
    expect(slices[0]).toMatchObject({ twapId: 1, fill: { hash: `0x${'0'.repeat(64)}`, twapId: 1 } });
    bench.pass(300_000);
    expect(bench.szi(ALICE)).toBe('1.0');
    expect(bench.venue.query.twapHistory(ALICE).map((row) => row.status)).toEqual([
      { status: 'activated' },
      { status: 'finished' },
    ]);
  });

  it('pays at most three percent beyond the mark, and catches up by three slices at most', () => {
    const { query } = bench.venue;
    const started = bench.ok(ALICE, {
      type: 'twapOrder',
      twap: { a: 0, b: true, s: '1', r: false, m: 5, t: false },
    });
    expect(started).toMatchObject({ data: { status: { running: {} } } });
    // 3 % over the mark of 113,080 is 116,472.4; nobody sells below it for two minutes.
    bench.order(BOB, { b: false, p: '116500', s: '1' });
    bench.pass(121_000);
    expect(query.userTwapSliceFills(ALICE, null)).toEqual([]);
    bench.order(BOB, { b: false, p: '116400', s: '1' });
    bench.pass(30_000);
    expect(bench.szi(ALICE)).toBe('0.3');
    expect(
      query.userFillsByTime(ALICE, { startTime: 0 }, { aggregateByTime: false, reversed: false }),
    ).toEqual([]);
  });

  it('that only reduces ends with the position', () => {
    bench.trade(ALICE, BOB, '113080', '0.15');
    bench.order(BOB, { b: true, p: '113000', s: '3' });
    bench.ok(ALICE, { type: 'twapOrder', twap: { a: 0, b: false, s: '1', r: true, m: 5, t: false } });
    bench.pass(320_000);
    expect(bench.szi(ALICE)).toBe('0.0');
    expect(bench.venue.query.userTwapSliceFills(ALICE, null).map((row) => row.fill.sz)).toEqual([
      '0.05',
      '0.1',
    ]);
  });

  it('waits for its trigger and ends at its stop', () => {
    bench.order(BOB, { b: false, p: '113100', s: '3' });
    const details = { t: { p: '113000', a: false }, s: '115000' };
    const twap = { a: 0, b: true, s: '1', r: false, m: 5, t: false };
    bench.ok(ALICE, { type: 'twapOrder', twap, details });
    bench.pass(120_000);
    expect(bench.szi(ALICE)).toBe('0.0');
    expect(bench.venue.query.twapStates(ALICE, '')[0]?.[1]).toMatchObject({
      stopPx: '115000.0',
      trigger: { p: '113000.0', a: false },
    });
    bench.venue.control.setOracle('BTC', '112990');
    bench.step();
    bench.pass(31_000);
    expect(bench.szi(ALICE)).toBe('0.1');
    bench.venue.control.setOracle('BTC', '115100');
    bench.step();
    bench.pass(60_000);
    expect(bench.szi(ALICE)).toBe('0.1');
    expect(bench.venue.query.twapHistory(ALICE).map((row) => row.status)).toEqual([
      { status: 'waitingForTrigger' },
      { status: 'activated' },
      { status: 'stopped' },
    ]);
  });

  it.each([
    [{ m: 4 }, 'Invalid TWAP duration: 4 min(s)'],
    [{ s: '0.0005' }, 'TWAP order value too small. Min is $100.'],
    [{ r: true }, 'Reduce-only TWAP order would increase position.'],
  ])('refuses %j', (change, error) => {
    const twap = { a: 0, b: true, s: '1', r: false, m: 5, t: false, ...change };
    expect(bench.ok(ALICE, { type: 'twapOrder', twap })).toMatchObject({ data: { status: { error } } });
  });
});
