import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TradeColumns } from '../domain/trade_columns.ts';
import { TraderLedger } from './trader_ledger.ts';

const trade = fc.record({
  time: fc.integer({ min: 1e12, max: 1e12 + 1e6 }),
  price: fc.integer({ min: 1, max: 1e7 }),
  size: fc.integer({ min: 1, max: 8e8 }),
  buyer: fc.integer({ min: 1, max: 30 }),
  seller: fc.integer({ min: 1, max: 30 }),
});

test('totals are exact, and a restart from stored totals and trades goes on as if nothing had happened', () => {
  fc.assert(
    fc.property(fc.array(trade, { maxLength: 200, size: 'max' }), fc.nat(200), (trades, cut) => {
      const model = new Map<number, { times: number[]; notional: bigint }>();
      const rows = new TradeColumns();
      for (const one of trades) {
        rows.push(1, one.time, 1, one.price, one.size, one.buyer, one.seller, true, 0);
        for (const id of new Set([one.buyer, one.seller])) {
          const totals = model.get(id) ?? { times: [], notional: 0n };
          totals.times.push(one.time);
          totals.notional += BigInt(one.price) * BigInt(one.size);
          model.set(id, totals);
        }
      }
      const first = new TraderLedger();
      const at = Math.min(cut, rows.length);
      first.apply(rows, 0, at, 1);
      first.takeFresh();
      const second = new TraderLedger();
      // Some totals were written late, some early: those before the checkpoint are replayed, none counts twice.
      const written = first.dirty.take(1000);
      for (const id of written) second.load(first.totals(id));
      second.replay(rows, 1, (id) => (written.includes(id) ? at + 1 : 0));
      expect(second.known).toBe(model.size);
      for (const [traderId, { times, notional }] of model) {
        expect(second.totals(traderId)).toEqual({
          traderId,
          firstSeenAt: Math.min(...times),
          lastSeenAt: Math.max(...times),
          tradeCount: times.length,
          notional,
        });
      }
    }),
  );
});

test('says which totals are not yet written, oldest first, and up to which trade all are', () => {
  const rows = new TradeColumns();
  rows.push(1, 10, 1, 5, 5, 1, 2, true, 0);
  rows.push(1, 11, 2, 5, 5, 3, 1, true, 0);
  const ledger = new TraderLedger();
  ledger.apply(rows, 0, 2, 100);
  expect(ledger.dirty.through(102)).toBe(100);
  expect([...ledger.dirty.take(2)]).toEqual([1, 2]);
  expect(ledger.dirty.through(102)).toBe(101);
  ledger.apply(rows, 0, 1, 102);
  expect([...ledger.dirty.take(9)]).toEqual([3, 1, 2]);
  expect(ledger.dirty.through(103)).toBe(103);
});
