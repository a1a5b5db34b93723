import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { TraderLedger } from '../../src/discovery/trader_ledger.ts';
import { AddressIndex } from '../../src/domain/address_index.ts';
import { DirtyQueue } from '../../src/domain/dirty_queue.ts';
import { CoinTable } from '../../src/domain/listed_coin.ts';
import { TradeMemory } from '../../src/domain/trade_memory.ts';
import { TradeFeed } from '../../src/hyperliquid/stream/trade_feed.ts';
import { StreamPipeline } from '../../src/main/stream/pipeline.ts';
import { ManualClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import type { RowSource } from '../../src/store/binary_copy.ts';
import { PositionBook } from '../../src/tracking/position_book.ts';
import { TraderDexs } from '../../src/tracking/trader_dexs.ts';
import { tradesFrame, wireTrade } from './scripted_venue.ts';

const START = 1_700_000_000_000;
const COINS = ['BTC', 'ETH'].map((name, i) => ({ id: i + 1, dex: '', name, symbol: name, sizeDecimals: 2 }));

/** Confirms every subscribe at once. */
class ConfirmingSocket extends EventEmitter {
  readyState = 1;
  send(text: string): void {
    const { method, subscription } = JSON.parse(text) as { method: string; subscription?: unknown };
    const data = { method, subscription };
    if (subscription !== undefined) this.say(JSON.stringify({ channel: 'subscriptionResponse', data }));
  }
  say(text: string): void {
    this.emit('message', Buffer.from(text));
  }
  terminate(): void {}
}

/** The real path of a frame up to the batch, without a database. */
async function startPath() {
  const clock = new ManualClock(START);
  const coins = new CoinTable(COINS);
  const dexs = new TraderDexs();
  for (const coin of COINS) dexs.addCoin(coin.id, '');
  const pipeline = new StreamPipeline({
    coins,
    addresses: new AddressIndex(1),
    memory: new TradeMemory(),
    ledger: new TraderLedger(),
    unlisted: new DirtyQueue(),
    book: new PositionBook(),
    dexs,
    state: {
      epoch: 1,
      flushes: 0,
      nextOffset: 1,
      nextSeq: 1,
      positionsThrough: 1,
      tradersThrough: 1,
      aliveUntil: 0,
    },
  });
  const socket = new ConfirmingSocket();
  const feed = new TradeFeed({
    url: 'virtual',
    coins,
    addresses: pipeline.addresses,
    memory: pipeline.memory,
    clock,
    random: seededRandom(1),
    log: silentLogger,
    hooks: {
      trades: (rows) => void pipeline.trades(rows),
      gap: (gap) => pipeline.gap(gap),
      begins: (coin, time) => pipeline.begins(coin, time),
      interrupted: (ids) => pipeline.interrupted(ids),
      restored: (id) => pipeline.restored(id),
    },
    recentTrades: async () => [],
    coveredUntil: () => undefined,
    dial: () => socket as unknown as WebSocket,
  });
  feed.setCoins(COINS);
  await clock.advance(1);
  socket.emit('open');
  await clock.advance(15_000);
  expect(feed.status().coinsLive).toBe(COINS.length);
  return { socket, feed, pipeline };
}

/** Everything that would be written, and everything that is remembered. */
function stateOf({ book, ledger, state }: StreamPipeline): string {
  const positions = Array.from({ length: book.pairs.size }, (_, slot) => [
    book.pairs.traderOf(slot),
    book.pairs.coinOf(slot),
    book.state(slot),
  ]);
  const totals = Array.from({ length: ledger.known }, (_, i) => ledger.totals(i + 1));
  return JSON.stringify({ positions, totals, state }, (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

const bytesOf = (rows: RowSource | undefined) => rows && Buffer.concat([...rows.pieces()]).toString('hex');

const frames = fc.array(
  fc.record({
    coin: fc.constantFrom('BTC', 'ETH'),
    trades: fc.integer({ min: 1, max: 4 }),
    later: fc.integer({ min: 0, max: 3 }),
    users: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 8, maxLength: 8 }),
    size: fc.integer({ min: 1, max: 900 }),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
);

test('replaying any suffix of the input twice leaves every byte of the state as it was', async () => {
  await fc.assert(
    fc.asyncProperty(frames, fc.nat(), fc.boolean(), async (plan, from, flushedBefore) => {
      const path = await startPath();
      let time = START;
      let tradeId = 0;
      const texts = plan.map((one) => {
        time += one.later;
        const list = Array.from({ length: one.trades }, (_, i) => ({
          ...wireTrade(one.coin, time, ++tradeId),
          sz: (one.size / 100 + i).toFixed(2),
          users: [one.users[i * 2], one.users[i * 2 + 1]].map((n) => `0x${String(n).repeat(40)}`),
        }));
        return tradesFrame(list);
      });
      for (const text of texts) path.socket.say(text);
      if (flushedBefore) path.pipeline.collect(START);
      const seen = path.feed.counts.trades;
      expect(seen).toBe(tradeId);
      const before = stateOf(path.pipeline);
      const pending = path.pipeline.pending;
      for (let twice = 0; twice < 2; twice++) {
        for (const text of texts.slice(from % texts.length)) path.socket.say(text);
      }
      expect(stateOf(path.pipeline)).toBe(before);
      expect(path.pipeline.pending).toBe(pending);
      expect(path.feed.counts.trades).toBe(seen);
      const batch = path.pipeline.collect(START);
      const untouched = await startPath();
      for (const text of texts) untouched.socket.say(text);
      if (flushedBefore) untouched.pipeline.collect(START);
      const expected = untouched.pipeline.collect(START);
      expect(bytesOf(batch?.changes)).toBe(bytesOf(expected?.changes));
      expect(bytesOf(batch?.trades)).toBe(bytesOf(expected?.trades));
      expect(batch?.after).toEqual(expected?.after);
      path.feed.close();
      untouched.feed.close();
    }),
    { numRuns: 100 },
  );
}, 60_000);
