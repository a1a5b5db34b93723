import { describe, expect, it } from 'vitest';
import { actionWeight, infoSurcharge, infoWeight } from './weights.ts';

const rows = (count: number): null[] => Array.from({ length: count }, () => null);

describe('REST weights, as documented', () => {
  it.each([
    [
      2,
      ['l2Book', 'allMids', 'clearinghouseState', 'orderStatus', 'spotClearinghouseState', 'exchangeStatus'],
    ],
    [60, ['userRole']],
    [
      20,
      ['meta', 'metaAndAssetCtxs', 'openOrders', 'frontendOpenOrders', 'userFills', 'portfolio', 'userFees'],
    ],
    [
      20,
      ['subAccounts', 'vaultDetails', 'extraAgents', 'userRateLimit', 'perpDexs', 'userAbstraction', 'new'],
    ],
  ])('%i: %j', (weight, types) => {
    for (const type of types) expect(infoWeight(type), type).toBe(weight);
  });

  it('one more per 20 rows of a list that grows', () => {
    for (const type of [
      'recentTrades',
      'historicalOrders',
      'userFills',
      'userFillsByTime',
      'fundingHistory',
      'userFunding',
      'userNonFundingLedgerUpdates',
      'twapHistory',
      'userTwapSliceFills',
      'userTwapSliceFillsByTime',
      'delegatorHistory',
      'delegatorRewards',
      'validatorStats',
    ])
      expect(
        [19, 20, 2000].map((count) => infoSurcharge(type, rows(count))),
        type,
      ).toEqual([0, 1, 100]);
  });

  it('one more per 60 candles, none for other lists and for objects', () => {
    expect([59, 60, 5000].map((count) => infoSurcharge('candleSnapshot', rows(count)))).toEqual([0, 1, 83]);
    expect(infoSurcharge('openOrders', rows(1000))).toBe(0);
    expect(infoSurcharge('userFills', { length: 1000 })).toBe(0);
  });

  it('an action: one, and one more per 40 items', () => {
    expect([1, 39, 40, 79, 80, 200].map(actionWeight)).toEqual([1, 1, 2, 2, 3, 6]);
  });
});
