/** Third-party clients page through one trader's whole past without a gap or a repeat, over real sockets. */
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpTransport, InfoClient } from '@nktkas/hyperliquid';
import ccxt, { type hyperliquid } from 'ccxt';
import type { Hyperliquid as Sdk } from 'hyperliquid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { archivePath } from '../../src/simulator/population/archive.ts';
import { expandFrame } from '../../src/simulator/population/lz4_frame.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { until } from '../until.ts';

interface Row {
  readonly coin: string;
  readonly tid: number;
  readonly time: number;
  readonly side: string;
  readonly sz: string;
  readonly startPosition: string;
  readonly twapId: number | null;
}
interface FundingRow {
  readonly time: number;
  readonly delta: { readonly coin: string; readonly szi: string; readonly usdc: string };
}
interface LedgerRow {
  readonly time: number;
  readonly hash: string;
  readonly delta: { readonly type: string };
}
/** One request of each list, of what a client offers. */
interface Pages {
  readonly fills: (startTime: number) => Promise<readonly Row[]>;
  readonly funding?: (startTime: number) => Promise<readonly FundingRow[]>;
  readonly ledger?: (startTime: number) => Promise<readonly LedgerRow[]>;
  /** The client sorts fills of one millisecond by their id, which is no order of execution. */
  readonly resorts?: boolean;
}

const PAGE = 2_000;
const FUNDING_PAGE = 500;
const SERVED = 10_000;
const HOUR_MS = 3_600_000;
let simulator: Simulator;
let folder = '';
/** When the world began, ms. */
let begin = 0;
/** Has more fills than the venue serves, and one with fewer but with funding and transfers. */
let busiest = '';
let patient = '';
let past = new Map<string, Row[]>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paging-'));
  const warmUpMs = 60_000;
  const before = systemClock.now();
  simulator = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: silentLogger,
    source: {
      kind: 'venue',
      seed: 'paging',
      tradesPerSecond: 3,
      warmUpMs,
      population: { traders: 150, days: 6 },
    },
    limits: { restWeight: 10_000_000 },
    control: { port: 0, seed: 'paging' },
    archivePath: folder,
  });
  begin = Math.floor((before - warmUpMs) / 60_000) * 60_000;
  const truth = (await (await fetch(`${simulator.controlUrl}/population`)).json()) as {
    user: string;
    kind: string;
    start: number;
    openingTime: number;
  }[];
  // A fast actor that is older than its first fill has more of them than the venue serves.
  busiest = truth.find((each) => each.kind !== 'house' && each.openingTime > each.start)?.user ?? '';
  const others = truth.filter((each) => ['lucky', 'mild', 'skilled', 'negative'].includes(each.kind));
  patient = await mostFills(others.map(({ user }) => user));
  const last = join(folder, archivePath(Math.floor(begin / HOUR_MS) * HOUR_MS));
  await until(() => access(last).then(() => true), 'the last hour of the archive', 600_000);
  past = await archived(folder, [busiest, patient]);
  expect(past.get(busiest)?.length).toBeGreaterThan(SERVED);
  expect(past.get(patient)?.length).toBeGreaterThan(150);
}, 900_000);

afterAll(async () => {
  await simulator?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Who of them has the most, of those whose fills are all served on one page. */
async function mostFills(users: readonly string[]): Promise<string> {
  const counts = users.map(async (user) => {
    const answer = await fetch(`${simulator.url}/info`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'userFills', user }),
    });
    return { user, count: ((await answer.json()) as unknown[]).length };
  });
  const fit = (await Promise.all(counts)).filter(({ count }) => count < PAGE);
  return fit.sort((a, b) => b.count - a.count)[0]?.user ?? '';
}

/** Fills of some users as the archive of the past holds them, TWAP slices included. */
async function archived(root: string, users: readonly string[]): Promise<Map<string, Row[]>> {
  const out = new Map<string, Row[]>(users.map((user) => [user, []]));
  const hourly = join(root, 'node_fills_by_block/hourly');
  for (const day of (await readdir(hourly)).sort())
    for (let hour = 0; hour < 24; hour++) {
      const packed = await readFile(join(hourly, day, `${hour}.lz4`)).catch(() => null);
      if (packed === null) continue;
      for (const line of expandFrame(packed).toString('utf8').split('\n')) {
        if (!users.some((user) => line.includes(user))) continue;
        for (const [user, fill] of (JSON.parse(line) as { events: [string, Row][] }).events)
          out.get(user)?.push(fill);
      }
    }
  return out;
}

/** Every page from the start of time; each begins where the last one ended. */
async function allPages<T extends { readonly time: number }>(
  page: (startTime: number) => Promise<readonly T[]>,
  size: number,
  idOf: (row: T) => string,
): Promise<T[]> {
  const out: T[] = [];
  const seen = new Set<string>();
  for (let startTime = 0; ; ) {
    const rows = await page(startTime);
    const fresh = rows.filter((row) => !seen.has(idOf(row)));
    for (const row of fresh) seen.add(idOf(row));
    out.push(...fresh);
    if (rows.length < size) return out;
    startTime = rows.at(-1)?.time ?? startTime;
  }
}

const fillId = (row: Row): string => `${row.coin}/${row.tid}`;
const fundingId = (row: FundingRow): string => `${row.delta.coin}/${row.time}`;

/** The pages are the archive's fills, all of them in order; of a busy trader the newest that the venue serves. */
async function expectFills(user: string, { fills, resorts }: Pages): Promise<void> {
  const rows = await allPages(fills, PAGE, fillId);
  const told = rows.filter((row) => row.time < begin).map(fillId);
  const everything = past.get(user) ?? [];
  // What was pushed out by the fills of the living world is no longer served.
  const older = everything.slice(-SERVED).filter((row) => row.twapId === null && row.time < begin);
  expect(told.length).toBeGreaterThan(Math.min(older.length, SERVED - 400) - 1);
  const expected = older.slice(-told.length).map(fillId);
  expect(resorts ? [...told].sort() : told).toEqual(resorts ? expected.sort() : expected);
  if (resorts) return;
  const held = new Map<string, number>();
  let broken = 0;
  const slices = new Set(everything.filter((row) => row.twapId !== null).map((row) => row.coin));
  for (const row of rows) {
    const before = held.get(row.coin);
    const chained = before === undefined || Math.abs(before - Number(row.startPosition)) < 1e-8;
    // Slices of a TWAP are served apart: a coin that has some has holes here.
    if (!chained && !slices.has(row.coin)) broken += 1;
    held.set(row.coin, Number(row.startPosition) + (row.side === 'B' ? 1 : -1) * Number(row.sz));
  }
  expect(broken).toBe(0);
}

/** One payment for each hour of each position, of the size that the fills say. */
async function expectFunding(user: string, page: NonNullable<Pages['funding']>): Promise<void> {
  const rows = (await allPages(page, FUNDING_PAGE, fundingId)).filter((row) => row.time < begin);
  expect(rows.length).toBeGreaterThan(30);
  const paid = new Map(rows.map((row) => [fundingId(row), row.delta]));
  expect(paid.size).toBe(rows.length);
  const held = new Map<string, number>();
  const fills = past.get(user) ?? [];
  let at = 0;
  let wrong = 0;
  const first = Math.ceil((fills[0]?.time ?? 0) / HOUR_MS) * HOUR_MS;
  for (let hour = first; hour < begin; hour += HOUR_MS) {
    for (; (fills[at]?.time ?? Number.POSITIVE_INFINITY) < hour; at++) {
      const fill = fills[at] as Row;
      held.set(fill.coin, Number(fill.startPosition) + (fill.side === 'B' ? 1 : -1) * Number(fill.sz));
    }
    for (const [coin, szi] of held) {
      const payment = paid.get(`${coin}/${hour}`);
      // An hour whose rate is zero pays nothing; there is hardly one.
      if (Math.abs(szi) > 1e-9 && payment === undefined) wrong += 1;
      if (payment !== undefined && Math.abs(Number(payment.szi) - szi) > 1e-8) wrong += 1;
      if (Math.abs(szi) < 1e-9 && payment !== undefined) wrong += 1;
    }
  }
  expect(wrong).toBeLessThan(1 + rows.length / 200);
}

const ledgers: string[] = [];
async function expectSameLedger(page: NonNullable<Pages['ledger']>): Promise<void> {
  const rows = await allPages(page, PAGE, (row) => `${row.hash}/${row.time}`);
  const text = JSON.stringify(
    rows.filter((row) => row.time < begin).map((row) => [row.time, row.hash, row.delta.type]),
  );
  ledgers.push(text);
  expect(text).toBe(ledgers[0]);
}

async function expectWhole(of: (user: string) => Pages | Promise<Pages>): Promise<void> {
  for (const user of [busiest, patient]) await expectFills(user, await of(user));
  const { funding, ledger } = await of(patient);
  if (funding !== undefined) await expectFunding(patient, funding);
  if (ledger !== undefined) await expectSameLedger(ledger);
}

/** As this client's interface gives them: fills with the raw row in `info`. */
async function ccxtPages(Exchange: new (options: object) => hyperliquid, user: string): Promise<Pages> {
  const exchange = new Exchange({ walletAddress: user, enableRateLimit: false });
  exchange.urls['api'] = {
    public: simulator.url,
    private: simulator.url,
    ws: { public: simulator.websocketUrl },
  };
  await exchange.loadMarkets();
  const raw = async <T>(rows: Promise<readonly { info: unknown }[]>): Promise<T[]> =>
    (await rows).map((row) => row.info as T);
  return {
    fills: (since) => raw<Row>(exchange.fetchMyTrades(undefined, since, PAGE, { user })),
    funding: (since) =>
      raw<FundingRow>(exchange.fetchFundingHistory(undefined, since, FUNDING_PAGE, { user })),
    resorts: true,
    ledger: (since) => raw<LedgerRow>(exchange.fetchLedger(undefined, since, PAGE, { user })),
  };
}

describe('a whole past', { timeout: 120_000 }, () => {
  it('@nktkas/hyperliquid', async () => {
    const info = new InfoClient({ transport: new HttpTransport({ apiUrl: simulator.url }) });
    await expectWhole((address) => {
      const user = address as `0x${string}`;
      return {
        fills: (startTime) => info.userFillsByTime({ user, startTime }),
        funding: (startTime) => info.userFunding({ user, startTime }),
        ledger: (startTime) => info.userNonFundingLedgerUpdates({ user, startTime }),
      };
    });
  });

  it('hyperliquid', async () => {
    const { Hyperliquid, BASE_URLS } = createRequire(import.meta.url)('hyperliquid') as {
      Hyperliquid: new (options: object) => Sdk;
      BASE_URLS: Record<string, string>;
    };
    BASE_URLS['PRODUCTION'] = simulator.url;
    const sdk = new Hyperliquid({ enableWs: false, disableAssetMapRefresh: true });
    const { perpetuals } = sdk.info;
    const end = begin + 10 * 86_400_000;
    await expectWhole((user) => ({
      fills: async (start) => (await sdk.info.getUserFillsByTime(user, start, end, true)) as unknown as Row[],
      funding: async (start) =>
        (await perpetuals.getUserFunding(user, start, end, true)) as unknown as FundingRow[],
      ledger: async (start) =>
        (await perpetuals.getUserNonFundingLedgerUpdates(user, start, end, true)) as unknown as LedgerRow[],
    }));
  });

  it('ccxt', async () => {
    await expectWhole((user) => ccxtPages(ccxt.hyperliquid, user));
  });

  it('ccxt pro', async () => {
    await expectWhole((user) => ccxtPages(ccxt.pro.hyperliquid as never, user));
  });
});

describe('the wire has no way to the truth', () => {
  const ask = (path: string, body: object) =>
    fetch(`${simulator.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('not by its paths and types', async () => {
    for (const path of ['/population', '/truth', `/truth/${patient}`, '/venue/deposit', '/faults'])
      for (const method of ['GET', 'POST'])
        expect((await fetch(`${simulator.url}${path}`, { method })).ok).toBe(false);
    for (const type of ['population', 'truth', 'traderTruth', 'archetype'])
      expect((await ask('/info', { type, user: patient })).ok).toBe(false);
    expect((await ask('/exchange', { type: 'population' })).ok).toBe(false);
  });

  it('not by the seed, which would make it anew', async () => {
    const answer = await ask('/info', { type: 'simulatedRun' });
    expect(await answer.text()).not.toContain('paging');
  });

  it('not in any answer about a trader', async () => {
    const kinds =
      /skilled|lucky|martingale|gambler|scalper|archetype|sharpe|follower_of|"kind"|"openingUsd"/i;
    const types = [
      'clearinghouseState',
      'spotClearinghouseState',
      'portfolio',
      'userRole',
      'userFees',
      'userRateLimit',
      'subAccounts',
      'subAccounts2',
      'userFills',
      'historicalOrders',
      'frontendOpenOrders',
      'userAbstraction',
      'referral',
      'extraAgents',
      'twapHistory',
      'userVaultEquities',
      'leadingVaults',
      'webData2',
    ];
    for (const type of types)
      for (const user of [patient, busiest])
        expect(await (await ask('/info', { type, user })).text()).not.toMatch(kinds);
  });

  it('not by its socket', async () => {
    const socket = new WebSocket(simulator.websocketUrl);
    const frames: string[] = [];
    socket.on('message', (data) => frames.push(String(data)));
    await new Promise((resolve) => socket.once('open', resolve));
    for (const type of ['population', 'truth'])
      socket.send(JSON.stringify({ method: 'subscribe', subscription: { type, user: patient } }));
    socket.send(
      JSON.stringify({ method: 'post', id: 1, request: { type: 'info', payload: { type: 'population' } } }),
    );
    await until(() => frames.length >= 3, 'three answers');
    socket.close();
    for (const frame of frames)
      expect(JSON.parse(frame)).toMatchObject({ channel: expect.stringMatching(/error|post/) });
    expect(frames.join('')).not.toMatch(/skilled|martingale/);
  });
});
