import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Candles } from './candles.ts';
import type { WireTrade } from './types.ts';

const trade = (time: number, px: string, sz = '1.0'): WireTrade => ({
  coin: 'ABC',
  side: 'B',
  px,
  sz,
  time,
  hash: '',
  tid: time,
  users: ['', ''],
});
const MINUTE = 60_000;
const T0 = Date.UTC(2026, 6, 1);

function candlesOf(rows: readonly (readonly [time: number, px: string])[]): Candles {
  const candles = new Candles('ABC', 2);
  for (const [time, px] of rows) candles.add(trade(time, px), 100);
  return candles;
}

describe('candles', () => {
  it('hold open, high, low, close, volume and count, and end one ms before the next', () => {
    const candles = candlesOf([
      [T0, '2.0'],
      [T0 + 1, '3.5'],
      [T0 + 2, '1.5'],
      [T0 + MINUTE - 1, '2.5'],
    ]);
    expect(candles.range('1m', T0, T0)).toEqual([
      {
        t: T0,
        T: T0 + MINUTE - 1,
        s: 'ABC',
        i: '1m',
        o: '2.0',
        c: '2.5',
        h: '3.5',
        l: '1.5',
        v: '4.0',
        n: 4,
      },
    ]);
  });

  it('are flat where nothing traded, also before the asked start', () => {
    const candles = candlesOf([
      [T0, '2.0'],
      [T0 + 3 * MINUTE, '3.0'],
    ]);
    const closes = (from: number, to: number) => candles.range('1m', from, to).map((c) => [c.c, c.n]);
    expect(closes(T0 + MINUTE, T0 + 4 * MINUTE)).toEqual([
      ['2.0', 0],
      ['2.0', 0],
      ['3.0', 1],
      ['3.0', 0],
    ]);
  });

  it('begin weeks on Monday and months on the first', () => {
    const candles = candlesOf([[T0 + 5 * MINUTE, '2.0']]);
    expect(new Date(candles.range('1w', 0, T0 + 6 * MINUTE)[0]?.t ?? 0).getUTCDay()).toBe(1);
    expect(candles.range('1M', 0, T0 + 6 * MINUTE)[0]).toMatchObject({ t: T0, T: Date.UTC(2026, 7, 1) - 1 });
  });

  it('any interval sums up to the same volume, high and low as the trades', () => {
    const gaps = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 7_200_000 }), fc.integer({ min: 1, max: 500 })),
      {
        minLength: 1,
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(
        gaps,
        fc.constantFrom('1m', '3m', '15m', '1h', '4h', '12h', '1d', '3d'),
        (rows, interval) => {
          let time = T0;
          const trades = rows.map(([gap, cents]) => {
            time += gap;
            return [time, (cents / 100).toFixed(2)] as const;
          });
          const candles = candlesOf(trades).range(interval, 0, time);
          const prices = trades.map(([, px]) => Number(px));
          expect(candles.reduce((sum, c) => sum + c.n, 0)).toBe(trades.length);
          expect(Math.max(...candles.map((c) => Number(c.h)))).toBe(Math.max(...prices));
          expect(Math.min(...candles.map((c) => Number(c.l)))).toBe(Math.min(...prices));
          for (const [index, candle] of candles.entries())
            if (index > 0) expect(candle.t).toBe((candles[index - 1]?.T ?? 0) + 1);
        },
      ),
    );
  });
});
