import { beforeEach, expect, test } from 'vitest';
import { TraderLedger } from '../../discovery/trader_ledger.ts';
import { AddressIndex } from '../../domain/address_index.ts';
import { KNOWN } from '../../domain/change_columns.ts';
import { DirtyQueue } from '../../domain/dirty_queue.ts';
import { CoinTable } from '../../domain/listed_coin.ts';
import { TradeMemory } from '../../domain/trade_memory.ts';
import { ManualClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/log.ts';
import type { StoredSnapshot } from '../../store/account_snapshots.ts';
import { POLL_PRIORITY, type PollRequest } from '../../store/audits.ts';
import { PositionBook } from '../../tracking/position_book.ts';
import { TraderDexs } from '../../tracking/trader_dexs.ts';
import { SnapshotAuditor } from './auditor.ts';
import { StreamPipeline } from './pipeline.ts';

const START = 1_700_000_000_000;
const TRADER = 7;
const BTC = 1;
const ETH = 2;

let clock: ManualClock;
let pipeline: StreamPipeline;
let auditor: SnapshotAuditor;
let inbox: StoredSnapshot[];
/** Coins of which trades come, and that the venue refuses. */
let live: Set<number>;
let refused: Set<number>;

beforeEach(() => {
  clock = new ManualClock(START);
  inbox = [];
  live = new Set([BTC, ETH]);
  refused = new Set();
  const coins = new CoinTable();
  const dexs = new TraderDexs();
  for (const [id, name] of [
    [BTC, 'BTC'],
    [ETH, 'ETH'],
  ] as const) {
    coins.add({ id, dex: '', name, symbol: name, sizeDecimals: 2 });
    dexs.addCoin(id, '');
  }
  const seededAt = (trader: number, coin: number) => dexs.seededAt(trader, coin);
  pipeline = new StreamPipeline({
    coins,
    addresses: new AddressIndex(1),
    memory: new TradeMemory(),
    ledger: new TraderLedger(),
    unlisted: new DirtyQueue(),
    book: new PositionBook({ seededAt }),
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
  auditor = new SnapshotAuditor({
    inbox: async (except) => inbox.filter(({ snapshotId }) => !except.includes(snapshotId)),
    pipeline,
    feed: {
      watches: () => true,
      refused: () => refused,
      passed: (coin) => live.has(coin),
      venueNow: () => clock.now(),
      probe: () => undefined,
    },
    isDelisted: () => false,
    clock,
    log: silentLogger,
  });
});

/** A worker's answer: the trader holds 1.5 of each of these coins. */
function polled(...coinIds: number[]): void {
  inbox.push({
    snapshotId: inbox.length + 1,
    traderId: TRADER,
    dex: '',
    stateTime: clock.now(),
    requestedAt: clock.now(),
    receivedAt: clock.now(),
    accountValueUsd: '1000',
    notionalUsd: '0',
    marginUsedUsd: '0',
    withdrawableUsd: '0',
    positions: coinIds.map((coinId) => ({ coinId, size: '1.5', entryPrice: '100' })),
    unknownSymbols: [],
  });
}

/** As the stream role does once a second, for so long; the polls that it asks for meanwhile. */
async function work(seconds: number): Promise<readonly PollRequest[]> {
  const polls: PollRequest[] = [];
  for (let second = 0; second <= seconds; second++) {
    if (second > 0) await clock.advance(1_000);
    await auditor.work();
    const batch = pipeline.collect(clock.now());
    if (batch === undefined) continue;
    auditor.committed(batch.audits.judged);
    inbox = inbox.filter(({ snapshotId }) => !batch.audits.judged.includes(snapshotId));
    polls.push(...batch.audits.polls);
  }
  return polls;
}

function positionIn(coin: number): [number, string | undefined] | undefined {
  const slot = pipeline.book.pairs.find(TRADER, coin);
  if (slot < 0) return undefined;
  return [pipeline.book.state(slot).size, KNOWN[pipeline.book.knownOf(slot)]];
}

test('a coin that the venue refuses does not keep its holders from being seeded, and costs no further poll', async () => {
  live.delete(ETH);
  refused.add(ETH);
  polled(BTC, ETH);
  expect(await work(0)).toEqual([]);
  expect(auditor.counts).toMatchObject({ seeded: 1, again: 0 });
  expect([positionIn(BTC), positionIn(ETH)]).toEqual([[150, 'exact'], undefined]);
  polled(BTC, ETH);
  expect(await work(600)).toEqual([]);
  expect(auditor.counts).toMatchObject({ agreed: 1, again: 0 });
});

test('a holder of nothing else is seeded too', async () => {
  live.delete(ETH);
  refused.add(ETH);
  polled(ETH);
  await work(0);
  expect(auditor.counts).toMatchObject({ seeded: 1, again: 0 });
  // What opens in another coin is known from its first trade on.
  expect(pipeline.dexs.get(TRADER, '')).toMatchObject({ seededAt: START, quarantined: false });
});

test('coins that are cut off are waited for, then left out', async () => {
  pipeline.begins(ETH, START - 1_000);
  live.delete(ETH);
  polled(BTC, ETH);
  await work(59);
  expect(auditor.waiting).toBe(1);
  await work(2);
  expect(auditor.counts).toMatchObject({ seeded: 1, again: 0 });
  expect([positionIn(BTC), positionIn(ETH)]).toEqual([
    [150, 'exact'],
    [0, 'estimated'],
  ]);

  live.add(ETH);
  polled(BTC, ETH);
  await work(0);
  expect(auditor.counts).toMatchObject({ drifted: 0 });
  expect(positionIn(ETH)).toEqual([150, 'exact']);
});

test('while the feed is away for long, a trader is polled again last of all and less and less often', async () => {
  live.clear();
  const asked: (number | undefined)[] = [];
  for (let n = 0; n < 6; n++) {
    polled(BTC);
    const polls = await work(61);
    expect(polls).toMatchObject([{ reason: 'feed interrupted', priority: POLL_PRIORITY.interrupted }]);
    asked.push(polls[0]?.delayMs);
  }
  expect(asked).toEqual([60_000, 120_000, 240_000, 480_000, 960_000, 960_000]);
  expect(POLL_PRIORITY.interrupted).toBe(Math.max(...Object.values(POLL_PRIORITY)));
  expect(auditor.counts).toMatchObject({ seeded: 0, again: 6 });

  live.add(BTC);
  polled(BTC);
  expect(await work(0)).toEqual([]);
  live.clear();
  polled(BTC);
  expect(await work(61)).toMatchObject([{ delayMs: 60_000 }]);
});

test('what cannot be compared is polled again before others only while the trader is not seeded', async () => {
  const unknown = async () => {
    polled(BTC);
    const snapshot = inbox.pop();
    if (snapshot !== undefined) inbox.push({ ...snapshot, unknownSymbols: ['ETH'] });
    return work(0);
  };
  expect(await unknown()).toMatchObject([{ reason: 'unknown coin', priority: POLL_PRIORITY.unseeded }]);
  polled(BTC);
  expect(await work(0)).toEqual([]);
  expect(await unknown()).toMatchObject([{ reason: 'unknown coin', priority: POLL_PRIORITY.ambiguous }]);
  pipeline.watch(new Set([TRADER]));
  expect(await unknown()).toMatchObject([{ priority: POLL_PRIORITY.watchedAnomaly }]);
});
