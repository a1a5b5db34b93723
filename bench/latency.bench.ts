/**
 * How old what a person sees is: from the venue's frame, over the stream role, PostgreSQL and the API server, to a
 * WebSocket reader, each in a process of its own, at the pace of a busy market; and from the frame to the commit of the
 * changes of watched traders.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { PositionChange } from '../src/contract/positions.ts';
import type { ServerMessage } from '../src/contract/updates.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { silentLogger } from '../src/runtime/log.ts';
import { systemRandom } from '../src/runtime/random.ts';
import { type Database, openDatabase } from '../src/store/database.ts';
import { startEmbeddedPostgres } from '../src/store/embedded/launcher.ts';
import { runMigrations } from '../src/store/migrate.ts';
import { listenNews } from '../src/store/news.ts';
import { addToWatchlist } from '../src/store/watchlist.ts';
import { address } from './ingest/frames.ts';
import { LoadVenue } from './ingest/venue.ts';
import type { StreamStart } from './latency/stream_process.ts';
import type { BenchResult, RunBench } from './result.ts';

const START_MS = 1_780_000_000_000;
const HOUR_MS = 3_600_000;
const RATE = 50;
/** The busiest traders; they take part in about one trade in fifteen. */
const WATCHED = 10;
/** The stream hears of a changed watchlist by news, at the latest with the second's look. */
const WATCHLIST_HEARD_MS = 1_500;
const LAST_ARRIVAL_MS = 10_000;

function start(
  path: string,
  message: string | StreamStart,
): { process: ChildProcess; ready: Promise<unknown> } {
  const child = fork(new URL(path, import.meta.url), { execArgv: ['--import', 'tsx'] });
  const ready = new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`a process of the bench ended with ${code}`)));
  });
  child.send(message);
  return { process: child, ready };
}

/** One reader of all changes. */
class Reader {
  readonly socket: WebSocket;
  /** By trade id: when the last change with it arrived, ms. */
  readonly arrivedAt = new Map<number, number>();
  readonly watched: PositionChange[] = [];
  readonly #isWatched: ReadonlySet<string>;

  constructor(api: { port: number; token: string }, watched: ReadonlySet<string>) {
    this.#isWatched = watched;
    this.socket = new WebSocket(`ws://127.0.0.1:${api.port}/ws/v1/updates`, ['autotrade.v1'], {
      headers: { authorization: `Bearer ${api.token}` },
    });
    this.socket.once('open', () =>
      this.socket.send(JSON.stringify({ type: 'follow', id: 'all', filter: {} })),
    );
    this.socket.on('message', (data) => this.#take(JSON.parse(String(data)) as ServerMessage));
  }

  #take(message: ServerMessage): void {
    if (message.type !== 'changes') return;
    const now = systemClock.now();
    for (const change of message.items) {
      for (const tradeId of change.tradeIds) this.arrivedAt.set(tradeId, now);
      if (this.#isWatched.has(change.trader)) this.watched.push(change);
    }
  }
}

function quantiles(name: string, list: number[], target: string): BenchResult[] {
  if (list.length === 0) return [];
  list.sort((a, b) => a - b);
  const at = (share: number) => list[Math.min(list.length - 1, Math.floor(list.length * share))] as number;
  return [
    { name: `${name}, p50`, value: at(0.5), unit: 'ms' },
    { name: `${name}, p99`, value: at(0.99), unit: 'ms', target },
  ];
}

/** When (ms) news of each offset came, in order of both: the commit was before. */
function noteCommits(database: Database): {
  commits: [offset: number, at: number][];
  close(): Promise<void>;
} {
  const news = listenNews({
    url: database.url,
    applicationName: 'bench news',
    log: silentLogger,
    clock: systemClock,
    random: systemRandom,
  });
  const commits: [number, number][] = [];
  news.subscribe('changes', (wake) => {
    if (wake.reason === 'news') commits.push([wake.upTo.offset, systemClock.now()]);
  });
  return { commits, close: () => news.close() };
}

async function watchBusiest(database: Database): Promise<Set<string>> {
  const busiest = Array.from({ length: WATCHED }, (_, number) => address(number));
  const { rows } = await database.query<{ trader_id: number }>(
    'SELECT trader_id FROM traders WHERE address = ANY ($1)',
    [busiest.map((text) => Buffer.from(text.slice(2), 'hex'))],
  );
  for (const row of rows) await addToWatchlist(database, row.trader_id, systemClock.now());
  await systemClock.sleep(WATCHLIST_HEARD_MS);
  return new Set(busiest);
}

async function until(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<void> {
  const end = systemClock.monotonic() + limitMs;
  while (!(await condition()) && systemClock.monotonic() < end) await systemClock.sleep(20);
}

async function measure(
  venue: LoadVenue,
  database: Database,
  api: { port: number; token: string },
  seconds: number,
): Promise<BenchResult[]> {
  // Most traders of a running venue are known already.
  const known = await venue.prepare(10_000, 'known', START_MS);
  await venue.send(0);
  await until(async () => {
    const { rows } = await database.query<{ n: number }>('SELECT next_seq AS n FROM stream_state');
    return (rows[0]?.n ?? 0) > known;
  }, 60_000);
  const reader = new Reader(api, await watchBusiest(database));
  const { commits, close } = noteCommits(database);
  await systemClock.sleep(1_000);
  const sent = new Map(await venue.stroll(RATE, seconds, 'measured', START_MS + HOUR_MS));
  await until(() => reader.arrivedAt.size >= sent.size, LAST_ARRIVAL_MS);
  reader.socket.terminate();
  await close();
  const seen = [...sent].flatMap(([tradeId, at]) => {
    const arrived = reader.arrivedAt.get(tradeId);
    return arrived === undefined ? [] : [arrived - at];
  });
  const committed = reader.watched.flatMap(({ offset, tradeIds }) => {
    const commit = commits.find(([upTo]) => upTo >= offset);
    const at = sent.get(tradeIds[0] ?? 0);
    return commit === undefined || at === undefined ? [] : [commit[1] - at];
  });
  return [
    ...quantiles('exchange frame to browser at 50 trades/s', seen, '<= 300'),
    ...quantiles('watched traders: exchange frame to commit', committed, '<= 50'),
    { name: 'changes of watched traders', value: committed.length, unit: 'changes' },
    {
      name: 'trades not seen by the browser',
      value: sent.size - seen.length,
      unit: 'trades',
      target: '== 0',
    },
  ];
}

export const run: RunBench = async ({ quick, say }) => {
  const folder = await mkdtemp(join(tmpdir(), 'autotrade-bench-'));
  const own = { clock: systemClock, random: systemRandom, log: silentLogger };
  const server = await startEmbeddedPostgres({ dataDir: folder, ...own });
  const venue = await LoadVenue.start();
  const children: ChildProcess[] = [];
  try {
    const connection = { url: server.url, log: silentLogger, applicationName: 'bench' };
    await runMigrations(connection);
    const database = openDatabase(connection);
    const databaseUrl = server.url.reveal();
    const stream = start('./latency/stream_process.ts', { databaseUrl, venue: `127.0.0.1:${venue.port}` });
    children.push(stream.process);
    await stream.ready;
    const api = start('./updates/fanout_server.ts', databaseUrl);
    children.push(api.process);
    say('database, venue, stream and API run');
    const door = (await api.ready) as { port: number; token: string };
    const results = await measure(venue, database, door, quick ? 15 : 60);
    await database.close();
    return results;
  } finally {
    for (const child of children) child.disconnect();
    venue.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
};
