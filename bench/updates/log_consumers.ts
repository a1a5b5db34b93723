/** Three readers of the event log by news and cursor, as the API and the copier read it; each checks that offsets are dense. */
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { openDatabase } from '../../src/store/database.ts';
import { listenNews } from '../../src/store/news.ts';
import { readLogSlice } from '../../src/store/read_changes.ts';

export interface ConsumersReport {
  /** How many listen. */
  readonly ready: number;
  /** Lowest place of the three. */
  readonly place: number;
  /** Offsets that did not follow on the one before. */
  readonly gaps: number;
  /** Commit to seen, ms, over all changes since the last `forget`. */
  readonly p50: number | null;
  readonly p99: number | null;
}

const CONSUMERS = 3;
const PAGE = 2_000;
const BINS = 60_000;

const places = new Array<number>(CONSUMERS).fill(0);
const latencies = new Float64Array(BINS);
let gaps = 0;
let ready = 0;

function consume(index: number, url: Secret, epoch: number): void {
  const options = { url, log: silentLogger, applicationName: `consumer ${index}` };
  const db = openDatabase({ ...options, maxConnections: 1 });
  const news = listenNews({ ...options, clock: systemClock, random: systemRandom });
  news.subscribe('changes', async () => {
    for (;;) {
      const after = places[index] as number;
      const views = await readLogSlice(db, { epoch, after, through: after + PAGE, limit: PAGE });
      const now = systemClock.now();
      for (const [at, view] of views.entries()) {
        if (view.offset !== after + 1 + at) gaps++;
        const bin = Math.min(BINS - 1, Math.max(0, now - view.committedAt));
        latencies[bin] = (latencies[bin] as number) + 1;
      }
      places[index] = after + views.length;
      if (views.length < PAGE) return;
    }
  });
  const check = systemClock.every(10, () => {
    if (!news.connected) return;
    ready++;
    check.cancel();
  });
}

function quantile(share: number): number | null {
  const total = latencies.reduce((sum, count) => sum + count, 0);
  let left = total * share;
  for (let bin = 0; bin < BINS && total > 0; bin++) {
    left -= latencies[bin] as number;
    if (left <= 0) return bin;
  }
  return null;
}

process.on('message', (message: 'forget' | { url: string; epoch: number }) => {
  if (message === 'forget') latencies.fill(0);
  else for (let i = 0; i < CONSUMERS; i++) consume(i, new Secret(message.url), message.epoch);
});
process.on('disconnect', () => process.exit(0));
systemClock.every(20, () => {
  const report: ConsumersReport = {
    ready,
    place: Math.min(...places),
    gaps,
    p50: quantile(0.5),
    p99: quantile(0.99),
  };
  process.send?.(report);
});
