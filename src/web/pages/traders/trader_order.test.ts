import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TraderRow } from '../../../contract/traders.ts';
import { compareTraders, matchesView, orderedTraders, type TradersView } from './trader_order.ts';

const row = (address: string, change: Partial<TraderRow> = {}): TraderRow => ({
  address,
  firstSeenAt: 0,
  lastSeenAt: 0,
  tradeCount: 0,
  notionalUsd: '0',
  coinCount: 1,
  lastTrackedAt: null,
  watched: false,
  ...change,
});
const view: TradersView = { search: '', watched: false, sort: 'trades', order: 'desc' };

describe('compareTraders', () => {
  it('compares money exactly, beyond what a float holds', () => {
    const a = row('0xa', { notionalUsd: '90071992547409930.01' });
    const b = row('0xb', { notionalUsd: '90071992547409930.02' });
    expect(compareTraders({ sort: 'notional', order: 'asc' })(a, b)).toBeLessThan(0);
    expect(compareTraders({ sort: 'notional', order: 'desc' })(a, b)).toBeGreaterThan(0);
    const c = row('0xc', { notionalUsd: '10.5' });
    const d = row('0xd', { notionalUsd: '10.50' });
    expect(compareTraders({ sort: 'notional', order: 'desc' })(c, d)).toBeLessThan(0);
  });
  it('is a total order', () => {
    const rows = fc.array(fc.record({ address: fc.string(), trades: fc.integer({ min: 0, max: 3 }) }));
    fc.assert(
      fc.property(rows, (items) => {
        const compare = compareTraders(view);
        const sorted = items.map((item) => row(item.address, { tradeCount: item.trades })).sort(compare);
        for (let i = 1; i < sorted.length; i++) {
          const [before, after] = [sorted[i - 1], sorted[i]];
          if (before && after) expect(compare(before, after)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});

describe('orderedTraders', () => {
  const loaded = [row('0xa', { tradeCount: 30 }), row('0xb', { tradeCount: 20 })];
  it('moves rows that traded, and takes in new ones of the loaded part', () => {
    const moved = new Map([
      ['0xb', row('0xb', { tradeCount: 40 })],
      ['0xc', row('0xc', { tradeCount: 35 })],
    ]);
    const rows = orderedTraders({ loaded, more: true, moved }, view);
    expect(rows.map((one) => one.address)).toEqual(['0xb', '0xc', '0xa']);
  });
  it('leaves rows behind the loaded part to their page', () => {
    const moved = new Map([['0xd', row('0xd', { tradeCount: 5 })]]);
    expect(orderedTraders({ loaded, more: true, moved }, view)).toHaveLength(2);
    expect(orderedTraders({ loaded, more: false, moved }, view)).toHaveLength(3);
  });
  it('keeps to the filter', () => {
    expect(matchesView(row('0xab'), { ...view, search: '0xab' })).toBe(true);
    expect(matchesView(row('0xab'), { ...view, search: 'ab' })).toBe(true);
    expect(matchesView(row('0xab'), { ...view, search: '0xb' })).toBe(false);
    expect(matchesView(row('0xab'), { ...view, watched: true })).toBe(false);
  });
});
