import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { WireServer } from '../../src/simulator/wire/server.ts';
import { FrameClient, info } from './client.ts';

const RECORDING = join(import.meta.dirname, '../../../shared/data/recordings/mainnet-ws-90s.jsonl');

interface Trade {
  coin: string;
  time: number;
  tid: number;
  users: [string, string];
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function play(path: string, times: 'shift' | 'keep', speed: number): Promise<WireServer> {
  const server = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: silentLogger,
    source: { kind: 'replay', path, speed, times },
  });
  open.push(server);
  return server;
}

async function listen(server: WireServer, coins: readonly string[]): Promise<FrameClient> {
  const client = await FrameClient.open(server.websocketUrl);
  open.push(client);
  for (const coin of coins) client.subscribe({ type: 'trades', coin });
  return client;
}

const tradesOf = (client: FrameClient): Trade[] =>
  client.of('trades').flatMap((frame) => frame.data as Trade[]);
const keyOf = (trade: Trade): string => `${trade.coin} ${trade.time} ${trade.tid}`;

describe.skipIf(!existsSync(RECORDING))('the recorded 90 s (../shared/data)', () => {
  it.each(['keep', 'shift'] as const)('%s: every trade once, all traders', async (times) => {
    const before = Date.now();
    const server = await play(RECORDING, times, 200);
    const dexs = await info<{ universe: { name: string }[] }[]>(server.url, { type: 'allPerpMetas' });
    const coins = dexs.flatMap((dex) => dex.universe.map((coin) => coin.name));
    expect([...coins].sort()).toEqual(['BTC', 'CASHCAT', 'xyz:CL', 'xyz:CXMT', 'xyz:KR200']);
    const client = await listen(server, coins);
    await client.until(() => tradesOf(client).length === 429);
    const trades = tradesOf(client);
    expect(new Set(trades.map(keyOf)).size).toBe(428);
    expect(new Set(trades.flatMap((trade) => trade.users)).size).toBe(202);
    const newest = Math.max(...trades.map((trade) => trade.time));
    if (times === 'keep') expect(newest).toBeLessThan(1_784_684_213_000);
    else expect(newest).toBeGreaterThan(before - 5000);
  });

  it('recentTrades hold what was played, once, and positions follow from it', async () => {
    const server = await play(RECORDING, 'keep', 200);
    const client = await listen(server, ['BTC', 'CASHCAT', 'xyz:CXMT', 'xyz:CL', 'xyz:KR200']);
    await client.until(() => tradesOf(client).length === 429);
    const recent = await info<Trade[]>(server.url, { type: 'recentTrades', coin: 'xyz:CL' });
    const played = tradesOf(client).filter((trade) => trade.coin === 'xyz:CL');
    expect(new Set(recent.map(keyOf))).toEqual(new Set(played.map(keyOf)));
    expect(recent).toHaveLength(new Set(recent.map(keyOf)).size);
  });
});

const USERS = [`0x${'a'.repeat(40)}`, `0x${'b'.repeat(40)}`];
const trade = (tid: number, time: number) => ({
  coin: 'ABC',
  side: 'B',
  px: '1.25',
  sz: '10.0',
  time,
  hash: `0x${'1'.repeat(64)}`,
  tid,
  users: USERS,
});
const line = (atMs: number, channel: string, data: unknown) =>
  JSON.stringify({ received_wall_ns: atMs * 1e6, channel, data });

describe('a small recording', () => {
  async function recorded(lines: string[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'replay-'));
    open.push({ close: () => rm(folder, { recursive: true }) });
    const path = join(folder, 'capture.jsonl');
    await writeFile(path, lines.join('\n'));
    return path;
  }

  it('shows a resubscription in the middle as the blocks that were missed', async () => {
    const path = await recorded([
      line(1_000_500, 'trades', [trade(1, 1_000_000), trade(2, 1_000_070)]),
      line(1_000_600, 'trades', [trade(3, 1_000_140)]),
      line(1_009_000, 'trades', [
        trade(2, 1_000_070),
        trade(3, 1_000_140),
        trade(4, 1_000_210),
        trade(5, 1_000_280),
      ]),
    ]);
    const client = await listen(await play(path, 'keep', 1000), ['ABC']);
    await client.until(() => tradesOf(client).length === 5);
    expect(client.of('trades').map((frame) => (frame.data as Trade[]).map(({ tid }) => tid))).toEqual([
      [1, 2],
      [3],
      [4],
      [5],
    ]);
  });

  it('stays up and quiet after the last frame', async () => {
    const path = await recorded([line(1_000_500, 'trades', [trade(1, 1_000_000)])]);
    const server = await play(path, 'shift', 1);
    const client = await listen(server, ['ABC']);
    await client.until(() => tradesOf(client).length === 1);
    expect(await info(server.url, { type: 'allMids' })).toEqual({ ABC: '1.25' });
  });

  it.each([
    ['no file', '/nonexistent/capture.jsonl', 'RECORDING_UNREADABLE'],
    ['an empty file', [], 'RECORDING_EMPTY'],
    ['a broken line', ['{"received_wall_ns":1,"channel":"trades","data":[{"coin":1}]}'], 'RECORDING_FORMAT'],
  ])('%s is a configuration error', async (_, content, code) => {
    const path = typeof content === 'string' ? content : await recorded(content);
    await expect(play(path, 'keep', 1)).rejects.toMatchObject({ code });
  });
});
