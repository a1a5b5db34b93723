import { expect, it } from 'vitest';
import { decimalsOfPrice } from './coins.ts';

const SIZES = new Map([
  ['BTC', 5],
  ['SOL', 2],
]);

it('keeps one count for all prices of a coin', () => {
  expect(decimalsOfPrice('SOL', '101.25', SIZES, false)).toBe(2);
  expect(decimalsOfPrice('SOL', '99.875', SIZES, false)).toBe(3);
  expect(decimalsOfPrice('SOL', '101.25', SIZES, false)).toBe(3);
  expect(decimalsOfPrice('SOL', '0.5', SIZES, true)).toBe(4);
});

it('knows a whole price and a coin that is not listed', () => {
  expect(decimalsOfPrice('BTC', '64213', SIZES, false)).toBe(0);
  expect(decimalsOfPrice('NEW', '1.5', SIZES, false)).toBeUndefined();
});
