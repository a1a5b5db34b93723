import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChangeColumns, EXACT, KNOWN, QUARANTINED, STALE } from '../domain/change_columns.ts';
import { type AveragePosition, afterFill } from '../domain/position.ts';
import { TradeColumns } from '../domain/trade_columns.ts';
import { audit, type Snapshot } from './audit.ts';
import { PositionBook } from './position_book.ts';
import { TraderDexs } from './trader_dexs.ts';

/** The venue's truth and a book that hears of most of it. Coins 1 and 2 are on the first dex, 3 on another. */
class World {
  readonly dexs = new TraderDexs();
  readonly book: PositionBook;
  readonly changes = new ChangeColumns();
  readonly truth = new Map<string, AveragePosition>();
  nextOffset = 1;
  #trade = 0;

  constructor() {
    for (const coin of [1, 2]) this.dexs.addCoin(coin, '');
    this.dexs.addCoin(3, 'xyz');
    this.book = new PositionBook({ seededAt: (trader, coin) => this.dexs.seededAt(trader, coin) });
  }

  trade(
    coin: number,
    time: number,
    price: number,
    size: number,
    buyer: number,
    seller: number,
    heard = true,
  ): void {
    for (const [who, lots] of [
      [buyer, size],
      [seller, -size],
    ] as const) {
      const key = `${who} ${coin}`;
      this.truth.set(key, afterFill(this.truth.get(key) ?? { size: 0, cost: 0 }, lots, price));
    }
    if (!heard) return;
    const rows = new TradeColumns();
    rows.push(coin, time, ++this.#trade, price, size, buyer, seller, true, time + 500);
    this.nextOffset = this.book.applyFrame(rows, 0, 1, this.changes, this.nextOffset);
  }

  snapshot(traderId: number, time: number, dex = '', accountValue = 1e9): Snapshot {
    const positions = new Map<number, AveragePosition>();
    for (const [key, position] of this.truth) {
      const [who, coin] = key.split(' ').map(Number) as [number, number];
      if (who === traderId && position.size !== 0 && this.dexs.isOnDex(coin, dex))
        positions.set(coin, position);
    }
    return { traderId, dex, time, accountValue, positions };
  }

  audit(snapshot: Snapshot, delisted: readonly number[] = [], away: readonly number[] = []) {
    const verdict = audit(snapshot, {
      book: this.book,
      dexs: this.dexs,
      isDelisted: (coin) => delisted.includes(coin),
      isFollowed: (coin) => !delisted.includes(coin) && !away.includes(coin),
      changes: this.changes,
      nextOffset: this.nextOffset,
      now: snapshot.time + 1000,
    });
    if (verdict.kind === 'judged') this.nextOffset = verdict.nextOffset;
    return verdict;
  }

  known(trader: number, coin: number): string {
    return KNOWN[this.book.knownOf(this.book.pairs.find(trader, coin))] ?? '';
  }

  size(trader: number, coin: number): number {
    return this.book.state(this.book.pairs.find(trader, coin)).size;
  }
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('trade' as const),
      coin: fc.constantFrom(1, 2, 3),
      price: fc.integer({ min: 1, max: 1000 }),
      size: fc.integer({ min: 1, max: 20 }),
      buyer: fc.integer({ min: 1, max: 3 }),
      seller: fc.integer({ min: 4, max: 5 }),
      heard: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('snapshot' as const), trader: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('judge' as const) }) },
);

test('whatever is lost and however late a snapshot is judged: the next audit finds it, and exact means right', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const world = new World();
      let time = 1000;
      const waiting: { snapshot: Snapshot }[] = [];
      // Per trader and dex: when frames of theirs were lost, and the time of their last judged snapshot.
      const losses = new Map<string, number[]>();
      const snapshotAt = new Map<string, number>();
      for (const one of steps) {
        time += 10;
        if (one.kind === 'trade') {
          world.trade(one.coin, time, one.price, one.size, one.buyer, one.seller, one.heard);
          const dex = one.coin === 3 ? 'xyz' : '';
          if (one.heard) continue;
          for (const who of [one.buyer, one.seller]) {
            const key = `${who} ${dex}`;
            losses.set(key, [...(losses.get(key) ?? []), time]);
          }
        } else if (one.kind === 'snapshot') {
          for (const dex of ['', 'xyz']) waiting.push({ snapshot: world.snapshot(one.trader, time, dex) });
        } else {
          const next = waiting.shift();
          if (next === undefined) continue;
          const key = `${next.snapshot.traderId} ${next.snapshot.dex}`;
          const vouched = snapshotAt.get(key);
          const verdict = world.audit(next.snapshot);
          expect(verdict.kind).toBe('judged');
          // Nothing was lost since the snapshot before: there is nothing to find, however much has happened since.
          const whole =
            vouched !== undefined &&
            !(losses.get(key) ?? []).some((at) => at > vouched && at <= next.snapshot.time);
          if (whole && verdict.kind === 'judged') expect(verdict.drifts).toEqual([]);
          snapshotAt.set(key, next.snapshot.time);
        }
      }
      for (const [key, at] of snapshotAt) {
        const [who, dex = ''] = key.split(' ') as [string, string | undefined];
        if ((losses.get(key) ?? []).some((lost) => lost > at)) continue;
        for (const coin of dex === '' ? [1, 2] : [3]) {
          const slot = world.book.pairs.find(Number(who), coin);
          if (slot >= 0)
            expect(world.book.state(slot).size).toBe(world.truth.get(`${who} ${coin}`)?.size ?? 0);
        }
      }
    }),
  );
});

describe('an audit', () => {
  test('seeds what was estimated, cost included, without calling it drift', () => {
    const world = new World();
    world.trade(1, 10, 100, 50, 1, 9, false);
    world.trade(1, 20, 200, 10, 9, 1);
    expect([world.size(1, 1), world.known(1, 1)]).toEqual([-10, 'estimated']);
    const snapshot = world.snapshot(1, 30);
    world.trade(1, 40, 300, 10, 1, 9);
    expect(world.audit(snapshot)).toMatchObject({ kind: 'judged', seeded: true, drifts: [] });
    const state = world.book.state(world.book.pairs.find(1, 1));
    expect(state).toMatchObject({ size: 50, cost: 4000 + 3000, known: EXACT, verifiedAt: 30 });
    // The correction is a change of its own in the log.
    expect(world.changes.sizeBefore[world.changes.length - 1]).toBe(0);
    expect(world.changes.sizeAfter[world.changes.length - 1]).toBe(50);
    expect(world.changes.traded[world.changes.length - 1]).toBe(0);
  });

  test('makes positions exact that open after it, until the feed has a gap', () => {
    const world = new World();
    world.audit(world.snapshot(1, 10));
    world.trade(2, 20, 100, 5, 1, 9);
    expect([world.known(1, 2), world.known(9, 2)]).toEqual(['exact', 'estimated']);
    world.book.gap(2, 25);
    expect(world.known(1, 2)).toBe('stale');
    world.trade(1, 30, 100, 5, 1, 9);
    expect(world.known(1, 1)).toBe('exact');
  });

  test('a silent loss is drift: corrected, quarantined, trusted again after two audits that agree', () => {
    const world = new World();
    world.trade(1, 10, 100, 5, 1, 9);
    world.audit(world.snapshot(1, 20));
    world.trade(1, 30, 100, 7, 1, 9, false);
    const verdict = world.audit(world.snapshot(1, 40));
    expect(verdict).toMatchObject({
      drifts: [{ coinId: 1, bookSize: 5, venueSize: 12, known: 'exact', cause: 'unexplained' }],
      state: { quarantined: true, agreements: 0 },
    });
    expect([world.size(1, 1), world.known(1, 1)]).toEqual([12, 'quarantined']);
    world.audit(world.snapshot(1, 50));
    expect(world.known(1, 1)).toBe('quarantined');
    world.audit(world.snapshot(1, 60));
    expect(world.known(1, 1)).toBe('exact');
  });

  test('a loss that was announced is corrected without quarantine', () => {
    const world = new World();
    world.trade(1, 10, 100, 5, 1, 9);
    world.audit(world.snapshot(1, 20));
    world.trade(1, 30, 100, 7, 1, 9, false);
    world.book.gap(1, 35);
    expect(world.book.knownOf(world.book.pairs.find(1, 1))).toBe(STALE);
    expect(world.audit(world.snapshot(1, 40))).toMatchObject({
      drifts: [{ cause: 'feed_gap', known: 'stale' }],
      state: { quarantined: false },
    });
    expect([world.size(1, 1), world.known(1, 1)]).toEqual([12, 'exact']);
  });

  test('tells settlement and liquidation from what it cannot explain', () => {
    for (const [accountValue, delisted, cause] of [
      [1e9, [1], 'settlement'],
      [0, [], 'liquidation'],
      [1e9, [], 'unexplained'],
    ] as const) {
      const world = new World();
      world.trade(1, 10, 1_000_000, 5, 1, 9);
      world.audit(world.snapshot(1, 20));
      world.truth.delete('1 1');
      const verdict = world.audit(world.snapshot(1, 40, '', accountValue), delisted);
      expect(verdict).toMatchObject({ drifts: [{ cause }] });
      expect(world.book.knownOf(world.book.pairs.find(1, 1))).toBe(QUARANTINED);
    }
  });

  test('takes the entry over where a round trip that nobody saw ended at the same size', () => {
    for (const isGap of [true, false]) {
      const world = new World();
      world.trade(1, 10, 100, 10, 1, 9);
      world.audit(world.snapshot(1, 20));
      // The venue cuts its entry to a tick: that is no other position.
      world.truth.set('1 1', { size: 10, cost: 1_010 });
      world.audit(world.snapshot(1, 25));
      expect(world.book.state(world.book.pairs.find(1, 1)).cost).toBe(1_000);
      world.trade(1, 30, 140, 10, 9, 1, false);
      world.trade(1, 31, 150, 10, 1, 9, false);
      if (isGap) world.book.gap(1, 35);
      const snapshot = world.snapshot(1, 40);
      world.trade(1, 45, 160, 2, 1, 9);
      expect(world.audit(snapshot)).toMatchObject({ drifts: [], state: { quarantined: false } });
      expect(world.book.state(world.book.pairs.find(1, 1))).toMatchObject({ size: 12, cost: 1_820 });
    }
  });

  test('asks again when a trade has the millisecond of the snapshot, or a gap or the memory ends after it', () => {
    const world = new World();
    world.trade(1, 10, 100, 5, 1, 9);
    expect(world.audit(world.snapshot(1, 10))).toEqual({ kind: 'again', reason: 'same_millisecond' });
    world.book.gap(1, 30);
    expect(world.audit(world.snapshot(1, 20))).toEqual({ kind: 'again', reason: 'too_old' });
    world.book.recent.startAt(50);
    expect(world.audit(world.snapshot(1, 40))).toEqual({ kind: 'again', reason: 'too_old' });
    expect(world.audit(world.snapshot(1, 50)).kind).toBe('judged');
  });

  describe('leaves out a coin whose feed is away', () => {
    test('and vouches for nothing in it, but for the others', () => {
      const world = new World();
      world.trade(1, 10, 100, 5, 1, 9);
      world.trade(2, 10, 100, 5, 1, 9);
      const verdict = world.audit(world.snapshot(1, 20), [], [2]);
      expect(verdict).toMatchObject({ kind: 'judged', seeded: true, aside: [] });
      expect([world.known(1, 1), world.known(1, 2)]).toEqual(['exact', 'estimated']);
    });

    test('so that its trades from before the snapshot, which come later, still count', () => {
      const world = new World();
      world.book.gap(2, 5);
      world.audit(world.snapshot(1, 10));
      // Traded while the feed of coin 2 is away, and told when it is back.
      world.trade(2, 20, 100, 5, 1, 9, false);
      const verdict = world.audit(world.snapshot(1, 30), [], [2]);
      const slot = world.book.pairs.find(1, 2);
      expect(verdict).toMatchObject({ kind: 'judged', aside: [slot] });
      expect(world.book.state(slot)).toMatchObject({ size: 0, verifiedAt: 10 });
      world.trade(2, 40, 100, 2, 1, 9, false);
      const late = new TradeColumns();
      late.push(2, 20, 1, 100, 5, 1, 9, true, 500);
      late.push(2, 40, 2, 100, 2, 1, 9, true, 500);
      world.nextOffset = world.book.applyFrame(late, 0, 2, world.changes, world.nextOffset);
      expect([world.size(1, 2), world.known(1, 2)]).toEqual([7, 'exact']);
    });

    test('which is in quarantine with its trader all the same', () => {
      const world = new World();
      for (const coin of [1, 2]) world.book.gap(coin, 5);
      for (const coin of [1, 2]) world.trade(coin, 10, 100, 5, 1, 9);
      world.audit(world.snapshot(1, 20));
      world.trade(1, 30, 100, 7, 1, 9, false);
      world.audit(world.snapshot(1, 40), [], [2]);
      expect([world.known(1, 1), world.known(1, 2)]).toEqual(['quarantined', 'quarantined']);
    });
  });

  test('touches only the dex that was asked for', () => {
    const world = new World();
    world.trade(1, 10, 100, 5, 1, 9);
    world.trade(3, 10, 100, 5, 1, 9);
    world.audit(world.snapshot(1, 20));
    expect([world.known(1, 1), world.known(1, 3)]).toEqual(['exact', 'estimated']);
  });
});

describe('what comes out of its order', () => {
  test('a trade that the last snapshot already knew moves nothing; in its very millisecond nobody can say', () => {
    const world = new World();
    world.trade(1, 10, 100, 5, 1, 2);
    world.audit(world.snapshot(1, 20));
    world.trade(1, 30, 100, 3, 1, 2, false);
    world.audit(world.snapshot(1, 40));
    const slot = world.book.slot(1, 1);
    expect(world.book.state(slot)).toMatchObject({ size: 8, verifiedAt: 40 });
    const late = new TradeColumns();
    late.push(1, 30, 99, 100, 3, 1, 2, true, 500);
    world.nextOffset = world.book.applyFrame(late, 0, 1, world.changes, world.nextOffset);
    expect(world.book.state(slot).size).toBe(8);
    // Flat when it was seeded, so what was before does not open it.
    world.audit(world.snapshot(3, 50));
    late.clear();
    late.push(1, 45, 100, 100, 7, 3, 4, true, 500);
    world.nextOffset = world.book.applyFrame(late, 0, 1, world.changes, world.nextOffset);
    expect(world.book.state(world.book.slot(3, 1))).toMatchObject({ size: 0, known: EXACT });
    late.clear();
    late.push(1, 50, 101, 100, 7, 3, 4, true, 500);
    world.nextOffset = world.book.applyFrame(late, 0, 1, world.changes, world.nextOffset);
    expect(world.book.state(world.book.slot(3, 1))).toMatchObject({ size: 0, known: QUARANTINED });
  });

  test('trades of another coin from long ago do not hide what happened since the snapshot', () => {
    const world = new World();
    world.trade(1, 1_000_000, 100, 5, 1, 2);
    world.audit(world.snapshot(1, 1_000_010));
    const snapshot = world.snapshot(1, 1_000_020);
    world.trade(1, 1_000_030, 100, 3, 1, 2);
    world.trade(2, 500_000, 100, 1, 5, 6);
    expect(world.audit(snapshot)).toMatchObject({ drifts: [] });
    expect(world.book.state(world.book.slot(1, 1)).size).toBe(8);
  });

  test('the answer of a server that lags behind an earlier one is not taken', () => {
    const world = new World();
    world.trade(1, 10, 100, 5, 1, 2);
    const old = world.snapshot(1, 20);
    world.trade(1, 30, 100, 3, 1, 2, false);
    world.audit(world.snapshot(1, 40));
    expect(world.audit(old)).toMatchObject({ kind: 'again' });
    expect(world.book.state(world.book.slot(1, 1)).size).toBe(8);
  });

  test('a snapshot of the last millisecond of a gap does not vouch', () => {
    const world = new World();
    world.trade(1, 10, 100, 5, 1, 2);
    world.book.gap(1, 20);
    expect(world.audit(world.snapshot(1, 20))).toMatchObject({ kind: 'again' });
    expect(world.audit(world.snapshot(1, 21))).toMatchObject({ kind: 'judged' });
  });
});
