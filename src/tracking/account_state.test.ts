import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoinTable } from '../domain/listed_coin.ts';
import { formatScaled } from '../domain/money.ts';
import type { VenueAccountState, VenuePosition } from '../hyperliquid/info/clearinghouse_state.ts';
import { readAccountState } from './account_state.ts';

const COINS = new CoinTable([
  { id: 1, dex: '', name: 'BTC', symbol: 'BTC', sizeDecimals: 5 },
  { id: 2, dex: '', name: 'ETH', symbol: 'ETH', sizeDecimals: 4 },
]);
const ASKED = { traderId: 9, dex: '', requestedAt: 1, receivedAt: 2, purpose: 'sweep', mode: null };

const position = (more: Partial<VenuePosition> = {}): VenuePosition => ({
  symbol: 'BTC',
  size: '-0.5',
  entryPrice: '100',
  valueUsd: '60',
  unrealisedUsd: '-10',
  liquidationPrice: null,
  leverage: 20,
  isolated: false,
  ...more,
});
const state = (
  positions: readonly VenuePosition[],
  more: Partial<VenueAccountState> = {},
): VenueAccountState => ({
  time: 5,
  accountValueUsd: '1000',
  notionalUsd: '60',
  marginUsedUsd: '3',
  rawUsd: '940',
  withdrawableUsd: '900',
  positions,
  ...more,
});

describe('the state of an account', () => {
  it('says what a position cost where the venue does not: a short of 0.5 worth 60 that lost 10 came in at 100', () => {
    const [read] = readAccountState(state([position({ entryPrice: null })]), ASKED, COINS).positions;
    expect(Number(read?.entryPrice)).toBe(100);
    const nonsense = position({ entryPrice: null, valueUsd: '0', unrealisedUsd: '0' });
    expect(readAccountState(state([nonsense]), ASKED, COINS).positions[0]?.entryPrice).toBe('0');
  });

  it('keeps every position exactly once, read or unread, whatever the venue writes', () => {
    const decimals = fc
      .tuple(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.integer({ min: 0, max: 20 }))
      .map(([value, places]) => formatScaled(value, places));
    const one = fc.record({ symbol: fc.constantFrom('BTC', 'ETH', 'xyz:CL', 'NEW'), size: decimals });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 6 }), (given) => {
        const read = readAccountState(state(given.map(position)), ASKED, COINS);
        const flat = given.filter((each) => Number(each.size) === 0 && COINS.bySymbol(each.symbol)).length;
        expect(read.positions.length + read.unread.length).toBeGreaterThanOrEqual(given.length - flat);
        expect(read.positions.length + read.unread.length).toBeLessThanOrEqual(given.length);
        // Never another number than the venue's.
        for (const { coinId, size } of read.positions) {
          expect(given).toContainEqual({ symbol: COINS.byId(coinId)?.symbol, size });
        }
        expect(new Set(read.positions.map((each) => each.coinId)).size).toBe(read.positions.length);
        expect(read.complete).toBe(read.unread.every((each) => each.why === 'unknown_coin'));
      }),
    );
  });

  it('adds up the equity of a unified account exactly', () => {
    const unified = { ...ASKED, mode: 'unifiedAccount', spotUsd: '0.1' };
    const pnl = [
      position({ unrealisedUsd: '0.2' }),
      position({ symbol: 'ETH', unrealisedUsd: '-1000000000000.000001' }),
    ];
    expect(readAccountState(state(pnl), unified, COINS)).toMatchObject({
      accountValueUsd: '-999999999999.700001',
      rawUsd: '0.1',
    });
    expect(readAccountState(state(pnl), { ...unified, mode: 'disabled' }, COINS).accountValueUsd).toBe(
      '1000',
    );
    const small = { ...unified, spotUsd: '0' };
    expect(
      readAccountState(state([position({ unrealisedUsd: '-0.05' })]), small, COINS).accountValueUsd,
    ).toBe('-0.05');
  });
});
