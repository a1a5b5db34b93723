import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../runtime/random.ts';
import { tapeCoins } from './coins.ts';
import { OrderFlow } from './order_flow.ts';

const flow = (seed: string) =>
  new OrderFlow({ coins: tapeCoins(), addresses: 3000, random: seededRandom(seed), positionOf: () => 0 });

function blocks(seed: string, count: number) {
  const source = flow(seed);
  return Array.from({ length: count }, (_, index) => [...source.block(1_700_000_000_000 + index * 70, 20)]);
}
const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

describe('the tape', () => {
  it('offers at least 40 coins, and as many more as asked', () => {
    expect(tapeCoins().length).toBeGreaterThanOrEqual(40);
    const many = tapeCoins(200).map((coin) => coin.symbol);
    expect(new Set(many).size).toBe(200);
  });

  it('is the same for the same seed and another for another', () => {
    expect(digest(blocks('a', 50))).toBe(digest(blocks('a', 50)));
    expect(digest(blocks('a', 50))).not.toBe(digest(blocks('b', 50)));
  });

  it('prints one order as one taker sweeping in one direction, at valid prices and sizes', () => {
    for (const block of blocks('rules', 200))
      for (const [symbol, trades] of block) {
        const decimals = 6 - (tapeCoins().find((coin) => coin.symbol === symbol)?.szDecimals ?? 0);
        let [hash, taker, px] = ['', '', 0];
        for (const trade of trades) {
          const [buyer, seller] = trade.users;
          expect(buyer).not.toBe(seller);
          expect(Number(trade.sz)).toBeGreaterThan(0);
          const digits = trade.px.replace('.0', '').replace('.', '').replace(/^0+/, '');
          expect(digits.length <= 5 || Number.isInteger(Number(trade.px))).toBe(true);
          expect((trade.px.replace(/\.0$/, '').split('.')[1] ?? '').length).toBeLessThanOrEqual(decimals);
          const aggressor = trade.side === 'B' ? buyer : seller;
          if (trade.hash === hash && !/^0x0+$/.test(hash)) {
            expect(aggressor).toBe(taker);
            expect((Number(trade.px) - px) * (trade.side === 'B' ? 1 : -1)).toBeGreaterThanOrEqual(0);
          }
          [hash, taker, px] = [trade.hash, aggressor, Number(trade.px)];
        }
      }
  });
});
