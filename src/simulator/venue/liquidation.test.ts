/** What becomes of an account below its maintenance margin. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { MicroUsd } from '../../domain/money.ts';
import { DEFAULT_RULES } from './rules.ts';
import { ALICE, BOB, CAROL, TestVenue } from './test_venue.ts';

let bench: TestVenue;
beforeEach(() => {
  bench = new TestVenue();
  for (const who of [ALICE, BOB, CAROL]) bench.lever(who, 25);
});

describe('liquidation', () => {
  it('sells a fifth of a large position first and the rest after the cooldown', () => {
    bench.trade(ALICE, BOB, '113080', '20');
    bench.order(CAROL, { b: true, p: '109500', s: '10' });
    bench.venue.control.setOracle('BTC', '109300');
    bench.step();
    expect(bench.szi(ALICE)).toBe('16.0');
    bench.venue.control.setOracle('BTC', '108900');
    bench.step();
    expect(bench.szi(ALICE)).toBe('16.0');
    bench.step(30_000);
    bench.venue.control.setOracle('BTC', '108900');
    bench.step();
    expect(bench.szi(ALICE)).toBe('10.0');
  });

  it('sells the rest during the cooldown where the rules say so', () => {
    const liquidation = { ...DEFAULT_RULES.liquidation, duringCooldown: 'everything' as const };
    bench = new TestVenue({ liquidation });
    for (const who of [ALICE, BOB, CAROL]) bench.lever(who, 25);
    bench.trade(ALICE, BOB, '113080', '20');
    bench.order(CAROL, { b: true, p: '109500', s: '10' });
    bench.venue.control.setOracle('BTC', '109300');
    bench.step();
    expect(bench.szi(ALICE)).toBe('16.0');
    bench.venue.control.setOracle('BTC', '108900');
    bench.step();
    expect(bench.szi(ALICE)).toBe('10.0');
  });

  it('begins with a fifth again after the account was safe', () => {
    bench.trade(ALICE, BOB, '113080', '20');
    bench.order(CAROL, { b: true, p: '109500', s: '4' });
    bench.venue.control.setOracle('BTC', '109300');
    bench.step();
    expect(bench.szi(ALICE)).toBe('16.0');
    bench.venue.control.deposit(ALICE, (20_000 * 1e6) as MicroUsd);
    bench.venue.control.setOracle('BTC', '109300');
    bench.step();
    bench.pass(6 * 3_600_000);
    bench.order(CAROL, { b: true, p: '107600', s: '6' });
    bench.venue.control.setOracle('BTC', '107500');
    bench.step();
    expect(bench.szi(ALICE)).toBe('12.8');
  });

  it('begins with a fifth while nobody has bought one, and at once when somebody does', () => {
    bench.trade(ALICE, BOB, '113080', '20');
    bench.venue.control.setOracle('BTC', '109300');
    bench.step();
    expect(bench.szi(ALICE)).toBe('20.0');
    bench.order(CAROL, { b: true, p: '109500', s: '10' });
    bench.venue.control.setOracle('BTC', '109300');
    bench.step();
    expect(bench.szi(ALICE)).toBe('16.0');
  });

  it('begins with a fifth for what was turned round during the cooldown', () => {
    bench.trade(ALICE, BOB, '113080', '20');
    bench.order(CAROL, { b: true, p: '109500', s: '4' });
    bench.venue.control.setOracle('BTC', '109300');
    bench.step();
    expect(bench.szi(ALICE)).toBe('16.0');
    bench.venue.control.deposit(ALICE, (150_000 * 1e6) as MicroUsd);
    bench.step();
    bench.trade(BOB, ALICE, '109300', '32');
    expect(bench.szi(ALICE)).toBe('-16.0');
    bench.order(CAROL, { b: false, p: '118500', s: '10' });
    bench.venue.control.setOracle('BTC', '118700');
    bench.step();
    expect(bench.szi(ALICE)).toBe('-12.8');
  });

  it('hands what is below two thirds of maintenance to the liquidator, margin included', () => {
    bench.trade(ALICE, BOB, '113080', '20');
    bench.venue.control.setOracle('BTC', '108900');
    bench.step();
    const state = bench.venue.query.clearinghouseState(ALICE, '');
    expect(state).toMatchObject({ assetPositions: [], marginSummary: { accountValue: '0.0' } });
    const [fill] = bench.venue.query.userFills(ALICE, false);
    expect(fill).toMatchObject({
      dir: 'Liquidated Cross Long',
      fee: '0.0',
      liquidation: { method: 'backstop' },
    });
    expect(bench.venue.query.recentTrades('BTC', 10)).toHaveLength(1);
    expect(
      bench.venue.query.userNonFundingLedgerUpdates(ALICE, { startTime: 0 }).at(-1)?.delta,
    ).toMatchObject({
      type: 'liquidation',
      leverageType: 'Cross',
      liquidatedPositions: [{ coin: 'BTC', szi: '20.0' }],
    });
  });

  it('deleverages the other side at the previous mark where equity is gone', () => {
    bench.trade(ALICE, BOB, '113080', '20');
    const before = Number(bench.venue.query.clearinghouseState(BOB, '').marginSummary.accountValue);
    bench.venue.control.setOracle('BTC', '100000');
    bench.step();
    expect(bench.szi(ALICE)).toBe('0.0');
    expect(bench.szi(BOB)).toBe('0.0');
    const [fill] = bench.venue.query.userFills(BOB, false);
    expect(fill).toMatchObject({
      dir: 'Auto-Deleveraging',
      px: '113080.0',
      liquidation: { liquidatedUser: ALICE },
    });
    expect(Number(bench.venue.query.clearinghouseState(BOB, '').marginSummary.accountValue)).toBeCloseTo(
      before,
      0,
    );
  });

  it('takes no more than an isolated position has', () => {
    bench.lever(ALICE, 20, false);
    bench.trade(ALICE, BOB, '113080', '5');
    const cross = Number(bench.venue.query.clearinghouseState(ALICE, '').withdrawable);
    expect(
      bench.venue.query.clearinghouseState(ALICE, '').assetPositions[0]?.position.leverage,
    ).toMatchObject({ type: 'isolated', value: 20 });
    bench.venue.control.setOracle('BTC', '108200');
    bench.step();
    expect(bench.szi(ALICE)).toBe('0.0');
    expect(bench.venue.query.userFills(ALICE, false)[0]?.dir).toBe('Liquidated Isolated Long');
    expect(Number(bench.venue.query.clearinghouseState(ALICE, '').withdrawable)).toBe(cross);
  });
});
