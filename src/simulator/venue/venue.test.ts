import { beforeEach, describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, TestVenue } from './test_venue.ts';

describe('SimulatedVenue', () => {
  let bench: TestVenue;
  beforeEach(() => {
    bench = new TestVenue();
  });

  it('rests, matches in price-time order and reports both sides', () => {
    bench.lever(ALICE, 10);
    bench.lever(BOB, 10);
    bench.lever(CAROL, 10);
    const first = bench.order(ALICE, { b: false, p: '113100', s: '0.5' });
    bench.order(BOB, { b: false, p: '113100', s: '0.5' });
    const taken = bench.order(CAROL, { b: true, p: '113200', s: '0.7' }, 'Ioc');
    expect(first.resting?.oid).toBeTypeOf('number');
    expect(taken.filled).toMatchObject({ totalSz: '0.7', avgPx: '113100.0' });
    const block = bench.blocks[bench.blocks.length - 1];
    const trades = [...(block?.trades.values() ?? [])][0] ?? [];
    expect(trades.map((t) => [t.buyer, t.seller, t.sz])).toEqual([
      [CAROL, ALICE, 50_000],
      [CAROL, BOB, 20_000],
    ]);
    const fills = bench.venue.query.userFills(CAROL, false);
    expect(fills.map((f) => f.startPosition)).toEqual(['0.5', '0.0']);
    expect(fills[1]).toMatchObject({ dir: 'Open Long', fee: '25.4475', closedPnl: '0.0', crossed: true });
    expect(bench.szi(CAROL)).toBe('0.7');
    expect(bench.szi(ALICE)).toBe('-0.5');
    expect(bench.venue.query.openOrders(BOB, '')).toMatchObject([{ sz: '0.3', origSz: '0.5' }]);
  });

  it.each([
    [{ b: true, p: '113100.55', s: '0.1' }, 'Gtc', 'Price must be divisible by tick size. asset=0'],
    [{ b: true, p: '113100.5', s: '0.1' }, 'Gtc', 'Price must be divisible by tick size. asset=0'],
    [{ b: true, p: '113000', s: '0' }, 'Gtc', 'Order has zero size. asset=0'],
    [{ b: true, p: '113000', s: '0.0000001' }, 'Gtc', 'Order has invalid size. asset=0'],
    [{ b: true, p: '113000', s: '0.00001' }, 'Gtc', 'Order must have minimum value of $10. asset=0'],
    [{ b: true, p: '113000', s: '1' }, 'Gtc', 'Insufficient margin to place order. asset=0'],
    [
      { b: true, p: '10000', s: '0.1' },
      'Gtc',
      'Order price cannot be more than 80% away from the reference price asset=0',
    ],
    [
      { b: false, p: '203600', s: '0.1' },
      'Gtc',
      'Order price cannot be more than 80% away from the reference price asset=0',
    ],
    [
      { b: true, p: '113000', s: '0.1' },
      'Ioc',
      'Order could not immediately match against any resting orders. asset=0',
    ],
    [
      { b: true, p: '113000', s: '0.1', r: true },
      'Gtc',
      'Reduce only order would increase position. asset=0',
    ],
  ] as const)('refuses %j %s', (order, tif, text) => {
    expect(bench.order(ALICE, order, tif).error).toBe(text);
  });

  it('refuses a post-only order that would match, naming the touch', () => {
    bench.order(ALICE, { b: false, p: '113100', s: '0.1' });
    expect(bench.order(BOB, { b: true, p: '113100', s: '0.1' }, 'Alo').error).toBe(
      'Post only order would have immediately matched, bbo was 0@113100. asset=0',
    );
  });

  it('cancels the resting side of a self trade and goes on', () => {
    const own = bench.order(ALICE, { b: false, p: '113100', s: '0.1' });
    bench.order(BOB, { b: false, p: '113100', s: '0.1' });
    const taken = bench.order(ALICE, { b: true, p: '113100', s: '0.1' }, 'Ioc');
    expect(taken.filled?.totalSz).toBe('0.1');
    expect(bench.venue.query.orderStatus(ALICE, own.resting?.oid ?? 0)).toMatchObject({
      order: { status: 'selfTradeCanceled' },
    });
  });

  it('shrinks a resting reduce-only order with the position and never flips', () => {
    bench.order(BOB, { b: false, p: '113100', s: '0.5' });
    bench.order(ALICE, { b: true, p: '113100', s: '0.3' }, 'Ioc');
    const exit = bench.order(ALICE, { b: false, p: '113500', s: '0.9', r: true });
    expect(bench.venue.query.frontendOpenOrders(ALICE, '')).toMatchObject([{ sz: '0.3', origSz: '0.9' }]);
    bench.order(BOB, { b: true, p: '113000', s: '0.2' });
    bench.order(ALICE, { b: false, p: '113000', s: '0.2' }, 'Ioc');
    expect(bench.venue.query.openOrders(ALICE, '')).toMatchObject([{ sz: '0.1' }]);
    bench.order(BOB, { b: true, p: '113600', s: '0.8' }, 'Ioc');
    expect(bench.szi(ALICE)).toBe('0.0');
    expect(bench.venue.query.orderStatus(ALICE, exit.resting?.oid ?? 0)).toMatchObject({
      order: { status: 'filled' },
    });
  });

  it('shrinks one exit when the other fills as maker', () => {
    bench.order(BOB, { b: false, p: '113100', s: '0.5' });
    bench.order(ALICE, { b: true, p: '113100', s: '0.5' }, 'Ioc');
    bench.order(ALICE, { b: false, p: '113500', s: '0.5', r: true });
    bench.order(ALICE, { b: false, p: '113600', s: '0.5', r: true });
    bench.order(CAROL, { b: true, p: '113500', s: '0.4' }, 'Ioc');
    expect(bench.venue.query.openOrders(ALICE, '').map((o) => o.sz)).toEqual(['0.1', '0.1']);
    bench.order(CAROL, { b: true, p: '113600', s: '0.4' }, 'Ioc');
    expect(bench.szi(ALICE)).toBe('0.0');
    expect(bench.venue.query.openOrders(ALICE, '')).toEqual([]);
  });

  it('cancels a resting order whose owner can no longer carry it, and the taker goes on', () => {
    bench.lever(ALICE, 10);
    bench.lever(CAROL, 10);
    const first = bench.order(ALICE, { b: false, p: '113100', s: '5' });
    bench.order(ALICE, { a: 1, b: true, p: '4300', s: '1' });
    bench.order(BOB, { b: false, p: '113110', s: '0.1' });
    bench.ok(ALICE, { type: 'withdraw3', destination: ALICE, amount: '90000' });
    const taken = bench.order(CAROL, { b: true, p: '113200', s: '0.1' }, 'Ioc');
    expect(taken.filled?.avgPx).toBe('113100.0');
    const more = bench.order(CAROL, { b: true, p: '113200', s: '1' }, 'Ioc');
    expect(more.filled).toMatchObject({ totalSz: '0.1', avgPx: '113110.0' });
    expect(bench.venue.query.orderStatus(ALICE, first.resting?.oid ?? 0)).toMatchObject({
      order: { status: 'marginCanceled' },
    });
  });

  it('liquidates by market below maintenance and marks both sides of the fill', () => {
    bench.lever(ALICE, 40);
    bench.lever(BOB, 40);
    bench.lever(CAROL, 40);
    // 20 BTC against 100,000 USD: about 23 x.
    bench.order(BOB, { b: false, p: '113080', s: '20' });
    expect(bench.order(ALICE, { b: true, p: '113080', s: '20' }, 'Ioc').filled?.totalSz).toBe('20.0');
    bench.order(CAROL, { b: true, p: '109500', s: '4' });
    bench.venue.control.setOracle('BTC', '109300');
    bench.step();
    bench.step();
    const fills = bench.venue.query.userFills(ALICE, false);
    expect(fills[0]).toMatchObject({
      dir: 'Close Long',
      sz: '4.0',
      liquidation: { liquidatedUser: ALICE, method: 'market' },
    });
    expect(bench.venue.query.userFills(CAROL, false)[0]?.liquidation?.liquidatedUser).toBe(ALICE);
    expect(bench.szi(ALICE)).toBe('16.0');
  });
});
