import { beforeEach, describe, expect, it } from 'vitest';
import type { Action, OrderWire } from './actions.ts';
import { DEFAULT_RULES } from './rules.ts';
import { ALICE, BOB, CAROL, limit, orders, TestVenue, trigger } from './test_venue.ts';

type Statuses = { statuses: unknown[] };

let bench: TestVenue;
beforeEach(() => {
  bench = new TestVenue({ scheduleCancel: { ...DEFAULT_RULES.scheduleCancel, volumeUsd: 0 } });
  for (const who of [ALICE, BOB, CAROL]) bench.lever(who, 25);
});

const statusOf = (who: typeof ALICE, oid: number) => {
  const answer = bench.venue.query.orderStatus(who, oid);
  return answer.status === 'order' ? answer.order.status : answer.status;
};

describe('blocks', () => {
  it('execute cancels and post-only orders before takers, whatever arrived first', () => {
    const rested = bench.order(ALICE, { b: false, p: '113100', s: '0.1' });
    const answers: string[] = [];
    const send = (signer: typeof ALICE, action: Action, name: string) =>
      bench.venue.submit(
        { signer, action, nonce: bench.venue.time + answers.length, vaultAddress: null, expiresAfter: null },
        (answer) => answers.push(`${name} ${JSON.stringify(answer)}`),
      );
    send(BOB, orders([limit(true, '113200', '0.1', 'Ioc')]), 'take');
    send(ALICE, { type: 'cancel', cancels: [{ a: 0, o: rested.resting?.oid ?? 0 }] }, 'cancel');
    send(CAROL, orders([limit(false, '113150', '0.1', 'Alo')]), 'alo');
    bench.step();
    expect(answers.map((a) => a.split(' ')[0])).toEqual(['alo', 'cancel', 'take']);
    expect(answers[2]).toContain('113150.0');
  });

  it('tell one frame of trades per coin with the block time', () => {
    bench.order(ALICE, { b: false, p: '113100', s: '0.1' });
    bench.order(ALICE, { b: false, p: '113110', s: '0.1' });
    bench.order(BOB, { b: true, p: '113200', s: '0.2' }, 'Ioc');
    const block = bench.blocks.at(-1);
    const [[coin, trades] = []] = [...(block?.trades ?? [])];
    expect(coin?.symbol).toBe('BTC');
    expect(trades?.map((t) => [t.px, t.time, t.side])).toEqual([
      [1_131_000, block?.time, 'B'],
      [1_131_100, block?.time, 'B'],
    ]);
    expect(new Set(trades?.map((t) => t.hash)).size).toBe(1);
    expect(trades?.every((t) => t.tid < 2 ** 50)).toBe(true);
  });
});

describe('trigger orders', () => {
  beforeEach(() => {
    bench.trade(ALICE, BOB, '113080', '1');
  });

  it('fire at the mark and carry a transaction hash, not the zero hash', () => {
    const placed = bench.order(ALICE, trigger(false, '112000', '1', 'sl'));
    const oid = placed.resting?.oid ?? 0;
    expect(bench.venue.query.frontendOpenOrders(ALICE, '')[0]).toMatchObject({
      isTrigger: true,
      triggerCondition: 'Price below 112000',
      orderType: 'Stop Market',
    });
    bench.order(CAROL, { b: true, p: '111900', s: '2' });
    bench.venue.control.setOracle('BTC', '111950');
    bench.step();
    expect(statusOf(ALICE, oid)).toBe('filled');
    expect(bench.szi(ALICE)).toBe('0.0');
    expect(bench.venue.query.userFills(ALICE, false)[0]?.hash).not.toMatch(/^0x0+$/);
    const told = bench.venue.query.historicalOrders(ALICE).filter((row) => row.order.oid === oid);
    expect(told.map((row) => row.status)).toEqual(['filled', 'triggered', 'open']);
  });

  it('are refused where they would fire at once', () => {
    expect(bench.order(ALICE, trigger(false, '114000', '1', 'sl')).error).toBe(
      'Invalid TP/SL price. asset=0',
    );
    expect(bench.order(ALICE, trigger(false, '112000', '1', 'tp')).error).toBe(
      'Invalid TP/SL price. asset=0',
    );
  });

  it('at market sell down to ten percent under the mark, not further', () => {
    const oid = bench.order(ALICE, trigger(false, '112000', '1', 'sl')).resting?.oid ?? 0;
    bench.order(CAROL, { b: true, p: '100750', s: '0.4' });
    bench.order(CAROL, { b: true, p: '100600', s: '0.6' });
    bench.venue.control.setOracle('BTC', '111900', '111900');
    bench.step();
    // The mark is 111,900: a tenth less is 100,710.
    expect(bench.venue.query.userFills(ALICE, false)[0]).toMatchObject({ oid, px: '100750.0', sz: '0.4' });
    expect(bench.szi(ALICE)).toBe('0.6');
    expect(statusOf(ALICE, oid)).toBe('canceled');
  });

  it('of a position end with it', () => {
    const answer = bench.ok(
      ALICE,
      orders([trigger(false, '112000', '1', 'sl'), trigger(false, '115000', '1', 'tp')], 'positionTpsl'),
    );
    expect((answer.data as Statuses).statuses).toEqual(['waitingForTrigger', 'waitingForTrigger']);
    bench.order(CAROL, { b: true, p: '113000', s: '1' });
    bench.order(ALICE, { b: false, p: '113000', s: '1', r: true }, 'Ioc');
    expect(bench.venue.query.frontendOpenOrders(ALICE, '')).toEqual([]);
    expect(
      bench.venue.query.historicalOrders(ALICE).filter((r) => r.status === 'reduceOnlyCanceled'),
    ).toHaveLength(2);
  });
});

describe('a batch', () => {
  const answersOf = (action: Action) => (bench.ok(ALICE, action).data as Statuses).statuses;

  it.each([
    [
      'too far from the reference',
      '1000000',
      'Order price cannot be more than 80% away from the reference price',
    ],
    ['off the tick grid', '113000.5', 'Price must be divisible by tick size.'],
    ['with more decimals than its coin has', '113000.55', 'Price must be divisible by tick size.'],
  ])('is refused with one error for a price %s', (_, px, text) => {
    const list = [limit(true, '113000', '1'), limit(true, px, '1'), limit(true, '112000', '1')];
    expect(answersOf(orders(list))).toEqual([{ error: `${text} asset=0` }]);
    expect(bench.venue.query.openOrders(ALICE, '')).toEqual([]);
    expect(bench.venue.query.historicalOrders(ALICE)).toEqual([]);
  });

  it('answers each order where something else is wrong with one', () => {
    const answers = answersOf(orders([limit(true, '113000', '1'), limit(true, '113000', '0.00001')]));
    expect(answers).toEqual([
      { resting: { oid: expect.any(Number) } },
      { error: 'Order must have minimum value of $10. asset=0' },
    ]);
  });

  const [ioc, alo, gtc] = (['Ioc', 'Alo', 'Gtc'] as const).map((tif) => limit(true, '112000', '1', tif));
  it.each([
    ['all IOC', 80_000, [ioc, ioc], true],
    ['all ALO, with the highest rate', 100_000_000, [alo, alo], true],
    ['a rate above one', 100_000_001, [alo], false],
    ['both kinds', 1, [ioc, alo], false],
    ['an order that may do both', 1, [gtc], false],
    ['a trigger', 1, [{ ...trigger(true, '115000', '1', 'sl'), r: false }], false],
    ['a reduce-only order', 1, [{ ...(alo as OrderWire), r: true }], false],
  ])('with a priority fee: %s', (_, p, list, taken) => {
    const answers = answersOf({ type: 'order', orders: list as OrderWire[], grouping: { p } });
    const text = JSON.stringify(answers);
    expect(answers).toHaveLength(taken ? list.length : 1);
    expect(/"Priority /.test(text)).toBe(!taken);
    expect(bench.venue.query.historicalOrders(ALICE).length > 0).toBe(taken);
  });
});

describe('the status of an order', () => {
  it('is known for the newest of an account by what happened last, not by when they were placed', () => {
    bench = new TestVenue({ ordersKept: 10 });
    bench.lever(BOB, 25);
    const first = bench.order(ALICE, { b: false, p: '113100', s: '0.1' }).resting?.oid ?? 0;
    for (let i = 0; i < 19; i++) bench.order(ALICE, { b: true, p: '100000', s: '0.00001' });
    bench.order(BOB, { b: true, p: '113100', s: '0.1' }, 'Ioc');
    for (let i = 0; i < 5; i++) bench.order(ALICE, { b: true, p: '100000', s: '0.00001' });
    expect(statusOf(ALICE, first)).toBe('filled');
  });
});

describe('modify and cancel', () => {
  const CLOID = `0x${'ab'.repeat(16)}`;

  it('replace under a new oid and keep the cloid', () => {
    const first = bench.order(ALICE, { b: true, p: '113000', s: '1', c: CLOID });
    bench.ok(ALICE, { type: 'modify', oid: CLOID, order: limit(true, '112900', '0.5') });
    const [open] = bench.venue.query.openOrders(ALICE, '');
    expect(open).toMatchObject({ limitPx: '112900.0', sz: '0.5', cloid: CLOID });
    expect(open?.oid).not.toBe(first.resting?.oid);
    expect(statusOf(ALICE, first.resting?.oid ?? 0)).toBe('canceled');
    expect(bench.venue.query.orderStatus(ALICE, CLOID)).toMatchObject({
      order: { order: { oid: open?.oid } },
    });
  });

  it('find an open order by its cloid although a later one with that cloid was refused', () => {
    const { resting } = bench.order(ALICE, { b: true, p: '113000', s: '1', c: CLOID });
    expect(bench.order(ALICE, { b: true, p: '113000', s: '0.00001', c: CLOID }).error).toMatch(
      /minimum value/,
    );
    expect(bench.venue.query.orderStatus(ALICE, CLOID)).toMatchObject({
      order: { status: 'open', order: { oid: resting?.oid } },
    });
    bench.ok(ALICE, { type: 'cancelByCloid', cancels: [{ asset: 0, cloid: CLOID }] });
    expect(statusOf(ALICE, resting?.oid ?? 0)).toBe('canceled');
  });

  it('leave the original where the replacement is illegal', () => {
    const first = bench.order(ALICE, { b: true, p: '113000', s: '1' });
    const oid = first.resting?.oid ?? 0;
    expect(bench.refusal(ALICE, { type: 'modify', oid, order: limit(true, '112900.55', '1') })).toMatch(
      /tick size/,
    );
    expect(bench.venue.query.openOrders(ALICE, '')).toHaveLength(1);
    expect(bench.refusal(ALICE, { type: 'modify', oid: 1, order: limit(true, '112900', '1') })).toBe(
      'Cannot modify canceled or filled order. asset=0',
    );
  });

  it('answer each item of a batch', () => {
    const { resting } = bench.order(ALICE, { b: true, p: '113000', s: '1' });
    const answer = bench.ok(ALICE, {
      type: 'cancel',
      cancels: [
        { a: 0, o: resting?.oid ?? 0 },
        { a: 0, o: 5 },
      ],
    });
    expect(answer).toEqual({
      type: 'cancel',
      data: {
        statuses: ['success', { error: 'Order was never placed, already canceled, or filled. asset=0' }],
      },
    });
  });

  it('happen by schedule', () => {
    bench.order(ALICE, { b: true, p: '113000', s: '1' });
    expect(bench.refusal(ALICE, { type: 'scheduleCancel', time: bench.venue.time + 1000 })).toMatch(
      /at least 5 seconds/,
    );
    bench.ok(ALICE, { type: 'scheduleCancel', time: bench.venue.time + 6000 });
    bench.pass(7000);
    expect(bench.venue.query.openOrders(ALICE, '')).toEqual([]);
    expect(bench.venue.query.historicalOrders(ALICE)[0]?.status).toBe('scheduledCancel');
  });
});

describe('listing and halts', () => {
  it('settles positions and cancels orders of a delisted coin, which keeps its place', () => {
    bench.trade(ALICE, BOB, '113080', '1');
    bench.order(CAROL, { b: true, p: '110000', s: '0.1' });
    bench.venue.control.delist('BTC', '113000');
    bench.step();
    expect(bench.szi(ALICE)).toBe('0.0');
    expect(bench.venue.query.userFills(ALICE, false)[0]).toMatchObject({
      dir: 'Settlement',
      px: '113000.0',
      closedPnl: '-80.0',
    });
    expect(bench.venue.query.historicalOrders(CAROL)[0]?.status).toBe('delistedCanceled');
    expect(bench.venue.query.meta('')?.universe[0]).toMatchObject({ name: 'BTC', isDelisted: true });
    expect(bench.order(CAROL, { b: true, p: '110000', s: '0.1' }).error).toBe('Trading is halted.');
  });

  it('lists a coin at the end of its dex', () => {
    const before = bench.venue.query.meta('')?.universe.length ?? 0;
    bench.venue.control.list({
      dex: '',
      name: 'NEW',
      szDecimals: 1,
      maxLeverage: 3,
      marginTableId: 3,
      oraclePx: '2.5',
    });
    bench.step();
    expect(bench.venue.query.coin('NEW')?.assetId).toBe(before);
    expect(bench.order(ALICE, { a: before, b: true, p: '2.4', s: '10' }).resting?.oid).toBeTypeOf('number');
  });

  it('refuses while halted or right after an upgrade', () => {
    bench.venue.control.halt('BTC', true);
    bench.step();
    expect(bench.order(ALICE, { b: true, p: '110000', s: '0.1' }).error).toBe('Trading is halted.');
    bench.venue.control.halt('BTC', false);
    bench.venue.control.postOnlyUntil(bench.venue.time + 10_000);
    bench.step();
    expect(bench.order(ALICE, { b: true, p: '110000', s: '0.1' }).error).toBe(
      'Only post-only orders allowed immediately after a network upgrade',
    );
    expect(bench.order(ALICE, { b: true, p: '110000', s: '0.1' }, 'Alo').resting?.oid).toBeTypeOf('number');
  });
});

describe('forced outcomes', () => {
  it('refuse or cut the next orders as told', () => {
    bench.order(BOB, { b: false, p: '113100', s: '1' });
    bench.venue.control.partialFillNext(ALICE, 'BTC', '0.3', 1);
    expect(bench.order(ALICE, { b: true, p: '113100', s: '1' }, 'Ioc').filled?.totalSz).toBe('0.3');
    bench.venue.control.refuseNext(
      ALICE,
      { level: 'item', text: 'Insufficient margin to place order. asset=0' },
      1,
    );
    expect(bench.order(ALICE, { b: true, p: '113100', s: '1' }, 'Ioc').error).toMatch(/Insufficient margin/);
    const c = `0x${'cd'.repeat(16)}`;
    bench.order(ALICE, { b: true, p: '113000', s: '1', c });
    const cancel: Action = { type: 'cancelByCloid', cancels: [{ asset: 0, cloid: c }] };
    bench.venue.control.refuseNext(ALICE, { level: 'item', text: 'Not now' }, 1);
    expect(bench.ok(ALICE, cancel).data).toEqual({ statuses: [{ error: 'Not now' }] });
    expect(bench.ok(ALICE, cancel).data).toEqual({ statuses: ['success'] });
    bench.venue.control.refuseNext(ALICE, { level: 'action', text: 'Too busy' }, 1);
    expect(bench.refusal(ALICE, { type: 'noop' })).toBe('Too busy');
    bench.ok(ALICE, { type: 'noop' });
  });
});
