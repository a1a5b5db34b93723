import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChangeColumns, ESTIMATED, EXACT, STALE } from '../domain/change_columns.ts';
import { changeKind } from '../domain/position.ts';
import { TradeColumns } from '../domain/trade_columns.ts';
import { PositionBook, type PositionState } from './position_book.ts';

interface T {
  coin: number;
  time: number;
  price: number;
  size: number;
  buyer: number;
  seller: number;
}

const trade: fc.Arbitrary<T> = fc.record({
  coin: fc.constantFrom(1, 2),
  time: fc.integer({ min: 1, max: 5 }),
  price: fc.integer({ min: 1, max: 1_000_000 }),
  size: fc.integer({ min: 1, max: 50 }),
  buyer: fc.integer({ min: 1, max: 4 }),
  seller: fc.integer({ min: 1, max: 4 }),
});

function rowsOf(trades: readonly T[]): TradeColumns {
  const rows = new TradeColumns();
  for (const [i, one] of trades.entries()) {
    rows.push(one.coin, one.time, i + 1, one.price, one.size, one.buyer, one.seller, true, 7);
  }
  return rows;
}

/** Applies frame by frame, a frame being a run of one coin and time. */
function applyAll(book: PositionBook, rows: TradeColumns, changes = new ChangeColumns()): ChangeColumns {
  let offset = 1;
  for (let from = 0; from < rows.length; ) {
    let to = from + 1;
    while (to < rows.length && rows.coin[to] === rows.coin[from] && rows.time[to] === rows.time[from]) to++;
    offset = book.applyFrame(rows, from, to, changes, offset);
    from = to;
  }
  expect(offset).toBe(changes.length + 1);
  return changes;
}

describe('the book', () => {
  test('sizes are the sum of fills; realised PnL and cost conserve every micro-dollar', () => {
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 120, size: 'max' }), (trades) => {
        const book = new PositionBook();
        const changes = applyAll(book, rowsOf(trades));
        const truth = new Map<string, { size: number; cash: bigint }>();
        for (const { coin, price, size, buyer, seller } of trades) {
          for (const [who, lots] of [
            [buyer, size],
            [seller, -size],
          ] as const) {
            const key = `${who} ${coin}`;
            const one = truth.get(key) ?? { size: 0, cash: 0n };
            truth.set(key, { size: one.size + lots, cash: one.cash - BigInt(lots) * BigInt(price) });
          }
        }
        const realised = new Map<number, bigint>();
        for (let at = 0; at < changes.length; at++) {
          const slot = changes.slot[at] as number;
          realised.set(slot, (realised.get(slot) ?? 0n) + BigInt(changes.realised[at] as number));
        }
        for (const [key, { size, cash }] of truth) {
          const [who, coin] = key.split(' ').map(Number) as [number, number];
          const slot = book.pairs.find(who, coin);
          const state = book.state(slot);
          expect(state.size).toBe(size);
          expect(state.cost).toBeGreaterThanOrEqual(0);
          if (size === 0) expect(state.cost).toBe(0);
          // Money paid and received = PnL realised - what the open position cost (short: was received for it).
          const open = BigInt(state.cost) * BigInt(Math.sign(size));
          expect(cash).toBe((realised.get(slot) ?? 0n) - open);
        }
        expect(book.open).toBe([...truth.values()].filter((one) => one.size !== 0).length);
      }),
    );
  });

  test('changes chain without a hole, carry every fill once, and the last one is the position', () => {
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 120, size: 'max' }), (trades) => {
        const book = new PositionBook();
        const changes = applyAll(book, rowsOf(trades));
        const size = new Map<number, number>();
        const fills = new Map<string, number>();
        for (let at = 0; at < changes.length; at++) {
          const slot = changes.slot[at] as number;
          expect(changes.sizeBefore[at]).toBe(size.get(slot) ?? 0);
          expect(changes.sizeAfter[at]).not.toBe(changes.sizeBefore[at]);
          size.set(slot, changes.sizeAfter[at] as number);
          for (const id of changes.tradeIds(at)) {
            const key = `${slot} ${id} ${Math.sign((changes.sizeAfter[at] as number) - (changes.sizeBefore[at] as number))}`;
            fills.set(key, (fills.get(key) ?? 0) + 1);
          }
          expect(changes.traded[at]).toBe(
            Math.abs((changes.sizeAfter[at] as number) - (changes.sizeBefore[at] as number)),
          );
        }
        for (let slot = 0; slot < book.pairs.size; slot++) expect(book.state(slot).size).toBe(size.get(slot));
        expect([...fills.values()].every((count) => count === 1)).toBe(true);
        expect(fills.size).toBe(trades.length * 2);
      }),
    );
  });

  test('a restart from any checkpoint plus the log after it gives the same book', () => {
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 80, size: 'max' }), fc.nat(80), (trades, taken) => {
        const book = new PositionBook();
        const changes = applyAll(book, rowsOf(trades));
        // A checkpoint that is late for some positions and early for others.
        const checkpoint = book.dirty.take(taken).map((slot) => ({ slot, state: book.state(slot) }));
        const through = book.dirty.through(changes.length + 1);
        const again = new PositionBook();
        for (const { slot, state } of checkpoint) {
          again.load(book.pairs.traderOf(slot), book.pairs.coinOf(slot), state);
        }
        for (let at = through - 1; at < changes.length; at++) {
          const slot = changes.slot[at] as number;
          again.load(book.pairs.traderOf(slot), book.pairs.coinOf(slot), logged(changes, at));
        }
        const all = (one: PositionBook) =>
          Array.from({ length: one.pairs.size }, (_, slot) =>
            JSON.stringify([one.pairs.traderOf(slot), one.pairs.coinOf(slot), one.state(slot)]),
          ).sort();
        expect(all(again)).toEqual(all(book));
        expect(again.open).toBe(book.open);
      }),
    );
  });
});

const logged = (changes: ChangeColumns, at: number): PositionState => ({
  size: changes.sizeAfter[at] as number,
  cost: changes.cost[at] as number,
  episode: changes.episode[at] as number,
  episodePnl: changes.episodePnl[at] as number,
  openedAt: changes.openedAt[at] as number,
  changedAt: changes.exchangeTime[at] as number,
  known: changes.known[at] as number,
  verifiedAt: 0,
  offset: at + 1,
});

describe('changes', () => {
  const play = (
    ...trades: [coin: number, time: number, price: number, size: number, buyer: number, seller: number][]
  ) => {
    const book = new PositionBook();
    const list = trades.map(([coin, time, price, size, buyer, seller]) => ({
      coin,
      time,
      price,
      size,
      buyer,
      seller,
    }));
    const changes = applyAll(book, rowsOf(list));
    const of = (trader: number) =>
      Array.from({ length: changes.length }, (_, at) => at)
        .filter((at) => book.pairs.traderOf(changes.slot[at] as number) === trader)
        .map((at) => ({
          kind: changeKind(changes.sizeBefore[at] as number, changes.sizeAfter[at] as number),
          realised: changes.realised[at],
          cost: changes.cost[at],
          episode: changes.episode[at],
          episodePnl: changes.episodePnl[at],
          trades: changes.tradeIds(at),
        }));
    return { book, of };
  };

  test('one order that meets three others in a block is one change with three fills', () => {
    const { of } = play([1, 10, 100, 1, 1, 2], [1, 10, 101, 2, 1, 3], [1, 10, 102, 1, 1, 2]);
    expect(of(1)).toEqual([
      { kind: 'opened', realised: 0, cost: 404, episode: 1, episodePnl: 0, trades: [1, 2, 3] },
    ]);
    expect(of(2)).toEqual([
      { kind: 'opened', realised: 0, cost: 202, episode: 1, episodePnl: 0, trades: [1, 3] },
    ]);
  });

  test('open, add, reduce, flip, close: PnL by average entry, episodes counted', () => {
    const { of } = play(
      [1, 1, 100, 10, 1, 9],
      [1, 2, 200, 10, 1, 9],
      [1, 3, 200, 5, 9, 1],
      [1, 4, 100, 25, 9, 1],
      [1, 5, 90, 10, 1, 9],
    );
    expect(of(1)).toEqual([
      { kind: 'opened', realised: 0, cost: 1000, episode: 1, episodePnl: 0, trades: [1] },
      { kind: 'increased', realised: 0, cost: 3000, episode: 1, episodePnl: 0, trades: [2] },
      { kind: 'reduced', realised: 250, cost: 2250, episode: 1, episodePnl: 250, trades: [3] },
      { kind: 'flipped', realised: -750, cost: 1000, episode: 2, episodePnl: 0, trades: [4] },
      { kind: 'closed', realised: 100, cost: 0, episode: 2, episodePnl: 100, trades: [5] },
    ]);
  });

  test('another direction in the same block is another change', () => {
    const { of } = play([1, 1, 100, 10, 1, 9], [1, 1, 101, 4, 9, 1], [1, 1, 100, 1, 1, 9]);
    expect(of(1).map((one) => one.trades)).toEqual([[1], [2], [3]]);
  });
});

describe('how a position is known', () => {
  test('unseeded is estimated; seeded is exact until a gap of its coin ends after the seed', () => {
    const book = new PositionBook({ seededAt: (trader) => (trader === 1 ? 50 : 0) });
    applyAll(book, rowsOf([{ coin: 1, time: 60, price: 1, size: 1, buyer: 1, seller: 2 }]));
    const [seeded, unseeded] = [book.pairs.find(1, 1), book.pairs.find(2, 1)];
    expect([book.knownOf(seeded), book.knownOf(unseeded)]).toEqual([EXACT, ESTIMATED]);
    book.gap(2, 100);
    expect(book.knownOf(seeded)).toBe(EXACT);
    book.gap(1, 100);
    expect([book.knownOf(seeded), book.knownOf(unseeded)]).toEqual([STALE, ESTIMATED]);
    book.mark(seeded, EXACT, 101, 9);
    expect(book.knownOf(seeded)).toBe(EXACT);
    // A gap recorded late, of a time long verified, changes nothing.
    book.gap(1, 90);
    expect(book.knownOf(seeded)).toBe(EXACT);
  });
});
