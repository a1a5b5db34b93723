import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TradeBacklog } from './trade_backlog.ts';
import { TradeColumns } from './trade_columns.ts';

test('gives back every trade in order, in blocks that no order is cut by', () => {
  const frame = fc.record({
    coin: fc.constantFrom(1, 2),
    time: fc.nat(50),
    count: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 40, size: 'max' }),
      fc.integer({ min: 1, max: 12 }),
      (frames, blockRows) => {
        const backlog = new TradeBacklog(blockRows);
        const all: string[] = [];
        for (const { coin, time, count } of frames) {
          const rows = new TradeColumns();
          for (let n = 0; n < count; n++) rows.push(coin, time, all.length + n, 1, 1, 1, 2, true, 0);
          for (let n = 0; n < count; n++) all.push(`${coin} ${time} ${all.length}`);
          backlog.add(rows);
        }
        expect(backlog.length).toBe(all.length);
        const out: string[] = [];
        for (let block = backlog.take(); block !== undefined; block = backlog.take()) {
          const first = `${block.coin[0]} ${block.time[0]}`;
          if (out.length > 0) expect(out.at(-1)?.startsWith(`${first} `)).toBe(false);
          for (let at = 0; at < block.length; at++)
            out.push(`${block.coin[at]} ${block.time[at]} ${block.tradeId[at]}`);
        }
        expect(out).toEqual(all);
        expect(backlog.length).toBe(0);
      },
    ),
  );
});
