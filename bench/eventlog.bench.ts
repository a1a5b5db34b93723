/**
 * The event log from append to seen: the stream role's way of writing (COPY, state and news in one durable
 * transaction), three readers by news and cursor in another process. Against the same rows by the same COPY into a bare
 * table without index, state, news or readers: the ceiling of this language and database on this machine.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { systemClock } from '../src/runtime/clock.ts';
import type { BenchResult, RunBench } from './result.ts';
import type { ConsumersReport } from './updates/log_consumers.ts';
import { type LogRig, startLogRig } from './updates/log_rig.ts';

const BATCH = 2_000;
/** The writer waits when the slowest reader is further behind than this. */
const MAX_BEHIND = 20_000;
const STEADY_RATE = 1_000;
const COMMITS_PER_SECOND = 20;
const WAIT_LIMIT_MS = 60_000;

class Consumers {
  readonly #process: ChildProcess = fork(new URL('./updates/log_consumers.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
  });
  report: ConsumersReport | undefined;

  constructor(log: LogRig) {
    this.#process.on('message', (report: ConsumersReport) => {
      this.report = report;
    });
    this.#process.send({ url: log.url.reveal(), epoch: log.epoch });
  }

  async until(accept: (report: ConsumersReport) => boolean): Promise<ConsumersReport> {
    const end = systemClock.monotonic() + WAIT_LIMIT_MS;
    for (;;) {
      if (this.report !== undefined && accept(this.report)) return this.report;
      if (systemClock.monotonic() > end) throw new Error(`waited in vain: ${JSON.stringify(this.report)}`);
      await systemClock.sleep(2);
    }
  }

  async forget(): Promise<void> {
    this.#process.send('forget');
    await systemClock.sleep(60);
  }

  close(): void {
    this.#process.disconnect();
  }
}

/** Rows a second of `write`, which writes BATCH rows, over about `ms`. */
async function rowsPerSecond(ms: number, write: () => Promise<void>): Promise<number> {
  const start = systemClock.monotonic();
  let rows = 0;
  while (systemClock.monotonic() - start < ms) {
    await write();
    rows += BATCH;
  }
  return (rows * 1000) / (systemClock.monotonic() - start);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

async function steady(log: LogRig, ms: number): Promise<void> {
  const start = systemClock.monotonic();
  for (let commit = 1; systemClock.monotonic() - start < ms; commit++) {
    await log.append(STEADY_RATE / COMMITS_PER_SECOND);
    const wait = start + (commit * 1000) / COMMITS_PER_SECOND - systemClock.monotonic();
    if (wait > 0) await systemClock.sleep(wait);
  }
}

export const run: RunBench = async ({ quick, say }) => {
  const log = await startLogRig();
  const consumers = new Consumers(log);
  try {
    await consumers.until((report) => report.ready === 3);
    const ceilings: number[] = [];
    const appends: number[] = [];
    for (let round = 0; round < (quick ? 3 : 7); round++) {
      ceilings.push(await rowsPerSecond(1_500, () => log.copyOnly(BATCH)));
      const start = systemClock.monotonic();
      const from = log.head;
      await rowsPerSecond(1_500, async () => {
        await consumers.until((report) => log.head - report.place < MAX_BEHIND);
        await log.append(BATCH);
      });
      // Not over before all three have seen all of it.
      await consumers.until((report) => report.place === log.head);
      appends.push(((log.head - from) * 1000) / (systemClock.monotonic() - start));
      say(
        `round ${round + 1}: bare COPY ${Math.round(ceilings.at(-1) ?? 0)}/s, log ${Math.round(appends.at(-1) ?? 0)}/s`,
      );
    }
    await consumers.forget();
    await steady(log, quick ? 5_000 : 20_000);
    const end = await consumers.until((report) => report.place === log.head && report.p99 !== null);
    const results: BenchResult[] = [
      {
        name: 'appended and seen by 3',
        value: median(appends),
        unit: 'changes/s',
        against: 'the same COPY into a bare table',
        ratio: median(appends) / median(ceilings),
      },
      { name: 'gaps', value: end.gaps, unit: 'gaps', target: '<= 0' },
    ];
    if (end.p50 !== null)
      results.push({ name: 'append to seen at 1,000/s, p50', value: end.p50, unit: 'ms' });
    if (end.p99 !== null) {
      results.push({ name: 'append to seen at 1,000/s, p99', value: end.p99, unit: 'ms', target: '<= 20' });
    }
    return results;
  } finally {
    consumers.close();
    await log.close();
  }
};
