import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { TraderLedger } from '../../discovery/trader_ledger.ts';
import { AddressIndex } from '../../domain/address_index.ts';
import { DirtyQueue } from '../../domain/dirty_queue.ts';
import { CoinTable } from '../../domain/listed_coin.ts';
import { TradeColumns } from '../../domain/trade_columns.ts';
import { TradeMemory } from '../../domain/trade_memory.ts';
import type { StreamBatch } from '../../store/stream_batch.ts';
import { PositionBook } from '../../tracking/position_book.ts';
import { TraderDexs } from '../../tracking/trader_dexs.ts';
import { StreamPipeline } from './pipeline.ts';

const START = 1_700_000_000_000;
const STORM = 45_000;
const TRADERS = 90;

function startPipeline(aliveUntil = 0, refused?: ReadonlyMap<number, number>): StreamPipeline {
  const coins = new CoinTable([{ id: 1, dex: '', name: 'BTC', symbol: 'BTC', sizeDecimals: 2 }]);
  const dexs = new TraderDexs();
  dexs.addCoin(1, '');
  const addresses = new AddressIndex(1);
  for (let id = 1; id <= TRADERS; id++) addresses.load(id, new Uint8Array(20).fill(id));
  return new StreamPipeline({
    coins,
    addresses,
    memory: new TradeMemory(),
    ledger: new TraderLedger(),
    unlisted: new DirtyQueue(),
    book: new PositionBook(),
    dexs,
    ...(refused !== undefined && { refused }),
    state: {
      epoch: 1,
      flushes: 0,
      nextOffset: 1,
      nextSeq: 1,
      positionsThrough: 1,
      tradersThrough: 1,
      aliveUntil,
    },
  });
}

/** Far more trades than one batch holds, in frames of up to three. */
function storm(pipeline: StreamPipeline, from: number, to: number): void {
  for (let id = from; id < to; ) {
    const rows = new TradeColumns();
    const time = START + id;
    for (let n = 0; n <= id % 3 && id < to; n++, id++) {
      rows.push(1, time, id, 6_000 + (id % 7), 1 + (id % 5), 1 + (id % 41), 50 + (id % 37), true, time);
    }
    pipeline.trades(rows);
  }
}

/** Digests of the rows that would be written. */
const bytes = (batch: StreamBatch): string[] =>
  [batch.trades, batch.newTraders, batch.changes].map((rows) => {
    const hash = createHash('sha256');
    for (const piece of rows.pieces()) hash.update(piece);
    return `${rows.count} ${hash.digest('hex')}`;
  });

/** Every batch, as it would be written; `meanwhile` happens while it is. */
function drain(pipeline: StreamPipeline, meanwhile: () => void): string[][] {
  const written: string[][] = [];
  for (;;) {
    const batch = pipeline.collect(START);
    if (batch === undefined) return written;
    // A checkpoint that is ahead of the log would apply the trades in between twice after a restart.
    for (const { offset } of batch.positions) expect(offset).toBeLessThan(batch.after.nextOffset);
    meanwhile();
    written.push(bytes(batch));
  }
}

test('what a storm leaves is written in the same batches, however far the next one is made ready meanwhile', () => {
  const calm = startPipeline();
  storm(calm, 1, STORM);
  expect(calm.isBehind).toBe(true);
  const expected = drain(calm, () => undefined);
  expect(expected.length).toBeGreaterThan(2);

  const busy = startPipeline();
  storm(busy, 1, STORM);
  let steps = 0;
  const written = drain(busy, () => {
    const limit = ++steps % 2 === 0 ? Number.POSITIVE_INFINITY : 7;
    for (let n = 0; n < limit && busy.catchUp(); n++);
  });
  expect(written).toEqual(expected);
  expect(busy.pending).toBe(0);
  expect(busy.state).toEqual(calm.state);
}, 60_000);

test('a batch stays as it was made while more trades come in', () => {
  const pipeline = startPipeline();
  storm(pipeline, 1, 1_000);
  const batch = pipeline.collect(START) as StreamBatch;
  const before = bytes(batch);
  storm(pipeline, 1_000, STORM);
  while (pipeline.catchUp());
  expect(bytes(batch)).toEqual(before);
  expect(batch.trades.count).toBe(999);
}, 60_000);

test('a flush that a watched trader waits for brings little else up to date', () => {
  const pipeline = startPipeline();
  storm(pipeline, 1, 1_000);
  pipeline.collect(START);
  pipeline.watch(new Set([7]));
  const rowsOf = (trader: number) => {
    const rows = new TradeColumns();
    for (let other = 50; other < 87; other++)
      rows.push(1, START + 5_000, other, 6_000, 1, trader, other, true, 0);
    return rows;
  };
  expect(pipeline.trades(rowsOf(8))).toBe(false);
  expect(pipeline.trades(rowsOf(7))).toBe(true);
  const urgent = pipeline.collect(START) as StreamBatch;
  expect(urgent.trades.count).toBe(74);
  expect(urgent.traders).toHaveLength(25);
  const next = pipeline.collect(START) as StreamBatch;
  expect(next.traders).toHaveLength(14);
  expect(next.after.tradersThrough).toBe(next.after.nextSeq);
});

test('after a storm everybody is in the list of traders, at the place that the last totals say', () => {
  const pipeline = startPipeline();
  const place = new Map<number, number>();
  storm(pipeline, 1, STORM);
  for (;;) {
    const batch = pipeline.collect(START);
    if (batch === undefined) break;
    for (const { traderId, tradeCount } of batch.listed) place.set(traderId, tradeCount);
  }
  const totals = Array.from({ length: TRADERS }, (_, i) => pipeline.ledger.totals(i + 1)).filter(
    ({ tradeCount }) => tradeCount > 0,
  );
  expect(place.size).toBe(pipeline.ledger.known);
  expect(place).toEqual(new Map(totals.map(({ traderId, tradeCount }) => [traderId, tradeCount])));
}, 60_000);

test('a coin was followed until the last life ended, however long others have been whole since', () => {
  const pipeline = startPipeline(START);
  expect(pipeline.coveredUntil(1)).toBeUndefined();
  pipeline.begins(1, START - 5_000);
  expect(pipeline.coveredUntil(1)).toBe(START);
  pipeline.alive(START + 60_000, new Set());
  pipeline.collect(START);
  expect(pipeline.state.aliveUntil).toBe(START + 60_000);
  expect(pipeline.coveredUntil(1)).toBe(START);
});

describe('a coin that the venue refuses while others go on', () => {
  test('is noted with the time until which it was whole, and noted again when it is back', () => {
    const pipeline = startPipeline(START);
    pipeline.alive(START + 1_000, new Set());
    expect(pipeline.collect(START)?.refused).toEqual(new Map());
    pipeline.alive(START + 9_000, new Set([1]));
    pipeline.alive(START + 10_000, new Set([1]));
    const batch = pipeline.collect(START);
    expect(batch?.refused).toEqual(new Map([[1, START + 1_000]]));
    expect(batch?.after.aliveUntil).toBe(START + 10_000);
    pipeline.alive(START + 11_000, new Set([1]));
    expect(pipeline.collect(START)?.refused).toEqual(new Map());
    pipeline.alive(START + 12_000, new Set());
    expect(pipeline.collect(START)?.refused).toEqual(new Map([[1, null]]));
  });

  test('was followed until then, as the next life sees it', () => {
    const pipeline = startPipeline(START, new Map([[1, START - 7_000]]));
    pipeline.begins(1, START - 20_000);
    expect(pipeline.coveredUntil(1)).toBe(START - 7_000);
  });
});

test('what an audit left out is stored with the verdict, however much else waits for the checkpoint', () => {
  const pipeline = startPipeline();
  storm(pipeline, 1, 1_000);
  pipeline.collect(START);
  storm(pipeline, 2_000, 4_000);
  pipeline.begins(1, START - 5_000);
  pipeline.watch(new Set([87]));
  const rows = new TradeColumns();
  rows.push(1, START + 5_000, 5_000, 6_000, 1, 87, 86, true, 0);
  pipeline.trades(rows);
  const snapshot = {
    traderId: 90,
    dex: '',
    time: START + 6_000,
    accountValue: 1,
    positions: new Map([[1, { size: 5, cost: 5 }]]),
  };
  const verdict = pipeline.audit(1, snapshot, { isDelisted: () => false, isFollowed: () => false }, START);
  expect(verdict).toMatchObject({ kind: 'judged', seeded: true });
  const batch = pipeline.collect(START);
  expect(batch?.audits.traderDexs).toMatchObject([{ traderId: 90 }]);
  expect(batch?.positions.filter(({ traderId }) => traderId === 90)).toMatchObject([
    { size: 0, known: 'estimated', verifiedAt: 0 },
  ]);
});

test('a coin that goes on under another id is closed after the trades of it that still wait', () => {
  const pipeline = startPipeline();
  storm(pipeline, 1, STORM);
  expect(pipeline.isBehind).toBe(true);
  pipeline.retire(1, START, START);
  expect(pipeline.book.openIn(1).length).toBeGreaterThan(0);
  const holders = new Set<number>();
  for (;;) {
    const batch = pipeline.collect(START);
    if (batch === undefined) break;
    for (const { traderId, reason } of batch.audits.polls)
      if (reason === 'new precision') holders.add(traderId);
  }
  expect(pipeline.book.openIn(1)).toEqual([]);
  expect(pipeline.book.open).toBe(0);
  expect(holders.size).toBeGreaterThan(TRADERS / 2);
}, 60_000);

test('doubt is stored with the verdict or the trade that it comes of, however much else waits', () => {
  const pipeline = startPipeline();
  storm(pipeline, 1, 1_000);
  pipeline.collect(START);
  pipeline.watch(new Set([87]));
  let id = 10_000;
  /** A trade of the watched trader, after which few rows are brought up to date, and many that wait for it. */
  const busy = () => {
    storm(pipeline, id, id + 500);
    id += 500;
    const rows = new TradeColumns();
    rows.push(1, START + id, id++, 6_000, 1, 87, 86, true, 0);
    pipeline.trades(rows);
  };
  const of = (trader: number, batch: StreamBatch | undefined) =>
    batch?.positions.filter(({ traderId }) => traderId === trader).map(({ known }) => known);
  const judge = (time: number, size: number) => {
    const positions = new Map(size === 0 ? [] : [[1, { size, cost: size * 6_000 }]]);
    const snapshot = { traderId: 95, dex: '', time: START + time, accountValue: 9, positions };
    expect(pipeline.audit(time, snapshot, everything, START).kind).toBe('judged');
  };
  const everything = { isDelisted: () => false, isFollowed: () => true };

  judge(50_000, 5);
  while (pipeline.book.dirty.length > 0) pipeline.collect(START);
  busy();
  const late = new TradeColumns();
  late.push(1, START + 50_000, 99_999, 6_000, 1, 95, 86, true, 0);
  pipeline.trades(late);
  const doubted = pipeline.collect(START);
  expect(of(95, doubted)).toEqual(['quarantined']);
  expect(doubted?.audits.polls.filter(({ traderId }) => traderId === 95)).toMatchObject([
    { reason: 'same_millisecond' },
  ]);

  judge(60_000, 5);
  while (pipeline.book.dirty.length > 0) pipeline.collect(START);
  expect(pipeline.book.knownOf(pipeline.book.slot(95, 1))).toBe(1);
  busy();
  judge(70_000, 8);
  const drifted = pipeline.collect(START);
  expect(drifted?.audits.drifts).toHaveLength(1);
  expect(of(95, drifted)).toEqual(['quarantined']);
}, 60_000);
