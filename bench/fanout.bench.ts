/**
 * Fan-out of the event log: from the commit in PostgreSQL, over the API server, to 1,000 WebSocket readers in another
 * process. Figures: deliveries (changes x readers) a second at saturation against a plain `ws` loop in the same run;
 * lag at 200 changes/s; gaps; and how long it takes until half of the readers, cut and back at once, are up to date.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { systemClock } from '../src/runtime/clock.ts';
import type { BenchResult, RunBench } from './result.ts';
import type { ClientsCommand, ClientsReport } from './updates/fanout_clients.ts';
import { type LogRig, startLogRig } from './updates/log_rig.ts';

const READERS = 1_000;
const RATE = 200;
const COMMITS_PER_SECOND = 20;
/** Changes in one commit at saturation, and how many commits the slowest reader may be behind. */
const BATCH = 200;
const BATCHES_AHEAD = 4;
const WAIT_LIMIT_MS = 30_000;

const child = (name: string): ChildProcess =>
  fork(new URL(`./updates/${name}.ts`, import.meta.url), { execArgv: ['--import', 'tsx'] });

const firstMessage = <T>(process: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    process.once('message', (message) => resolve(message as T));
    process.once('exit', (code) => reject(new Error(`a process of the bench ended with ${code}`)));
  });

class Readers {
  readonly #process = child('fanout_clients');
  report: ClientsReport | undefined;

  constructor() {
    this.#process.on('message', (report: ClientsReport) => {
      this.report = report;
    });
  }

  tell(command: ClientsCommand): void {
    this.#process.send(command);
  }

  async until(accept: (report: ClientsReport) => boolean, what: string): Promise<ClientsReport> {
    const end = systemClock.monotonic() + WAIT_LIMIT_MS;
    for (;;) {
      if (this.report !== undefined && accept(this.report)) return this.report;
      if (systemClock.monotonic() > end)
        throw new Error(`waited in vain for ${what}: ${JSON.stringify(this.report)}`);
      await systemClock.sleep(2);
    }
  }

  /** Empties the counts and waits for a report from after that. */
  async forget(): Promise<void> {
    const times = (this.report?.forgotten ?? 0) + 1;
    this.tell({ do: 'forget' });
    await this.until((report) => report.forgotten >= times, 'the counts to be emptied');
  }

  close(): void {
    this.#process.disconnect();
  }
}

/** Deliveries a second of the plain loop at its best. */
async function plainLoop(ms: number): Promise<number> {
  const server = child('plain_server');
  const readers = new Readers();
  try {
    const { port } = await firstMessage<{ port: number }>(server);
    readers.tell({ do: 'openPlain', port, count: READERS });
    await readers.until((report) => report.open === READERS, 'the plain readers');
    await systemClock.sleep(500);
    server.send('go');
    await systemClock.sleep(500);
    return await deliveriesPerSecond(readers, ms);
  } finally {
    readers.close();
    server.disconnect();
  }
}

async function deliveriesPerSecond(readers: Readers, ms: number): Promise<number> {
  await readers.forget();
  const before = readers.report?.deliveries ?? 0;
  const start = systemClock.monotonic();
  await systemClock.sleep(ms);
  const after = readers.report?.deliveries ?? 0;
  return ((after - before) * 1000) / (systemClock.monotonic() - start);
}

/** Writes at a steady rate until stopped. */
function writeSteadily(log: LogRig): { stop(): Promise<void> } {
  let running = true;
  const done = (async () => {
    const start = systemClock.monotonic();
    for (let commit = 1; running; commit++) {
      await log.append(RATE / COMMITS_PER_SECOND);
      const wait = start + (commit * 1000) / COMMITS_PER_SECOND - systemClock.monotonic();
      if (wait > 0) await systemClock.sleep(wait);
    }
  })();
  return {
    async stop() {
      running = false;
      await done;
    },
  };
}

async function saturation(log: LogRig, readers: Readers, ms: number): Promise<number> {
  let running = true;
  const writing = (async () => {
    while (running) {
      await readers.until((report) => log.head - report.place < BATCH * BATCHES_AHEAD, 'the slowest reader');
      await log.append(BATCH);
    }
  })();
  await systemClock.sleep(1_000);
  const rate = await deliveriesPerSecond(readers, ms);
  running = false;
  await writing;
  await readers.until((report) => report.place === log.head, 'the readers to be up to date');
  return rate;
}

/** Cuts half of the readers, lets them come back at once; ms until all are up to date. */
async function storm(log: LogRig, readers: Readers): Promise<number> {
  readers.tell({ do: 'cutHalf' });
  await readers.until((report) => report.open === READERS / 2, 'half of the readers to be gone');
  await systemClock.sleep(1_000);
  const head = log.head;
  const start = systemClock.monotonic();
  readers.tell({ do: 'resume' });
  await readers.until((report) => report.open === READERS && report.place >= head, 'the storm to be over');
  return systemClock.monotonic() - start;
}

export const run: RunBench = async ({ quick, say }) => {
  const ms = quick ? 4_000 : 15_000;
  const results: BenchResult[] = [];
  const plain = await plainLoop(ms);
  say(`plain ws loop: ${Math.round(plain).toLocaleString('en-US')} deliveries/s`);
  const log = await startLogRig();
  const server = child('fanout_server');
  const readers = new Readers();
  try {
    server.send(log.url.reveal());
    const { port, token } = await firstMessage<{ port: number; token: string }>(server);
    readers.tell({ do: 'open', port, token, count: READERS, epoch: log.epoch });
    await readers.until((report) => report.open === READERS, 'the readers');
    await log.append(10);
    await readers.until((report) => report.place === log.head, 'the first changes');

    const writer = writeSteadily(log);
    await systemClock.sleep(1_000);
    const rate = await deliveriesPerSecond(readers, ms);
    const { p50, p99 } = await readers.until((report) => report.p99 !== null, 'the lags');
    results.push({
      name: 'deliveries at 200 changes/s',
      value: rate,
      unit: 'deliveries/s',
      target: '>= 190000',
    });
    if (p50 !== null) results.push({ name: 'lag from commit, p50', value: p50, unit: 'ms' });
    if (p99 !== null)
      results.push({ name: 'lag from commit, p99', value: p99, unit: 'ms', target: '<= 150' });

    const stormMs = await storm(log, readers);
    await writer.stop();
    results.push({ name: 'reconnect storm over after', value: stormMs / 1000, unit: 's', target: '<= 5' });

    const saturated = await saturation(log, readers, ms);
    results.push({
      name: 'saturation',
      value: saturated,
      unit: 'deliveries/s',
      against: 'plain ws loop',
      ratio: saturated / plain,
      target: '>= 3',
    });
    const last = await readers.until((report) => report.place === log.head, 'the end');
    results.push({ name: 'gaps', value: last.gaps, unit: 'gaps', target: '<= 0' });
    results.push({ name: 'readers dropped', value: last.closed, unit: 'readers', target: '<= 0' });
    return results;
  } finally {
    readers.close();
    server.disconnect();
    await log.close();
  }
};
