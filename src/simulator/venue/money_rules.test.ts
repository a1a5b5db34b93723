import { beforeEach, describe, expect, it } from 'vitest';
import type { MicroUsd } from '../../domain/money.ts';
import { DEFAULT_RULES } from './rules.ts';
import { ALICE, BOB, CAROL, TestVenue, user } from './test_venue.ts';

const HOUR = 3_600_000;

describe('money between accounts', () => {
  let bench: TestVenue;
  beforeEach(() => {
    bench = new TestVenue();
  });

  it('withdraws with a fee of one dollar and says so in the ledger', () => {
    bench.ok(ALICE, { type: 'withdraw3', destination: BOB, amount: '100' });
    const state = bench.venue.query.clearinghouseState(ALICE, '');
    expect(state.marginSummary.accountValue).toBe('99900.0');
    const ledger = bench.venue.query.userNonFundingLedgerUpdates(ALICE, { startTime: 0 });
    expect(ledger.map((row) => row.delta)).toMatchObject([
      { type: 'deposit', usdc: '100000.0' },
      { type: 'withdraw', usdc: '99.0', fee: '1.0' },
    ]);
    expect(bench.refusal(ALICE, { type: 'withdraw3', destination: BOB, amount: '1000000' })).toBe(
      'Insufficient balance for withdrawal.',
    );
  });

  it('lets out only what margin does not need', () => {
    bench.lever(ALICE, 10);
    bench.lever(BOB, 10);
    bench.trade(ALICE, BOB, '113080', '5');
    // 565,400 USD: a tenth is the initial margin at 10 x.
    const { withdrawable, marginSummary } = bench.venue.query.clearinghouseState(ALICE, '');
    expect(Number(withdrawable)).toBeCloseTo(Number(marginSummary.accountValue) - 56_540, 6);
    expect(
      bench.refusal(ALICE, {
        type: 'usdSend',
        destination: CAROL,
        amount: withdrawable.replace(/\..*/, '1'),
      }),
    ).toMatch(/Insufficient balance/);
  });

  it('keeps a tenth of the notional inside, however high the leverage', () => {
    bench.lever(ALICE, 40);
    bench.lever(BOB, 40, false);
    bench.trade(ALICE, BOB, '113080', '5');
    const { withdrawable, marginSummary } = bench.venue.query.clearinghouseState(ALICE, '');
    expect(Number(withdrawable)).toBeCloseTo(Number(marginSummary.accountValue) - 56_540, 6);
    const change = { type: 'updateIsolatedMargin' as const, asset: 0, isBuy: true };
    bench.ok(BOB, { ...change, ntli: 50_000_000_000 });
    expect(bench.refusal(BOB, { ...change, ntli: -10_000_000_000 })).toBe(
      'Position does not have sufficient margin for reduction.',
    );
  });

  it('moves between perp, spot, dexs and sub-accounts', () => {
    bench = new TestVenue({ subAccounts: { ...DEFAULT_RULES.subAccounts, volumeUsd: 0 } });
    bench.ok(ALICE, { type: 'usdClassTransfer', amount: '1000', toPerp: false });
    expect(bench.venue.query.spotClearinghouseState(ALICE).balances).toMatchObject([
      { coin: 'USDC', total: '1000.0' },
    ]);
    const send = { destination: ALICE, token: 'USDC', fromSubAccount: '' };
    bench.ok(ALICE, { type: 'sendAsset', ...send, sourceDex: 'spot', destinationDex: 'xyz', amount: '400' });
    expect(bench.venue.query.clearinghouseState(ALICE, 'xyz').marginSummary.accountValue).toBe('400.0');
    const made = bench.ok(ALICE, { type: 'createSubAccount', name: 'second' });
    const sub = made.data as typeof ALICE;
    bench.ok(ALICE, { type: 'subAccountTransfer', subAccountUser: sub, isDeposit: true, usd: 50_000_000 });
    expect(bench.venue.query.subAccounts(ALICE)).toMatchObject([
      { name: 'second', master: ALICE, clearinghouseState: { withdrawable: '50.0' } },
    ]);
    expect(bench.venue.query.userRole(sub)).toEqual({ role: 'subAccount', data: { master: ALICE } });
  });

  it('states closedPnl and entryPx by the average entry cut to a whole tick; cash stays exact', () => {
    const before = Number(bench.venue.query.clearinghouseState(ALICE, '').marginSummary.accountValue);
    bench.trade(ALICE, BOB, '113080', '0.001');
    bench.trade(ALICE, BOB, '113081', '0.002');
    // 113080.666... is 113080.6 on BTC's tick of 0.1, for the long and the short alike.
    for (const user of [ALICE, BOB])
      expect(bench.venue.query.clearinghouseState(user, '').assetPositions[0]?.position.entryPx).toBe(
        '113080.6',
      );
    bench.trade(BOB, ALICE, '113090', '0.001');
    bench.trade(BOB, ALICE, '113090', '0.002');
    const fills = bench.venue.query.userFills(ALICE, false);
    expect(fills.map((fill) => fill.closedPnl)).toEqual(['0.0188', '0.0094', '0.0', '0.0']);
    const other = bench.venue.query.userFills(BOB, false);
    expect(other.map((fill) => fill.closedPnl)).toEqual(['-0.0188', '-0.0094', '0.0', '0.0']);
    const fees = fills.reduce((sum, fill) => sum + Number(fill.fee), 0);
    const after = Number(bench.venue.query.clearinghouseState(ALICE, '').marginSummary.accountValue);
    expect(after - before).toBeCloseTo(0.028 - fees, 6);
    expect(bench.venue.conservation().difference).toBe(0n);
  });

  it('gives sub-accounts only after enough volume', () => {
    expect(bench.refusal(ALICE, { type: 'createSubAccount', name: 'x' })).toBe(
      'Cannot create sub-accounts until enough volume traded. Required: $100000. Traded: $0.0',
    );
  });

  it('pays vault depositors by share, with the leader commission on profit', () => {
    bench = new TestVenue({ vault: { ...DEFAULT_RULES.vault, lockupMs: 0 } });
    const made = bench.ok(ALICE, {
      type: 'createVault',
      name: 'V',
      description: 'd',
      initialUsd: 1_000_000_000,
      nonce: 1,
    });
    const vault = made.data as typeof ALICE;
    bench.ok(BOB, { type: 'vaultTransfer', vaultAddress: vault, isDeposit: true, usd: 1_000_000_000 });
    // The vault gains 1,000 USD: half of it is Bob's, a tenth of that the leader's.
    bench.ok(CAROL, { type: 'usdSend', destination: vault, amount: '1000' });
    expect(bench.venue.query.userVaultEquities(BOB)).toMatchObject([{ equity: '1500.0' }]);
    const before = Number(bench.venue.query.clearinghouseState(BOB, '').withdrawable);
    bench.ok(BOB, { type: 'vaultTransfer', vaultAddress: vault, isDeposit: false, usd: 1_500_000_000 });
    expect(Number(bench.venue.query.clearinghouseState(BOB, '').withdrawable) - before).toBeCloseTo(1450, 5);
    expect(bench.venue.query.vaultDetails(vault, BOB)?.followers).toHaveLength(1);
  });

  it('trades for a vault through its leader only', () => {
    const made = bench.ok(ALICE, {
      type: 'createVault',
      name: 'V',
      description: 'd',
      initialUsd: 1_000_000_000,
      nonce: 1,
    });
    const vault = made.data as typeof ALICE;
    const order = {
      type: 'order' as const,
      grouping: 'na' as const,
      orders: [{ a: 0, b: true, p: '100000', s: '0.001', r: false, t: { limit: { tif: 'Gtc' as const } } }],
    };
    bench.ok(ALICE, order, vault);
    expect(bench.venue.query.openOrders(vault, '')).toHaveLength(1);
    expect(bench.refusal(BOB, order, vault)).toBe(`Vault not registered: ${vault}`);
  });
});

describe('funding', () => {
  it('moves money from longs to shorts by the premium of impact prices, and sums to zero', () => {
    const bench = new TestVenue();
    bench.lever(ALICE, 10);
    bench.lever(BOB, 10);
    bench.lever(CAROL, 10);
    bench.trade(ALICE, BOB, '113080', '2');
    // The book stands 1 % over the oracle: the hourly rate is (premium - 0.05 %) / 8.
    bench.order(CAROL, { b: true, p: '114200', s: '0.5' });
    bench.order(CAROL, { b: false, p: '114300', s: '0.5' });
    bench.pass(HOUR);
    const [paid] = bench.venue.query.userFunding(ALICE, { startTime: 0 });
    const [got] = bench.venue.query.userFunding(BOB, { startTime: 0 });
    expect(paid?.delta.szi).toBe('2.0');
    expect(Number(paid?.delta.usdc)).toBeLessThan(-200);
    expect(Number(paid?.delta.usdc) + Number(got?.delta.usdc)).toBe(0);
    const premium = (114_200 - 113_080) / 113_080;
    expect(Number(paid?.delta.fundingRate)).toBeCloseTo((premium - 0.0005) / 8, 6);
    expect(Number(paid?.delta.usdc)).toBeCloseTo(-2 * 113_080 * Number(paid?.delta.fundingRate), 2);
    const state = bench.venue.query.clearinghouseState(ALICE, '').assetPositions[0]?.position;
    expect(Number(state?.cumFunding.sinceOpen)).toBe(-Number(paid?.delta.usdc));
  });

  it('is paid on the oracle price, wherever the mark is', () => {
    const bench = new TestVenue();
    for (const who of [ALICE, BOB]) bench.lever(who, 10);
    bench.trade(ALICE, BOB, '113080', '2');
    bench.order(CAROL, { b: true, p: '114200', s: '0.1' });
    bench.order(CAROL, { b: false, p: '114300', s: '0.1' });
    bench.venue.control.setOracle('BTC', '113080', '114250');
    bench.step();
    expect(Number(bench.venue.query.assetCtx('BTC')?.markPx)).toBeGreaterThan(114_000);
    bench.pass(HOUR);
    const { delta } = bench.venue.query.userFunding(ALICE, { startTime: 0 })[0] ?? {};
    expect(Number(delta?.usdc)).toBeCloseTo(-2 * 113_080 * Number(delta?.fundingRate), 2);
  });

  it('is the baseline of 0.00125 % an hour while the book agrees with the oracle', () => {
    const bench = new TestVenue();
    bench.pass(HOUR);
    expect(bench.venue.query.fundingHistory('BTC', { startTime: 0 })[0]?.fundingRate).toBe('0.0000125');
  });
});

describe('fees', () => {
  it('charges maker and taker by the tier of the last 14 days', () => {
    const bench = new TestVenue();
    bench.venue.control.deposit(ALICE, (50_000_000 * 1e6) as MicroUsd);
    bench.venue.control.deposit(BOB, (50_000_000 * 1e6) as MicroUsd);
    bench.lever(ALICE, 20);
    bench.lever(BOB, 20);
    bench.trade(ALICE, BOB, '113080', '50');
    expect(bench.venue.query.userFills(ALICE, false)[0]?.fee).toBe('2544.3');
    expect(bench.venue.query.userFills(BOB, false)[0]?.fee).toBe('848.1');
    expect(bench.venue.query.userFees(ALICE).userCrossRate).toBe('0.00045');
    bench.step(24 * HOUR);
    // 5.65 million USD: the second tier.
    expect(bench.venue.query.userFees(ALICE)).toMatchObject({
      userCrossRate: '0.0004',
      userAddRate: '0.00012',
    });
  });

  it('includes an approved builder fee in the fee and pays it to the builder', () => {
    const bench = new TestVenue();
    const wire = { a: 0, b: true, p: '113080', s: '0.1', r: false, t: { limit: { tif: 'Ioc' as const } } };
    const order = {
      type: 'order' as const,
      orders: [wire],
      grouping: 'na' as const,
      builder: { b: CAROL, f: 10 },
    };
    bench.order(BOB, { b: false, p: '113080', s: '0.1' });
    expect(bench.refusal(ALICE, order)).toBe('Builder fee has not been approved');
    bench.ok(ALICE, { type: 'approveBuilderFee', builder: CAROL, maxFeeRate: '0.01%' });
    bench.ok(ALICE, order);
    // 11,308 USD: 4.5 bp to the venue and 1 bp to the builder.
    expect(bench.venue.query.userFills(ALICE, false)[0]).toMatchObject({
      fee: '6.2194',
      builderFee: '1.1308',
    });
    expect(bench.venue.query.clearinghouseState(CAROL, '').marginSummary.accountValue).toBe('100001.1308');
  });

  it('doubles on a builder dex and pays the deployer half; a tenth of it in growth mode', () => {
    const bench = new TestVenue();
    const { query } = bench.venue;
    const send = { token: 'USDC', amount: '20000', fromSubAccount: '', sourceDex: '', destinationDex: 'xyz' };
    for (const who of [ALICE, BOB]) bench.ok(who, { type: 'sendAsset', ...send, destination: who });
    const deployer = query.perpDexs()[1]?.deployer ?? ALICE;
    const gold = query.coin('xyz:GOLD')?.assetId ?? 0;
    const tesla = query.coin('xyz:TSLA')?.assetId ?? 0;
    for (const who of [ALICE, BOB]) for (const asset of [gold, tesla]) bench.lever(who, 5, false, asset);
    bench.trade(ALICE, BOB, '4900', '1', gold);
    // 9 bp taker and 3 bp maker of 4,900 USD.
    expect(query.userFills(ALICE, false)[0]?.fee).toBe('4.41');
    expect(query.userFills(BOB, false)[0]?.fee).toBe('1.47');
    expect(query.clearinghouseState(deployer, '').marginSummary.accountValue).toBe('2.94');
    bench.trade(ALICE, BOB, '400', '10', tesla);
    expect(query.userFills(ALICE, false)[0]?.fee).toBe('0.36');
    expect(query.clearinghouseState(ALICE, 'xyz').assetPositions.map((p) => p.position.coin)).toEqual([
      'xyz:TSLA',
      'xyz:GOLD',
    ]);
    expect(query.clearinghouseState(ALICE, '').assetPositions).toEqual([]);
  });

  it('reproduces the recorded truncation of fees', () => {
    const bench = new TestVenue();
    bench.trade(ALICE, BOB, '4307.4', '0.0025', 1);
    expect(bench.venue.query.userFills(ALICE, false)[0]?.fee).toBe('0.004845');
  });
});

it('starts the portfolio at the deposit and keeps PnL apart from flows', () => {
  const bench = new TestVenue();
  bench.trade(ALICE, BOB, '113080', '0.5');
  bench.venue.control.setOracle('BTC', '114000');
  bench.step();
  const before = Number(bench.venue.query.portfolio(ALICE)[0]?.[1].pnlHistory.at(-1)?.[1]);
  bench.ok(ALICE, { type: 'withdraw3', destination: ALICE, amount: '5000' });
  const windows = bench.venue.query.portfolio(ALICE);
  expect(windows.map(([name]) => name)).toEqual([
    'day',
    'week',
    'month',
    'allTime',
    'perpDay',
    'perpWeek',
    'perpMonth',
    'perpAllTime',
  ]);
  const [, day] = windows[0] ?? [];
  expect(day?.accountValueHistory[0]?.[1]).toBe('100000.0');
  expect(day?.pnlHistory[0]?.[1]).toBe('0.0');
  expect(Number(day?.pnlHistory.at(-1)?.[1])).toBe(before);
  expect(before).toBeGreaterThan(0);
  expect(day?.vlm).toBe('56540.0');
});

describe('unified accounts', () => {
  it('shows the balance in spot and backs every dex with it', () => {
    const bench = new TestVenue();
    bench.ok(ALICE, { type: 'userSetAbstraction', user: ALICE, abstraction: 'unifiedAccount' });
    expect(bench.venue.query.userAbstraction(ALICE)).toBe('unifiedAccount');
    expect(bench.venue.query.spotClearinghouseState(ALICE).balances).toMatchObject([{ total: '100000.0' }]);
    expect(bench.venue.query.clearinghouseState(ALICE, '').marginSummary.accountValue).toBe('0.0');
    bench.trade(ALICE, BOB, '113080', '0.1');
    const state = bench.venue.query.clearinghouseState(ALICE, '');
    expect(state.assetPositions[0]?.position.szi).toBe('0.1');
    expect(Number(state.marginSummary.accountValue)).toBe(0);
    expect(bench.refusal(ALICE, { type: 'usdClassTransfer', amount: '1', toPerp: true })).toBe(
      'Action disabled when unified account is active',
    );
    // The builder dex takes its margin from the same balance, without a transfer.
    const gold = bench.venue.query.coin('xyz:GOLD')?.assetId ?? 0;
    bench.lever(ALICE, 5, false, gold);
    expect(bench.order(ALICE, { a: gold, b: true, p: '4900', s: '10' }).resting).toBeDefined();
    const send = { token: 'USDC', amount: '20000', fromSubAccount: '', sourceDex: '', destinationDex: 'xyz' };
    bench.ok(BOB, { type: 'sendAsset', ...send, destination: BOB });
    bench.lever(BOB, 5, false, gold);
    bench.order(BOB, { a: gold, b: false, p: '4900', s: '10' }, 'Ioc');
    const there = bench.venue.query.clearinghouseState(ALICE, 'xyz');
    expect(there.assetPositions[0]?.position).toMatchObject({ szi: '10.0', marginUsed: '9799.0' });
    // What is unrealised is all that the summary of such an account says.
    expect(there.marginSummary.accountValue).toBe('-1.0');
  });
});

it('answers an unknown address as one that never acted', () => {
  const bench = new TestVenue();
  const nobody = user(0xdead);
  expect(bench.venue.query.clearinghouseState(nobody, '')).toMatchObject({
    withdrawable: '0.0',
    assetPositions: [],
  });
  expect(bench.venue.query.userRole(nobody)).toEqual({ role: 'missing' });
  expect(bench.venue.query.userFills(nobody, false)).toEqual([]);
  expect(bench.venue.query.orderStatus(nobody, 1)).toEqual({ status: 'unknownOid' });
});
