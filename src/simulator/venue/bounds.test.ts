/** Rules that bind only at their edge: tiers, caps, volumes that have to be traded first, ranks, settings. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { MicroUsd } from '../../domain/money.ts';
import type { OrderWire } from './actions.ts';
import { maintenanceOf } from './margin.ts';
import { hourlyRate } from './prices.ts';
import { DEFAULT_RULES } from './rules.ts';
import type { Market } from './state.ts';
import { ALICE, BOB, CAROL, TestVenue, user } from './test_venue.ts';

const USD = 1_000_000;
const DAY = 86_400_000;
const HOUR = 3_600_000;
let bench: TestVenue;
beforeEach(() => {
  bench = new TestVenue();
});

const fund = (who: typeof ALICE, usd: number) => {
  bench.venue.control.deposit(who, (usd * USD) as MicroUsd);
  bench.step();
};
const marketOf = (symbol: string) => bench.venue.state.bySymbol.get(symbol) as Market;
const rich = (who: typeof ALICE, dollars: number) => {
  const account = bench.venue.state.accounts.get(who);
  if (account !== undefined) account.cumulativeVolume = dollars * USD;
};

describe('margin tiers', () => {
  it('hold maintenance continuous: BTC is 40x to 150 million, 20x beyond', () => {
    const at = (millions: number) => maintenanceOf(marketOf('BTC'), millions * 1e6 * USD) / USD;
    expect(at(100)).toBe(100e6 / 80);
    expect(at(150)).toBe(150e6 / 80);
    expect(at(250)).toBe(150e6 / 80 + 100e6 / 40);
  });

  it('bound the leverage of a large position', () => {
    fund(ALICE, 100_000_000);
    bench.lever(ALICE, 40);
    expect(bench.order(ALICE, { b: true, p: '113000', s: '1400' }).error).toBe(
      'Order would cause position to exceed margin tier limit at current leverage asset=0',
    );
    bench.lever(ALICE, 20);
    expect(bench.order(ALICE, { b: true, p: '113000', s: '1400' }).resting?.oid).toBeTypeOf('number');
    expect(bench.refusal(ALICE, { type: 'updateLeverage', asset: 0, isCross: true, leverage: 41 })).toBe(
      'Invalid leverage value',
    );
  });
});

describe('the largest order', () => {
  it('is 30 million at market and ten times that at a limit, for the most liquid coins', () => {
    fund(ALICE, 400_000_000);
    const order = (s: string, tif: 'Gtc' | 'Ioc') =>
      bench.order(ALICE, { b: true, p: '113000', s }, tif).error;
    expect(order('266', 'Ioc')).toBe('Order has invalid size. asset=0');
    expect(order('265', 'Ioc')).toMatch(/could not immediately match/);
    expect(order('2655', 'Gtc')).toBe('Order has invalid size. asset=0');
    expect(order('2654', 'Gtc')).toBeUndefined();
  });
});

describe('open orders', () => {
  it('are counted; close to the cap nothing that only waits is taken', () => {
    bench = new TestVenue({ openOrders: { base: 2, perUsd: 1_000_000, max: 3 } });
    bench.trade(ALICE, BOB, '113080', '0.1');
    rich(ALICE, 1_000_000);
    const order = (rest: Partial<OrderWire> = {}) =>
      bench.order(ALICE, { b: true, p: '100000', s: '0.001', ...rest });
    for (let i = 0; i < 2; i++) expect(order().resting).toBeDefined();
    const full = 'Too many open orders. Current limit is 3 asset=0';
    expect(order({ b: false, p: '120000', r: true }).error).toBe(full);
    expect(
      order({ t: { trigger: { isMarket: true, triggerPx: '120000', tpsl: 'sl' } }, p: '120000' }).error,
    ).toBe(full);
    expect(order().resting).toBeDefined();
    expect(order().error).toBe(full);
  });
});

describe('the smallest order', () => {
  it.each([
    ['fullReduceOnlyClose', false],
    ['anyClose', true],
  ] as const)('under the rule %s', (minOrderExemption, partPasses) => {
    bench = new TestVenue({ minOrderExemption });
    bench.trade(ALICE, BOB, '113080', '0.00009');
    bench.order(CAROL, { b: true, p: '113000', s: '0.1' });
    const close = (s: string, r: boolean) =>
      bench.order(ALICE, { b: false, p: '113000', s, r }, 'Ioc').error === undefined;
    expect(close('0.00001', true)).toBe(partPasses);
    expect(close('0.00001', false)).toBe(partPasses);
    expect(close('1', true)).toBe(true);
    expect(bench.szi(ALICE)).toBe('0.0');
  });
});

describe('triggers', () => {
  it('a take profit with a limit rests at its price once the mark is there', () => {
    bench.trade(ALICE, BOB, '113080', '0.5');
    const t = { trigger: { isMarket: false, triggerPx: '114000', tpsl: 'tp' as const } };
    const oid = bench.order(ALICE, { b: false, p: '114500', s: '0.5', r: true, t }).resting?.oid;
    expect(bench.venue.query.frontendOpenOrders(ALICE, '')[0]).toMatchObject({
      orderType: 'Take Profit Limit',
      triggerCondition: 'Price above 114000',
    });
    bench.venue.control.setOracle('BTC', '113900');
    bench.step();
    expect(bench.venue.query.l2Book('BTC')?.levels[1]).toEqual([]);
    bench.venue.control.setOracle('BTC', '114100');
    bench.step();
    expect(bench.venue.query.l2Book('BTC')?.levels[1]).toMatchObject([{ px: '114500.0', sz: '0.5' }]);
    bench.order(CAROL, { b: true, p: '114500', s: '0.5' }, 'Ioc');
    expect(bench.venue.query.userFills(ALICE, false)[0]).toMatchObject({ oid, px: '114500.0' });
  });

  it('a stop with a limit buys at most at its price', () => {
    bench.trade(BOB, ALICE, '113080', '0.5');
    const t = { trigger: { isMarket: false, triggerPx: '114000', tpsl: 'sl' as const } };
    bench.order(ALICE, { b: true, p: '114200', s: '0.5', r: true, t });
    bench.order(CAROL, { b: false, p: '114300', s: '1' });
    bench.venue.control.setOracle('BTC', '114100');
    bench.step();
    expect(bench.szi(ALICE)).toBe('-0.5');
    expect(bench.venue.query.openOrders(ALICE, '')).toMatchObject([{ limitPx: '114200.0', sz: '0.5' }]);
  });
});

describe('scheduled cancels', () => {
  it('need a million of volume and run ten times a day', () => {
    const at = () => ({ type: 'scheduleCancel', time: bench.venue.time + 6000 }) as const;
    expect(bench.refusal(ALICE, at())).toBe(
      'Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0.0',
    );
    rich(ALICE, 1_000_000);
    for (let i = 0; i < 10; i++) {
      bench.ok(ALICE, at());
      bench.pass(7000);
    }
    expect(bench.refusal(ALICE, at())).toBe('Too many scheduled cancels triggered today.');
    bench.step(DAY);
    bench.ok(ALICE, at());
    bench.order(ALICE, { b: true, p: '100000', s: '0.001' });
    bench.ok(ALICE, { type: 'scheduleCancel' });
    bench.pass(7000);
    expect(bench.venue.query.openOrders(ALICE, '')).toHaveLength(1);
  });
});

describe('a builder dex', () => {
  const gold = () => bench.venue.query.coin('xyz:GOLD')?.assetId ?? 0;
  const send = (who: typeof ALICE, amount: string) =>
    bench.ok(who, {
      ...{ type: 'sendAsset', token: 'USDC', fromSubAccount: '', sourceDex: '', destinationDex: 'xyz' },
      destination: who,
      amount,
    });

  it('has margin of its own, and a wider price band', () => {
    bench.lever(ALICE, 5, false, gold());
    expect(bench.order(ALICE, { a: gold(), b: true, p: '4800', s: '1' }).error).toMatch(
      /^Insufficient margin/,
    );
    send(ALICE, '2000');
    expect(bench.order(ALICE, { a: gold(), b: true, p: '4800', s: '1' }).resting?.oid).toBeTypeOf('number');
    expect(bench.order(ALICE, { a: gold(), b: true, p: '200', s: '1' }).error).toMatch(
      /more than 95% away from the reference price/,
    );
    expect(bench.venue.query.openOrders(ALICE, '')).toEqual([]);
    expect(bench.venue.query.openOrders(ALICE, 'xyz')).toMatchObject([{ coin: 'xyz:GOLD' }]);
    expect(bench.venue.query.perpDexStatus('xyz')).toMatchObject({ totalNetDeposit: '2000.0' });
    expect(bench.refusal(ALICE, { type: 'updateLeverage', asset: gold(), isCross: true, leverage: 5 })).toBe(
      'Cross margin is not allowed for this asset.',
    );
  });

  it('takes its premium from the middle of the impact prices', () => {
    send(CAROL, '50000');
    bench.lever(CAROL, 5, false, gold());
    bench.order(CAROL, { a: gold(), b: true, p: '4940', s: '5' });
    bench.order(CAROL, { a: gold(), b: false, p: '4960', s: '5' });
    bench.pass(HOUR);
    const oracle = Number(bench.venue.query.assetCtx('xyz:GOLD')?.oraclePx);
    const rate = Number(bench.venue.query.fundingHistory('xyz:GOLD', { startTime: 0 }).at(-1)?.fundingRate);
    expect(rate).toBeCloseTo(((4950 - oracle) / oracle - 0.0005) / 8, 6);
  });
});

describe('prices and funding', () => {
  it('marks at the median of oracle, book and other venues', () => {
    const mark = (oracle: string, external: string) => {
      bench.venue.control.setOracle('BTC', oracle, external);
      bench.step();
      return bench.venue.query.assetCtx('BTC')?.markPx;
    };
    // Nothing rests: the book's part is the last price, 113,080.
    expect(mark('114000', '114500')).toBe('114000.0');
    expect(mark('115000', '112000')).toBe('113080.0');
    expect(mark('112000', '112500')).toBe('112500.0');
  });

  it('pays at most 4 % an hour either way', () => {
    expect(hourlyRate(bench.venue.state, 9e9)).toBe(400_000_000);
    expect(hourlyRate(bench.venue.state, -9e9)).toBe(-400_000_000);
    expect(hourlyRate(bench.venue.state, 0)).toBe(125_000);
  });
});

describe('deleveraging', () => {
  it('takes the best ranked first: more profit, more leverage', () => {
    bench.lever(ALICE, 25);
    bench.lever(BOB, 25);
    bench.lever(CAROL, 25);
    // Both are short 5; Carol sold higher and withdrew what she could.
    bench.trade(ALICE, CAROL, '114000', '5');
    bench.trade(ALICE, BOB, '113000', '5');
    bench.ok(CAROL, { type: 'withdraw3', destination: CAROL, amount: '40000' });
    const size = (who: typeof ALICE) => bench.szi(who);
    bench.venue.control.forceAdl(ALICE, 'BTC', '4');
    bench.step();
    expect([size(ALICE), size(BOB), size(CAROL)]).toEqual(['6.0', '-5.0', '-1.0']);
    // What is left of Carol's is small for her equity: now Bob is first.
    bench.venue.control.forceAdl(ALICE, 'BTC', '4');
    bench.step();
    expect([size(ALICE), size(BOB), size(CAROL)]).toEqual(['2.0', '-1.0', '-1.0']);
  });
});

describe('accounts', () => {
  it('buy requests, and earn one with each dollar traded', () => {
    const before = bench.venue.query.userRateLimit(ALICE);
    bench.trade(ALICE, BOB, '113080', '0.01');
    expect(bench.venue.query.userRateLimit(ALICE).nRequestsCap).toBe(before.nRequestsCap + 1130);
    const value = () =>
      Number(bench.venue.query.clearinghouseState(ALICE, '').marginSummary.accountValue) * USD;
    const held = value();
    bench.ok(ALICE, { type: 'reserveRequestWeight', weight: 1000 });
    expect(Math.round(held - value())).toBe(500_000);
    expect(bench.venue.query.userRateLimit(ALICE).nRequestsCap).toBe(before.nRequestsCap + 2130);
  });

  it('pay four percent less with a referrer', () => {
    bench.ok(BOB, { type: 'registerReferrer', code: 'BOB' });
    bench.ok(ALICE, { type: 'setReferrer', code: 'BOB' });
    bench.step(DAY);
    expect(bench.venue.query.userFees(ALICE)).toMatchObject({
      userCrossRate: '0.000432',
      userAddRate: '0.000144',
      activeReferralDiscount: '0.04',
    });
  });

  it('name two more agents for each sub-account, none for longer than 180 days', () => {
    const approve = (n: number, agentName: string) =>
      ({ type: 'approveAgent', agentAddress: user(n), agentName }) as const;
    expect(bench.refusal(ALICE, approve(1, `a valid_until ${bench.venue.time + 181 * DAY}`))).toMatch(
      /too far in the future/,
    );
    rich(ALICE, 100_000);
    bench.ok(ALICE, { type: 'createSubAccount', name: 'second' });
    for (let n = 1; n <= 5; n++) bench.ok(ALICE, approve(n, `bot ${n}`));
    expect(bench.refusal(ALICE, approve(6, 'bot 6'))).toMatch(/Current limit is 5$/);
    expect(bench.refusal(ALICE, { type: 'createSubAccount', name: '' })).toMatch(/1 to 16 characters/);
  });

  it('hold portfolio margin as one balance, and go back', () => {
    bench.ok(ALICE, { type: 'userPortfolioMargin', user: ALICE, enabled: true });
    expect(bench.venue.query.userAbstraction(ALICE)).toBe('portfolioMargin');
    expect(bench.venue.query.spotClearinghouseState(ALICE).balances).toMatchObject([{ total: '100000.0' }]);
    bench.ok(ALICE, { type: 'userPortfolioMargin', user: ALICE, enabled: false });
    expect(bench.venue.query.userAbstraction(ALICE)).toBe('disabled');
  });

  it('approve at most ten builders, each up to a tenth of a percent on perpetuals', () => {
    const approve = (n: number, maxFeeRate: string) =>
      ({ type: 'approveBuilderFee', builder: user(n), maxFeeRate }) as const;
    for (let n = 1; n <= 10; n++) bench.ok(ALICE, approve(n, '0.1%'));
    expect(bench.refusal(ALICE, approve(11, '0.1%'))).toBe('Too many approved builders.');
    const order = (f: number) =>
      bench.act(ALICE, {
        ...{ type: 'order', grouping: 'na', builder: { b: user(1), f } },
        orders: [{ a: 0, b: true, p: '100000', s: '0.001', r: false, t: { limit: { tif: 'Gtc' } } }],
      });
    expect(order(101)).toEqual({ status: 'err', response: 'Builder fee too high.' });
    expect(order(50)).toEqual({
      status: 'err',
      response: 'Builder has insufficient balance to be approved.',
    });
    expect(DEFAULT_RULES.builder.minEquity).toBe(100 * USD);
    fund(user(1), 100);
    expect(order(50).status).toBe('ok');
  });
});
