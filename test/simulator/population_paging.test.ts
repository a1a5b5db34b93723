/** Third-party clients page through one trader's whole past without a gap or a repeat, over real sockets. */
import { HttpTransport, InfoClient } from '@nktkas/hyperliquid';
import ccxt from 'ccxt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';

interface Row {
  readonly coin: string;
  readonly tid: number;
  readonly time: number;
  readonly side: string;
  readonly sz: string;
  readonly startPosition: string;
}

const PAGE = 2000;
const SERVED = 10_000;
let simulator: Simulator;
let busiest = '';

beforeAll(async () => {
  simulator = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: silentLogger,
    source: {
      kind: 'venue',
      seed: 'paging',
      tradesPerSecond: 3,
      warmUpMs: 60_000,
      population: { traders: 150, days: 6 },
    },
    limits: { restWeight: 1_000_000 },
    control: { port: 0, seed: 'paging' },
  });
  const answer = await fetch(`${simulator.controlUrl}/population`);
  const truth = (await answer.json()) as { user: string; kind: string; start: number; openingTime: number }[];
  // A fast actor that is older than its first fill has more of them than the venue serves.
  busiest = truth.find((each) => each.kind !== 'house' && each.openingTime > each.start)?.user ?? '';
  expect(busiest).not.toBe('');
}, 120_000);

afterAll(() => simulator?.close());

/** Every page from the start of time; each begins where the last one ended. */
async function allPages(page: (startTime: number) => Promise<readonly Row[]>): Promise<Row[]> {
  const out: Row[] = [];
  const seen = new Set<string>();
  for (let startTime = 0; ; ) {
    const rows = await page(startTime);
    const fresh = rows.filter((row) => !seen.has(`${row.coin}/${row.tid}`));
    for (const row of fresh) seen.add(`${row.coin}/${row.tid}`);
    out.push(...fresh);
    if (rows.length < PAGE) return out;
    startTime = rows.at(-1)?.time ?? startTime;
  }
}

function expectWhole(rows: readonly Row[]): void {
  expect(rows.length).toBeGreaterThan(SERVED - 200);
  const held = new Map<string, number>();
  let broken = 0;
  for (const row of rows) {
    const before = held.get(row.coin);
    if (before !== undefined && Math.abs(before - Number(row.startPosition)) > 1e-8) broken += 1;
    held.set(row.coin, Number(row.startPosition) + (row.side === 'B' ? 1 : -1) * Number(row.sz));
  }
  expect(broken).toBe(0);
}

it('@nktkas/hyperliquid', async () => {
  const info = new InfoClient({ transport: new HttpTransport({ apiUrl: simulator.url }) });
  const user = busiest as `0x${string}`;
  expectWhole(await allPages((startTime) => info.userFillsByTime({ user, startTime })));
});

it('ccxt', async () => {
  const exchange = new ccxt.hyperliquid({ walletAddress: busiest, enableRateLimit: false });
  exchange.urls['api'] = { public: simulator.url, private: simulator.url };
  await exchange.loadMarkets();
  const page = async (since: number): Promise<Row[]> => {
    const trades = await exchange.fetchMyTrades(undefined, since, PAGE, { user: busiest });
    return trades.map((trade) => trade.info as Row);
  };
  expectWhole(await allPages(page));
});

it('the wire has no way to the truth', async () => {
  const ask = (path: string, body: object) =>
    fetch(`${simulator.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect((await ask('/info', { type: 'population' })).ok).toBe(false);
  expect((await ask('/population', {})).ok).toBe(false);
  expect((await fetch(`${simulator.url}/population`)).ok).toBe(false);
});
