/**
 * From the venue's socket to committed trades, traders and position changes. Frames shaped like the recording (one
 * per coin and block), 200 coins, 400,000 addresses, 1 % duplicates, over a real local WebSocket from another process.
 * The peer, ccxt.pro, gets the same frames over the same kind of socket; it keeps no positions and no database.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { TraderLedger } from '../src/discovery/trader_ledger.ts';
import { AddressIndex } from '../src/domain/address_index.ts';
import { ChangeColumns } from '../src/domain/change_columns.ts';
import { CoinTable } from '../src/domain/listed_coin.ts';
import { TradeColumns } from '../src/domain/trade_columns.ts';
import { TradeMemory } from '../src/domain/trade_memory.ts';
import { FrameReader } from '../src/hyperliquid/stream/frame.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { silentLogger } from '../src/runtime/log.ts';
import { systemRandom } from '../src/runtime/random.ts';
import { type Database, openDatabase } from '../src/store/database.ts';
import { startEmbeddedPostgres } from '../src/store/embedded/launcher.ts';
import { runMigrations } from '../src/store/migrate.ts';
import { PositionBook } from '../src/tracking/position_book.ts';
import { startLeader } from '../test/stream/start_leader.ts';
import { databaseCpuSeconds } from './ingest/database_cpu.ts';
import { COINS, coinName, SIZE_DECIMALS } from './ingest/frames.ts';
import { ccxtPeer } from './ingest/peer.ts';
import { LoadVenue } from './ingest/venue.ts';
import type { BenchResult, RunBench } from './result.ts';

const START_MS = 1_780_000_000_000;
const HOUR_MS = 3_600_000;
const BURST_RATE = 100_000;
const BURST_SECONDS = 5;

/**
 * Trades through one socket into `take` per second of this process's CPU time: the generator and whatever else runs on
 * the machine do not count, the socket does.
 */
async function inMemory(venue: LoadVenue, trades: number, take: (frame: Buffer) => void): Promise<number> {
  const fresh = await venue.prepare(trades, 'memory', START_MS);
  const socket = new WebSocket(`ws://127.0.0.1:${venue.port}/ws`, { perMessageDeflate: false });
  let acks = 0;
  let taken = 0;
  socket.on('message', (data: Buffer) => {
    if (acks < COINS) {
      acks++;
      return;
    }
    take(data);
    taken++;
  });
  await new Promise((resolve) => socket.once('open', resolve));
  for (let index = 0; index < COINS; index++) {
    const subscription = { type: 'trades', coin: coinName(index) };
    socket.send(JSON.stringify({ method: 'subscribe', subscription }));
  }
  await waitFor(() => acks === COINS);
  const before = process.cpuUsage();
  const { sent } = await venue.send(0);
  await waitFor(() => taken === sent);
  const { user, system } = process.cpuUsage(before);
  socket.terminate();
  return fresh / ((user + system) / 1e6);
}

async function waitFor(condition: () => boolean | Promise<boolean>, limitMs = 120_000): Promise<void> {
  const end = systemClock.monotonic() + limitMs;
  while (!(await condition())) {
    if (systemClock.monotonic() > end) throw new Error('waited in vain');
    await systemClock.sleep(2);
  }
}

/** What the stream role does with a frame, up to the changes that it would write. */
function ownPath(): (frame: Buffer) => void {
  const coins = new CoinTable();
  for (let index = 0; index < COINS; index++) {
    const name = coinName(index);
    coins.add({ id: index + 1, dex: '', name, symbol: name, sizeDecimals: SIZE_DECIMALS });
  }
  const reader = new FrameReader(coins, new AddressIndex(1));
  const memory = new TradeMemory();
  const ledger = new TraderLedger();
  const book = new PositionBook();
  const changes = new ChangeColumns();
  const incoming = new TradeColumns();
  const rows = new TradeColumns();
  let seq = 1;
  let offset = 1;
  return (frame) => {
    incoming.clear();
    rows.clear();
    reader.read(frame, incoming, START_MS);
    for (let at = 0; at < incoming.length; at++) {
      const { coin, time, tradeId } = incoming;
      if (memory.add(coin[at] as number, time[at] as number, tradeId[at] as number) === 'new') {
        rows.pushFrom(incoming, at);
      }
    }
    ledger.apply(rows, 0, rows.length, seq);
    seq += rows.length;
    offset = book.applyFrame(rows, 0, rows.length, changes, offset);
    if (changes.length > 10_000) changes.clear();
  };
}

interface Committed {
  readonly perSecond: number;
  readonly seconds: number;
  readonly lost: number;
  /** Processor seconds of sending alone; undefined where the system does not tell. */
  readonly senderSeconds: number | undefined;
}

async function count(database: Database, table: string): Promise<number> {
  const { rows } = await database.query<{ n: number }>(`SELECT count(*) AS n FROM ${table}`);
  return rows[0]?.n ?? 0;
}

/**
 * Sends prepared frames at a rate and waits until all of them are committed. While frames are prepared nothing is sent,
 * and a feed that has gone silent is rightly dialled again: what is sent before it listens would be nobody's.
 */
async function commitAll(
  venue: LoadVenue,
  { database, listens }: { readonly database: Database; readonly listens: () => boolean },
  run: { trades: number; rate: number; seed: string; startMs: number },
): Promise<Committed> {
  const head = async () => {
    const { rows } = await database.query<{ next: number }>('SELECT next_seq AS next FROM stream_state');
    return rows[0]?.next ?? 1;
  };
  const fresh = await venue.prepare(run.trades, run.seed, run.startMs);
  await waitFor(listens);
  const before = await head();
  const senderBefore = await venue.cpuSeconds();
  const startedAt = systemClock.monotonic();
  await venue.send(run.rate);
  await waitFor(async () => {
    await systemClock.sleep(50);
    return (await head()) - before >= fresh;
  });
  const seconds = (systemClock.monotonic() - startedAt) / 1000;
  const senderAfter = await venue.cpuSeconds();
  const senderSeconds =
    senderBefore === undefined || senderAfter === undefined ? undefined : senderAfter - senderBefore;
  return { perSecond: fresh / seconds, seconds, lost: fresh - ((await head()) - before), senderSeconds };
}

async function durable(
  venue: LoadVenue,
  quick: boolean,
  say: (text: string) => void,
): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'autotrade-bench-'));
  const own = { clock: systemClock, random: systemRandom, log: silentLogger };
  const server = await startEmbeddedPostgres({ dataDir: folder, ...own });
  try {
    const connection = { url: server.url, log: silentLogger, applicationName: 'bench' };
    await runMigrations(connection);
    const database = openDatabase(connection);
    const results = await intoDatabase(venue, database, quick, say);
    await database.close();
    return results;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function intoDatabase(
  venue: LoadVenue,
  database: Database,
  quick: boolean,
  say: (text: string) => void,
): Promise<BenchResult[]> {
  const address = `127.0.0.1:${venue.port}`;
  const urls = { url: `http://${address}`, websocketUrl: `ws://${address}/ws` };
  const { leader, stop } = await startLeader(database, urls);
  const listens = () => {
    const { coins, connections } = leader.feed.status();
    return coins === COINS && connections.every((one) => one.confirmed === one.coins);
  };
  await waitFor(listens);
  const target = { database, listens };
  // Most traders of a running venue are known already.
  const known = { trades: quick ? 100_000 : 1_000_000, rate: 20_000, seed: 'known', startMs: START_MS };
  await commitAll(venue, target, known);
  say(`${leader.pipeline.ledger.known} traders known`);
  const cpu = process.cpuUsage();
  const databaseCpu = await databaseCpuSeconds(database);
  const load = {
    trades: quick ? 200_000 : 1_500_000,
    rate: 60_000,
    seed: 'sustained',
    startMs: START_MS + HOUR_MS,
  };
  const sustained = await commitAll(venue, target, load);
  const { user, system } = process.cpuUsage(cpu);
  const databaseCpuAfter = await databaseCpuSeconds(database);
  say(`sustained: ${Math.round(sustained.perSecond)} trades/s over ${sustained.seconds.toFixed(1)} s`);
  const burstTrades = quick ? BURST_RATE : BURST_RATE * BURST_SECONDS;
  const storm = { trades: burstTrades, rate: BURST_RATE, seed: 'burst', startMs: START_MS + 2 * HOUR_MS };
  const burst = await commitAll(venue, target, storm);
  const drain = burst.seconds - burstTrades / BURST_RATE;
  say(`burst: all committed ${drain.toFixed(1)} s after its end`);
  await stop();
  const trades = await count(database, 'trades');
  const cpuOf = (what: string, seconds: number): BenchResult => ({
    name: `CPU of the ${what} per million trades`,
    value: seconds / (load.trades / 1e6),
    unit: 's',
  });
  const ofOthers: BenchResult[] = [];
  if (databaseCpu !== undefined && databaseCpuAfter !== undefined)
    ofOthers.push(cpuOf('database', databaseCpuAfter - databaseCpu));
  if (sustained.senderSeconds !== undefined) ofOthers.push(cpuOf('sender', sustained.senderSeconds));
  return [
    {
      name: 'committed, with positions and changes',
      value: sustained.perSecond,
      unit: 'trades/s',
      target: '>= 30000',
    },
    { name: 'burst of 100,000/s: committed after its end', value: drain, unit: 's', target: '<= 30' },
    { name: 'trades lost', value: sustained.lost + burst.lost, unit: 'trades', target: '== 0' },
    { name: 'changes per trade', value: (await count(database, 'position_changes')) / trades, unit: 'rows' },
    { name: 'traders', value: await count(database, 'traders'), unit: 'rows' },
    cpuOf('stream', (user + system) / 1e6),
    ...ofOthers,
    {
      name: 'peak memory of the bench, rounds in memory included',
      value: process.resourceUsage().maxRSS / 1024,
      unit: 'MiB',
    },
  ];
}

export const run: RunBench = async ({ quick, say }) => {
  const venue = await LoadVenue.start();
  try {
    const trades = quick ? 150_000 : 600_000;
    const rounds = quick ? 1 : 3;
    const own: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round < rounds; round++) {
      own.push(await inMemory(venue, trades, ownPath()));
      peer.push(await inMemory(venue, trades, ccxtPeer()));
      say(
        `in memory: own ${Math.round(own.at(-1) ?? 0)}, ccxt.pro ${Math.round(peer.at(-1) ?? 0)} trades/CPU-s`,
      );
    }
    const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1] as number;
    const memory: BenchResult = {
      name: 'in memory, with positions',
      value: median(own),
      unit: 'trades/CPU-s',
      against: 'ccxt.pro watchTrades',
      ratio: median(own) / median(peer),
      target: '>= 2',
    };
    return [memory, ...(await durable(venue, quick, say))];
  } finally {
    venue.stop();
  }
};
