import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TradeMemory } from './trade_memory.ts';

const trade = fc.record({
  coin: fc.constantFrom(1, 5),
  time: fc.integer({ min: 0, max: 40 }),
  tradeId: fc.nat(6),
});

test('says new exactly once for every trade, in any order of times', () => {
  fc.assert(
    fc.property(fc.array(trade, { maxLength: 800, size: 'max' }), (trades) => {
      const memory = new TradeMemory();
      const seen = new Set<string>();
      for (const { coin, time, tradeId } of trades) {
        const key = `${coin} ${time} ${tradeId}`;
        if (memory.has(coin, time, tradeId) !== seen.has(key)) return false;
        if (memory.add(coin, time, tradeId) !== (seen.has(key) ? 'duplicate' : 'new')) return false;
        seen.add(key);
      }
      return true;
    }),
  );
});

test('keeps a busy coin for two minutes and a quiet coin for a thousand trades', () => {
  const memory = new TradeMemory();
  for (let i = 0; i < 10_000; i++) memory.add(1, i * 10, i);
  expect(memory.add(1, 0, 0)).toBe('duplicate');
  for (let i = 0; i < 3000; i++) memory.add(2, i * 60_000, i);
  expect(memory.add(2, 2999 * 60_000, 2999)).toBe('duplicate');
  expect(memory.add(2, (3000 - 1024) * 60_000, 3000 - 1024)).toBe('duplicate');
  expect(memory.latest(2)).toBe(2999 * 60_000);
});

test('what is older than its memory is neither new nor a duplicate', () => {
  const memory = new TradeMemory();
  for (let i = 0; i < 3000; i++) memory.add(2, i * 60_000, i);
  expect(memory.add(2, 5 * 60_000, 5)).toBe('too-old');
  expect(memory.add(2, 5 * 60_000, 9_999)).toBe('too-old');
  memory.forgetBefore(3, 1000);
  expect(memory.latest(3)).toBeUndefined();
  expect(memory.add(3, 999, 7)).toBe('too-old');
  memory.add(3, 2000, 1);
  expect(memory.add(3, 999, 7)).toBe('too-old');
  expect(memory.add(3, 1000, 8)).toBe('new');
});

test('a block larger than the memory is remembered whole', () => {
  const memory = new TradeMemory();
  for (let i = 0; i < 20_000; i++) expect(memory.add(1, 7, i)).toBe('new');
  expect(memory.add(1, 7, 19_999)).toBe('duplicate');
  expect(memory.add(1, 7, 0)).toBe('duplicate');
});

test('the trades of one enormous block are told apart without searching all of it for each', () => {
  const memory = new TradeMemory();
  // A search through the whole block for each trade would be 8 * 10^10 comparisons and end in the test's time limit.
  const trades = 400_000;
  for (let i = 0; i < trades; i++) if (memory.add(1, 7, i * 2_500_003) !== 'new') expect.fail(`trade ${i}`);
  for (let i = 0; i < trades; i++)
    if (memory.add(1, 7, i * 2_500_003) !== 'duplicate') expect.fail(`trade ${i}`);
  expect(memory.has(1, 7, 1)).toBe(false);
  expect(memory.has(1, 8, 2_500_003)).toBe(false);
});
