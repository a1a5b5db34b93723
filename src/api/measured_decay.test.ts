import { expect, it } from 'vitest';
import { decayFills } from './measured_decay.ts';

const change = (sizeBefore: number, sizeAfter: number) =>
  decayFills({ time: 5, sizeBefore, sizeAfter, notional: 300, prices: [] }).map(
    ({ direction, opens, notional }) => [direction, opens, notional],
  );

it('takes a change apart into what it closed and what it opened, in the direction of that position', () => {
  expect(change(0, 3)).toEqual([[1, true, 300]]);
  expect(change(-1, -3)).toEqual([[-1, true, 300]]);
  expect(change(3, 1)).toEqual([[1, false, 300]]);
  expect(change(-3, 0)).toEqual([[-1, false, 300]]);
  expect(change(2, -1)).toEqual([
    [1, false, 200],
    [-1, true, 100],
  ]);
  expect(change(2, 2)).toEqual([]);
});
