import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lots, microUsd, parseLots, parseTicks, parseUsd, ticks } from '../money.ts';
import { EpisodeBook } from './book.ts';
import { orderFills } from './chain.ts';
import { mulDivRound } from './division.ts';
import { type Episode, episodeHold, episodeNet } from './episode.ts';
import type { Fill } from './fill.ts';

const RECORDED = new URL('../../../../shared/data/fills/mainnet-trader-fills.json', import.meta.url);

let nextTrade = 1;
/** A fill of a coin with 2 size decimals and 4 price decimals. */
function fill(side: 'B' | 'A', size: string, price: string, start: string, more: Partial<Fill> = {}): Fill {
  const magnitude = parseLots(size, 2);
  return {
    time: 1_000 * nextTrade,
    coin: 1,
    tradeId: nextTrade,
    orderId: nextTrade++,
    size: lots(side === 'B' ? magnitude : -magnitude),
    price: parseTicks(price, 2),
    startPosition: parseLots(start, 2),
    fee: microUsd(0),
    closedPnl: null,
    maker: false,
    twapId: null,
    cause: 'order',
    ...more,
  };
}

/** Runs fills and returns per-fill gross in USD and all ended episodes (copies). */
function run(fills: readonly Fill[]): { book: EpisodeBook; gross: (number | null)[]; ended: Episode[] } {
  const book = new EpisodeBook();
  const gross: (number | null)[] = [];
  const ended: Episode[] = [];
  for (const one of fills) {
    const effect = book.apply(one);
    gross.push(effect.gross === null ? null : effect.gross / 1e6);
    for (const episode of effect.ended) ended.push({ ...episode });
  }
  return { book, gross, ended };
}

describe('average entry accounting', () => {
  it('pays the average-entry path of the reference vector, not FIFO, and splits the flip', () => {
    const { gross, ended } = run([
      fill('B', '1', '100', '0'),
      fill('B', '1', '110', '1'),
      fill('A', '1', '120', '2'),
      fill('A', '2', '90', '1'),
      fill('B', '1', '80', '-1'),
    ]);
    expect(gross).toEqual([0, 0, 15, -15, 10]);
    expect(ended.map((episode) => episode.gross / 1e6)).toEqual([0, 10]);
    expect(ended.map((episode) => episode.direction)).toEqual([1, -1]);
  });

  it('gives the net of the published 1 %-fee order sequence (three positions, the last one open)', () => {
    const fee = (usd: string) => ({ fee: parseUsd(usd) });
    const { book, ended } = run([
      fill('B', '1', '1.01', '0', fee('0.0101')),
      fill('B', '0.1', '2.02', '1', fee('0.00202')),
      fill('A', '1', '2.97', '1.1', fee('0.0297')),
      fill('A', '0.1', '3.96', '0.1', fee('0.00396')),
      fill('B', '1', '5.05', '0', fee('0.0505')),
      fill('A', '2', '5.94', '1', fee('0.1188')),
    ]);
    expect(ended.map((episode) => episodeNet(episode) / 1e6)).toEqual([2.10822, 0.7801]);
    expect(ended[0]?.partialCloses).toBe(1);
    book.mark(1, parseTicks('6', 2));
    const [open] = [...book.openPositions()];
    expect(open?.unrealised && (open.unrealised - open.episode.fees) / 1e6).toBeCloseTo(-0.1194, 9);
  });

  it('gives the mirrored shorts their published nets', () => {
    const fee = (usd: string) => ({ fee: parseUsd(usd) });
    const { book, ended } = run([
      fill('A', '1', '5.94', '0', fee('0.0594')),
      fill('A', '0.1', '4.95', '-1', fee('0.00495')),
      fill('B', '1', '4.04', '-1.1', fee('0.0404')),
      fill('B', '0.1', '3.03', '-0.1', fee('0.00303')),
      fill('A', '1', '1.98', '0', fee('0.0198')),
      fill('B', '2', '1.01', '-1', fee('0.0202')),
    ]);
    expect(ended.map((episode) => episodeNet(episode) / 1e6)).toEqual([1.98422, 0.9401]);
    book.mark(1, parseTicks('1', 2));
    const [open] = [...book.openPositions()];
    expect(open?.unrealised && (open.unrealised - open.episode.fees) / 1e6).toBeCloseTo(-0.0201, 9);
  });

  it('reads the carried-in entry of a real flip off the venue and splits its fee', () => {
    const book = new EpisodeBook();
    const effect = book.apply({
      ...fill('A', '1', '1', '0'),
      size: lots(-100),
      price: ticks(791_460),
      startPosition: lots(93),
      fee: microUsd(19_785),
      closedPnl: microUsd(46_128),
    });
    expect(effect.gross).toBe(46_128);
    const [carried] = effect.ended;
    expect(carried?.fault).toBe('carried');
    expect(carried?.fees).toBe(18_400);
    expect(book.open(1)?.fees).toBe(1_385);
    expect(book.size(1)).toBe(-7);
    // 0.046128 / 0.00093 = 49.6 below the fill price.
    expect(79_146 - (effect.gross ?? 0) / 1e6 / 0.00093).toBeCloseTo(79_096.4, 6);
  });

  it('keeps gross free of fees: the two take-profits of the documented case', () => {
    const book = new EpisodeBook();
    const eth = (size: number, price: string, start: number, fee: string, pnl: string): Fill => ({
      ...fill('B', '1', '1', '0'),
      size: lots(size),
      price: parseTicks(price, 4),
      startPosition: lots(start),
      fee: parseUsd(fee),
      closedPnl: parseUsd(pnl),
    });
    book.apply(eth(4_280, '2331.5', 0, '0', '0'));
    expect(book.apply(eth(-2_140, '2354.8', 4_280, '0.072565', '4.9862')).gross).toBe(4_986_200);
    const effect = book.apply(eth(-2_140, '2366.5', 2_140, '0.072926', '7.49'));
    expect(effect.gross).toBe(7_490_000);
    expect(effect.ended[0] && episodeNet(effect.ended[0])).toBe(4_913_635 + 7_417_074);
    expect(book.mismatches).toBe(0);
  });
});

describe('faults and flags', () => {
  it('ends the episode as broken on a gap and starts again from the stated position', () => {
    const { book, ended } = run([
      fill('B', '1', '100', '0'),
      fill('B', '1', '100', '3'),
      fill('A', '4', '110', '4', { closedPnl: microUsd(40_000_000) }),
    ]);
    expect(book.gaps).toBe(1);
    expect(ended.map((episode) => episode.fault)).toEqual(['gap', 'carried']);
    expect(book.size(1)).toBe(0);
  });

  it('leaves gross unknown, not zero, when neither we nor the venue know the entry', () => {
    expect(run([fill('A', '1', '100', '5')]).gross).toEqual([null]);
  });

  it('marks an episode whose PnL the venue disputes by more than a cent', () => {
    const { book, ended } = run([
      fill('B', '1', '100', '0'),
      fill('A', '1', '110', '1', { closedPnl: microUsd(10_020_000) }),
    ]);
    expect(book.mismatches).toBe(1);
    expect(ended[0]?.fault).toBe('mismatch');
  });

  it('counts adds under water, one TWAP as one order, and the owner liquidated', () => {
    const { ended } = run([
      fill('B', '1', '100', '0'),
      fill('B', '1', '90', '1', { twapId: 7 }),
      fill('B', '1', '80', '2', { twapId: 7 }),
      fill('A', '3', '70', '3', { cause: 'liquidation' }),
    ]);
    const episode = ended[0];
    expect(episode?.adds).toBe(1);
    expect(episode?.loserAdds).toBe(1);
    expect(episode?.loserAddNotional).toBe(170e6);
    expect(episode?.liquidated).toBe(true);
    expect(episode?.worst).toBe(-60e6);
    expect(episode && episodeHold(episode)).toBeCloseTo(
      (100e6 * 1000 + 190e6 * 1000 + 270e6 * 1000) / 270e6,
      6,
    );
  });

  it('adds funding to the open episode only', () => {
    const book = new EpisodeBook();
    book.apply(fill('B', '1', '100', '0'));
    expect(book.funding(1, microUsd(-5))).toBe(true);
    expect(book.funding(2, microUsd(-5))).toBe(false);
    expect(book.open(1)?.funding).toBe(-5);
  });
});

/** A random walk of fills in one coin, many in one millisecond. */
const walks = fc
  .array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 2_000_000 }), fc.nat(2)), {
    minLength: 1,
    maxLength: 60,
  })
  .map((steps) => {
    let position = 0;
    let time = 1_000;
    const fills: Fill[] = [];
    for (const [size, price, wait] of steps) {
      if (size === 0) continue;
      time += wait;
      fills.push({
        ...fill('B', '1', '1', '0'),
        time,
        size: lots(size),
        price: ticks(price),
        startPosition: lots(position),
      });
      position += size;
    }
    return fills;
  });

describe('properties', () => {
  it('gross of all episodes plus unrealised is cash flow plus the value of what is held, to the micro-USD', () => {
    fc.assert(
      fc.property(walks, (fills) => {
        const { book, gross } = run(fills);
        const cash = fills.reduce((sum, one) => sum - one.size * one.price, 0);
        const last = fills[fills.length - 1];
        if (!last) return;
        book.mark(1, last.price);
        const held = [...book.openPositions()][0];
        const total = Math.round(gross.reduce<number>((sum, g) => sum + (g ?? 0) * 1e6, 0));
        const value = held ? held.size * last.price : 0;
        expect(Math.abs(total + (held?.unrealised ?? 0) - (cash + value))).toBeLessThanOrEqual(0.5 + 1e-3);
      }),
    );
  });

  it('restores execution order from shuffled, duplicated pages', () => {
    fc.assert(
      fc.property(walks, fc.infiniteStream(fc.nat()), (fills, keys) => {
        // Where every millisecond returns to where it began, nothing in the fills says where that was.
        const moved = new Map<number, number>();
        for (const { time, size } of fills) moved.set(time, (moved.get(time) ?? 0) + size);
        fc.pre([...moved.values()].some((sum) => sum !== 0));
        const shuffled = [...fills, ...fills.slice(0, 10)]
          .map((one) => ({ one, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const ordered = orderFills(shuffled);
        expect(ordered.duplicates).toBe(shuffled.length - fills.length);
        const { book } = run(ordered.fills);
        expect(book.gaps).toBe(0);
        const final = fills.reduce((sum, one) => sum + one.size, 0);
        if (fills.length > 0) expect(book.size(1)).toBe(final);
      }),
    );
  });

  it('begins a round trip of one millisecond where the fills after it go on', () => {
    const at = (time: number, size: number, startPosition: number): Fill => ({
      ...fill('B', '1', '1', '0'),
      time,
      size: lots(size),
      startPosition: lots(startPosition),
    });
    const opened = at(5, 50, 0);
    const closed = at(5, -50, 50);
    expect(orderFills([closed, opened, at(6, 10, 0)]).fills.map((one) => one.size)).toEqual([50, -50, 10]);
    expect(orderFills([closed, opened, at(6, 10, 50)]).fills.map((one) => one.size)).toEqual([-50, 50, 10]);
  });

  it('divides exactly where the product leaves 2^53', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(2 ** 40), fc.integer({ min: 1, max: 2 ** 40 }), (a, b, c) => {
        fc.pre(b <= c);
        const product = BigInt(Math.abs(a)) * BigInt(b);
        const want = Number((product * 2n + BigInt(c)) / (BigInt(c) * 2n));
        expect(mulDivRound(a, b, c)).toBe(a < 0 && want !== 0 ? -want : want);
      }),
    );
  });

  it('chains 2,000 fills of one block given in reverse', () => {
    const fills = Array.from({ length: 2_000 }, (_, i) => ({
      ...fill('B', '1', '1', '0'),
      time: 5,
      size: lots(i % 2 === 0 ? 3 : -2),
      startPosition: lots(Math.floor(i / 2) + (i % 2 === 0 ? 0 : 3)),
    }));
    const { book } = run(orderFills([...fills].reverse()).fills);
    expect(book.gaps).toBe(0);
    expect(book.size(1)).toBe(1_000);
  });
});

interface WireFill {
  readonly coin: string;
  readonly px: string;
  readonly sz: string;
  readonly side: 'A' | 'B';
  readonly time: number;
  readonly startPosition: string;
  readonly closedPnl: string;
  readonly fee: string;
  readonly tid: number;
  readonly oid: number;
  readonly crossed: boolean;
}

const decimals = (text: string): number => (text.split('.')[1] ?? '').replace(/0+$/, '').length;

function recordedTraders(): Fill[][] {
  const data = JSON.parse(readFileSync(RECORDED, 'utf8')) as { traders: { fills: WireFill[] }[] };
  const coins = new Map<string, { id: number; sizeDecimals: number }>();
  for (const { fills } of data.traders)
    for (const one of fills) {
      const coin = coins.get(one.coin) ?? { id: coins.size + 1, sizeDecimals: 0 };
      coin.sizeDecimals = Math.max(coin.sizeDecimals, decimals(one.sz), decimals(one.startPosition));
      coins.set(one.coin, coin);
    }
  return data.traders.map(({ fills }) =>
    fills.map((one) => {
      const coin = coins.get(one.coin) ?? { id: 0, sizeDecimals: 0 };
      const magnitude = parseLots(one.sz, coin.sizeDecimals);
      return {
        time: one.time,
        coin: coin.id,
        tradeId: one.tid,
        orderId: one.oid,
        size: lots(one.side === 'B' ? magnitude : -magnitude),
        price: parseTicks(one.px, coin.sizeDecimals),
        startPosition: parseLots(one.startPosition, coin.sizeDecimals),
        fee: parseUsd(one.fee),
        closedPnl: parseUsd(one.closedPnl),
        maker: !one.crossed,
        twapId: null,
        cause: 'order' as const,
      };
    }),
  );
}

describe.skipIf(!existsSync(RECORDED))(
  'recorded mainnet fills (skipped where the recording is absent)',
  () => {
    it('chain without a break in API order, and gross PnL per fill is the venue closedPnl', () => {
      let closing = 0;
      for (const fills of recordedTraders()) {
        const book = new EpisodeBook();
        for (const one of fills) {
          const effect = book.apply(one);
          if (effect.closedSize === 0) continue;
          closing++;
          expect(effect.venueGross).toBe(one.closedPnl);
          // The exact cash differs by less than one tick on the closed size.
          expect(Math.abs((effect.gross ?? Number.NaN) - (one.closedPnl ?? 0))).toBeLessThanOrEqual(
            effect.closedSize,
          );
        }
        expect(book.gaps).toBe(0);
        expect(book.mismatches).toBe(0);
      }
      expect(closing).toBeGreaterThan(200);
    });

    it('come out in the same order from shuffled and repeated pages', () => {
      for (const fills of recordedTraders()) {
        const mixed = [...fills.slice(40).reverse(), ...fills.slice(0, 60)];
        const book = new EpisodeBook();
        const ordered = orderFills(mixed);
        for (const one of ordered.fills) book.apply(one);
        expect(ordered.fills).toHaveLength(fills.length);
        expect(book.gaps).toBe(0);
      }
    });
  },
);
