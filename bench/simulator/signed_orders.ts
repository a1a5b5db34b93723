/** Signed orders per second through the whole door: HTTP, canonical form, signature recovery, matching, answer. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { MicroUsd } from '../../src/domain/money.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { VenueBackend } from '../../src/simulator/exchange/venue_backend.ts';
import { addressOf } from '../../src/simulator/signing/recover.ts';
import { COIN_SEEDS } from '../../src/simulator/venue/coin_table.ts';
import { SimulatedVenue } from '../../src/simulator/venue/venue.ts';
import { startWireServer } from '../../src/simulator/wire/server.ts';
import type { BenchResult } from '../result.ts';
import { nativeCurve } from './native_curve.ts';
import type { SendJob, SendReport } from './order_sender.ts';

const SENDERS = 128;
/** Blocks close quickly here: the figure is about the door, not about waiting for the next block. */
const BLOCK_MS = 5;

function sendAll(job: SendJob): Promise<SendReport> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'order_sender.ts'), { execArgv: ['--import', 'tsx'] });
    child.once('message', (report) => resolve(report as SendReport));
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? undefined : reject(new Error(`sender ended with ${code}`))));
    child.send(job);
  });
}

/** @param orders how many are sent */
export async function signedOrders(orders: number): Promise<BenchResult[]> {
  const venue = new SimulatedVenue({ seed: 1, startTime: systemClock.now() - 1000, coins: COIN_SEEDS });
  const keys = Array.from({ length: SENDERS }, (_, index) =>
    (index + 1).toString(16).padStart(2, '0').repeat(32),
  );
  for (const key of keys) {
    const user = addressOf(nativeCurve.publicKeyCreate(new Uint8Array(Buffer.from(key, 'hex')), false));
    venue.control.deposit(user, (3_000_000_000 * 1e6) as MicroUsd);
    venue.control.setActionBudget(user, -1_000_000_000);
  }
  const world = {
    venue,
    advanceTo: (time: number) => {
      if (time > venue.time) venue.produceBlock(time);
    },
  };
  const server = await startWireServer({
    host: '127.0.0.1',
    port: 0,
    backend: new VenueBackend({ world, clock: systemClock, blockMs: BLOCK_MS }),
    clock: systemClock,
    log: silentLogger,
    limits: { restWeight: Number.MAX_SAFE_INTEGER },
  });
  try {
    const firstNonce = systemClock.now();
    const job = { url: server.url, keys, orders, firstNonce };
    const before = process.cpuUsage();
    const { accepted, refused, seconds } = await sendAll(job);
    const { user, system } = process.cpuUsage(before);
    return [
      {
        name: 'signed orders over HTTP, per processor second of the server',
        value: Math.round(accepted / ((user + system) / 1e6)),
        unit: 'orders/CPU s',
      },
      {
        name: 'the same by the wall clock, sender on the same machine',
        value: Math.round(accepted / seconds),
        unit: 'orders/s',
      },
      { name: 'signed orders refused', value: refused, unit: 'orders', target: '<= 0' },
    ];
  } finally {
    await server.close();
  }
}
