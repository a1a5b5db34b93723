import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { FrameClient, info } from './client.ts';

interface Trade {
  coin: string;
  time: number;
  tid: number;
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const start = (source: SimulatorOptions['source'], recordPath?: string) =>
  startSimulator({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: silentLogger,
    source,
    ...(recordPath === undefined ? {} : { recordPath }),
  });

it('what was recorded plays again: every trade that a client saw, with its own time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recorder-'));
  open.push({ close: () => rm(folder, { recursive: true }) });
  const path = join(folder, 'capture.jsonl');
  const live = await start(
    { kind: 'tape', seed: 'record', tradesPerSecond: 200, coins: 5, addresses: 100 },
    path,
  );
  const watcher = await FrameClient.open(live.websocketUrl);
  watcher.subscribe({ type: 'trades', coin: 'BTC' });
  const tradesOf = (client: FrameClient) => client.of('trades').flatMap((frame) => frame.data as Trade[]);
  await watcher.until(() => tradesOf(watcher).length > 60);
  const seen = tradesOf(watcher).map((trade) => trade.tid);
  watcher.close();
  await live.close();

  const again = await start({ kind: 'replay', path, speed: 1000, times: 'keep', startDelayMs: 50 });
  open.push(again);
  const metas = await info<{ universe: { name: string }[] }[]>(again.url, { type: 'allPerpMetas' });
  expect(metas.flatMap((meta) => meta.universe)).toHaveLength(5);
  const client = await FrameClient.open(again.websocketUrl);
  open.push(client);
  client.subscribe({ type: 'trades', coin: 'BTC' });
  await client.until(() => {
    const replayed = new Set(tradesOf(client).map((trade) => trade.tid));
    return seen.every((tid) => replayed.has(tid));
  });
});

it('does not overwrite a recording', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recorder-'));
  open.push({ close: () => rm(folder, { recursive: true }) });
  const path = join(folder, 'capture.jsonl');
  const tape = { kind: 'tape', seed: '1', tradesPerSecond: 20, coins: 2, addresses: 10 } as const;
  const first = await start(tape, path);
  await first.close();
  await expect(start(tape, path)).rejects.toMatchObject({ code: 'RECORDING_EXISTS' });
});
