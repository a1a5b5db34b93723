import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lots, MicroUsd, Ticks } from '../money.ts';
import type { Fill } from './fill.ts';
import { startPaging, takePage } from './paging.ts';

const fillAt = (time: number, tradeId: number): Fill => ({
  time,
  coin: 1,
  tradeId,
  orderId: tradeId,
  size: 1 as Lots,
  price: 1 as Ticks,
  startPosition: 0 as Lots,
  fee: 0 as MicroUsd,
  closedPnl: null,
  maker: false,
  twapId: null,
  cause: 'order',
});

const keyOf = (fill: Fill): string => `${fill.coin}:${fill.tradeId}`;

/** Reads everything from a venue that answers `rows` fills at a time; gives up after `most` requests. */
function readAll(
  all: readonly Fill[],
  rows: number,
  most: number,
  venue?: (start: number) => readonly Fill[],
) {
  const answer = venue ?? ((start: number) => all.filter(({ time }) => time >= start).slice(0, rows));
  const got: Fill[] = [];
  let cursor = startPaging(0);
  for (let request = 1; request <= most; request++) {
    const { fresh, next, holes } = takePage(cursor, answer(cursor.startTime), keyOf, rows);
    got.push(...fresh);
    if (next === null) return { got, holes, requests: request };
    cursor = next;
  }
  throw new Error('paging did not end');
}

describe('paging through fills', () => {
  it('reads every fill once, whatever falls on the border of a page', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { maxLength: 60 }), fc.integer({ min: 4, max: 10 }), (waits, rows) => {
        let time = 1;
        const all = waits.map((wait, i) => {
          time += wait;
          return fillAt(time, i);
        });
        const largest = Math.max(
          0,
          ...all.map((one) => all.filter((other) => other.time === one.time).length),
        );
        const { got, holes } = readAll(all, rows, 500);
        if (largest < rows) {
          expect(got).toEqual(all);
          expect(holes).toEqual([]);
        } else {
          // Whatever is missing lies in a millisecond that was reported.
          const missing = all.filter((one) => !got.includes(one));
          expect(missing.every((one) => holes.includes(one.time))).toBe(true);
          expect(new Set(got).size).toBe(got.length);
        }
      }),
    );
  });
  it('ends at 2,000 fills of one block with the hole on record', () => {
    const block = Array.from({ length: 2_500 }, (_, i) => fillAt(5, i));
    const { got, holes } = readAll([...block, fillAt(6, 9_999)], 2_000, 10);
    expect(got).toHaveLength(2_001);
    expect(holes).toEqual([5]);
  });
  it('ends on a venue that repeats one page for ever', () => {
    const page = Array.from({ length: 4 }, (_, i) => fillAt(3, i));
    const { got, holes, requests } = readAll([], 4, 10, () => page);
    expect(got).toHaveLength(4);
    expect(holes).not.toEqual([]);
    expect(requests).toBeLessThan(5);
  });
});
