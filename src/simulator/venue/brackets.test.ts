/** TP/SL orders with a parent: when they are placed, and what ends them. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { MicroUsd } from '../../domain/money.ts';
import type { OrderStatusAnswer, OrderWire } from './actions.ts';
import { ALICE, BOB, CAROL, limit, orders, TestVenue, trigger } from './test_venue.ts';

type Statuses = { statuses: unknown[] };

let bench: TestVenue;
beforeEach(() => {
  bench = new TestVenue();
  for (const who of [ALICE, BOB, CAROL]) bench.lever(who, 25);
});

describe('brackets', () => {
  it('wait for their parent, then one exit cancels the other', () => {
    const answer = bench.ok(
      ALICE,
      orders(
        [
          limit(true, '113000', '1'),
          trigger(false, '112000', '1', 'sl'),
          trigger(false, '114000', '1', 'tp'),
        ],
        'normalTpsl',
      ),
    );
    expect((answer.data as Statuses).statuses).toMatchObject([
      { resting: {} },
      'waitingForFill',
      'waitingForFill',
    ]);
    expect(bench.venue.query.frontendOpenOrders(ALICE, '')[0]?.children).toHaveLength(2);
    bench.order(BOB, { b: false, p: '113000', s: '1' }, 'Ioc');
    expect(bench.venue.query.frontendOpenOrders(ALICE, '')).toHaveLength(2);
    bench.order(CAROL, { b: true, p: '114000', s: '1' });
    bench.venue.control.setOracle('BTC', '114100', '114100');
    bench.step();
    expect(bench.szi(ALICE)).toBe('0.0');
    const ends = bench.venue.query.historicalOrders(ALICE).filter((row) => row.order.isTrigger);
    expect(ends.map((row) => row.status)).toContain('siblingFilledCanceled');
  });

  it('end with one exit although another position of the coin stays', () => {
    bench.trade(ALICE, BOB, '113080', '1');
    bench.ok(
      ALICE,
      orders(
        [
          limit(true, '113000', '0.5'),
          trigger(false, '112000', '0.5', 'sl'),
          trigger(false, '114000', '0.5', 'tp'),
        ],
        'normalTpsl',
      ),
    );
    bench.order(BOB, { b: false, p: '113000', s: '0.5' }, 'Ioc');
    bench.order(CAROL, { b: true, p: '114000', s: '0.5' });
    bench.venue.control.setOracle('BTC', '114100', '114100');
    bench.step();
    expect(bench.szi(ALICE)).toBe('1.0');
    expect(bench.venue.query.frontendOpenOrders(ALICE, '')).toEqual([]);
  });

  it('go with a cancelled parent', () => {
    const answer = bench.ok(
      ALICE,
      orders([limit(true, '113000', '1'), trigger(false, '112000', '1', 'sl')], 'normalTpsl'),
    );
    const [parent] = (answer.data as { statuses: { resting: { oid: number } }[] }).statuses;
    bench.ok(ALICE, { type: 'cancel', cancels: [{ a: 0, o: parent?.resting.oid ?? 0 }] });
    expect(bench.venue.query.frontendOpenOrders(ALICE, '')).toEqual([]);
  });

  it('must be reduce-only, or the whole batch is refused', () => {
    const answer = bench.ok(
      ALICE,
      orders(
        [limit(true, '113000', '1'), { ...trigger(false, '112000', '1', 'sl'), r: false }],
        'normalTpsl',
      ),
    );
    expect((answer.data as Statuses).statuses).toHaveLength(1);
    expect(bench.venue.query.openOrders(ALICE, '')).toEqual([]);
  });
});

describe('a parent that is over with a part filled', () => {
  const CLOID = `0x${'c1'.repeat(16)}`;
  /** A stop and a take profit of 0.3 with the parent. */
  const bracket = (parent: OrderWire): OrderStatusAnswer[] => {
    const children = [
      { ...trigger(false, '112000', '0.3', 'sl'), c: CLOID },
      trigger(false, '114000', '0.3', 'tp'),
    ];
    const { data } = bench.ok(ALICE, orders([parent, ...children], 'normalTpsl'));
    return (data as { statuses: OrderStatusAnswer[] }).statuses;
  };
  const exits = () =>
    bench.venue.query
      .historicalOrders(ALICE)
      .filter((row) => row.order.isTrigger)
      .map((row) => row.status);
  const openOrders = () => [...(bench.venue.state.accounts.get(ALICE)?.open.values() ?? [])];
  const shownTriggers = () =>
    bench.venue.query.frontendOpenOrders(ALICE, '').map((order) => [order.orderType, order.sz]);
  /** Leaves Alice 1,400 USD: 0.3 BTC at 25x and the fees, and little for a loss. */
  const impoverish = () => bench.ok(ALICE, { type: 'withdraw3', destination: ALICE, amount: '98600' });

  it('takes its exits with it, and says so, when it was an IOC', () => {
    bench.order(BOB, { b: false, p: '113100', s: '0.1' });
    const answers = bracket(limit(true, '113100', '0.3', 'Ioc'));
    const refused = { error: 'Parent order was not filled in full. asset=0' };
    expect(answers).toMatchObject([{ filled: { totalSz: '0.1' } }, refused, refused]);
    expect(bench.szi(ALICE)).toBe('0.1');
    expect(openOrders()).toEqual([]);
    expect(exits()).toEqual(['canceled', 'canceled']);
    expect(bench.venue.query.orderStatus(ALICE, CLOID)).toMatchObject({ order: { status: 'canceled' } });
  });

  it('takes its exits with it when its owner cancels the rest', () => {
    bench.order(BOB, { b: false, p: '113100', s: '0.1' });
    const [parent] = bracket(limit(true, '113100', '0.3'));
    expect(openOrders()).toHaveLength(3);
    const oid = (parent as { filled: { oid: number } }).filled.oid;
    bench.ok(ALICE, { type: 'cancel', cancels: [{ a: 0, o: oid }] });
    expect(openOrders()).toEqual([]);
    expect(exits().slice(0, 2)).toEqual(['canceled', 'canceled']);
  });

  it('leaves its exits placed when its margin ran out at once', () => {
    impoverish();
    bench.order(BOB, { b: false, p: '113100', s: '0.2' });
    bench.order(BOB, { b: false, p: '119000', s: '0.1' });
    const answers = bracket(limit(true, '119000', '0.3', 'Ioc'));
    expect(answers).toMatchObject([{ filled: { totalSz: '0.2' } }, 'waitingForTrigger', 'waitingForTrigger']);
    expect(shownTriggers()).toEqual([
      ['Take Profit Market', '0.2'],
      ['Stop Market', '0.2'],
    ]);
  });

  it('leaves its exits placed when its margin ran out while it rested', () => {
    const [parent] = bracket(limit(true, '113000', '0.3'));
    bench.order(BOB, { b: false, p: '113000', s: '0.1' }, 'Ioc');
    expect(shownTriggers()).toEqual([['Limit', '0.2']]);
    impoverish();
    bench.venue.control.deposit(BOB, (1e6 * 1e6) as MicroUsd);
    bench.venue.control.setOracle('BTC', '112100', '112100');
    bench.step();
    bench.order(BOB, { b: false, p: '113000', s: '0.2' }, 'Ioc');
    const { oid } = (parent as { resting: { oid: number } }).resting;
    expect(bench.venue.query.orderStatus(ALICE, oid)).toMatchObject({ order: { status: 'marginCanceled' } });
    expect(shownTriggers()).toEqual([
      ['Take Profit Market', '0.1'],
      ['Stop Market', '0.1'],
    ]);
    expect(bench.blocks.at(-1)?.nonUserCancels.map((cancel) => cancel.oid)).toEqual([oid]);
  });

  it('takes its exits with it when it was a trigger that fired without margin', () => {
    const stop = { ...trigger(true, '113500', '0.3', 'sl'), r: false };
    const [parent, ...children] = bracket(stop);
    expect(children).toEqual(['waitingForFill', 'waitingForFill']);
    bench.ok(ALICE, { type: 'withdraw3', destination: ALICE, amount: '99990' });
    bench.venue.control.setOracle('BTC', '113600', '113600');
    bench.step();
    const { oid } = (parent as { resting: { oid: number } }).resting;
    expect(bench.venue.query.orderStatus(ALICE, oid)).toMatchObject({ order: { status: 'marginCanceled' } });
    expect(openOrders()).toEqual([]);
    expect(bench.blocks.at(-1)?.nonUserCancels.map((cancel) => cancel.oid)).toEqual([oid]);
  });
});
