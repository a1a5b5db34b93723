import { expect, test } from 'vitest';
import { TradeColumns } from '../../domain/trade_columns.ts';
import { TradeMemory } from '../../domain/trade_memory.ts';
import { join } from './continuity.ts';

const COIN = 1;
const NOW = 10_000;

/** As many trades as the venue repeats, the newest at `newest`, a second apart; ids are times. */
function repeated(newest: number): TradeColumns {
  const rows = new TradeColumns();
  for (let at = 29; at >= 0; at--) {
    const time = newest - at * 1_000;
    rows.push(COIN, time, time, 1, 1, 1, 2, true, NOW);
  }
  return rows;
}

function remembering(...times: readonly number[]): TradeMemory {
  const memory = new TradeMemory();
  for (const time of times) memory.add(COIN, time, time);
  return memory;
}

test('a list joins what it holds a trade of, and misses what lies between otherwise', () => {
  expect(join(remembering(NOW - 3_000), COIN, repeated(NOW), undefined, NOW)).toEqual({ joined: true });
  expect(join(remembering(NOW - 60_000), COIN, repeated(NOW), undefined, NOW)).toEqual({
    joined: false,
    from: NOW - 60_000,
    to: NOW - 29_000,
  });
});

test('a quiet coin that was followed until its list begins has lost nothing', () => {
  expect(join(new TradeMemory(), COIN, repeated(NOW), NOW - 5_000, NOW)).toEqual({ joined: true });
});

test('what came before the floor cannot be told from what was there, and is a gap', () => {
  const memory = new TradeMemory();
  memory.forgetBefore(COIN, NOW - 4_000);
  expect(join(memory, COIN, repeated(NOW), NOW - 4_000, NOW)).toEqual({ joined: true });
  const lost = { joined: false, from: NOW - 5_000, to: NOW - 4_000 };
  expect(join(memory, COIN, repeated(NOW), NOW - 5_000, NOW)).toEqual(lost);
  const known = remembering(NOW - 5_000);
  known.forgetBefore(COIN, NOW - 4_000);
  expect(join(known, COIN, repeated(NOW), undefined, NOW)).toEqual(lost);
});
