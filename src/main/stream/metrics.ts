/** What the stream role measures about itself, for /metrics and the System page. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { FeedStatus } from '../../hyperliquid/stream/feed_status.ts';
import type { StreamBatch } from '../../store/stream_batch.ts';

const LAG_BUCKETS_SECONDS = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 15, 60, 300];
const FLUSH_BUCKETS_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5];
/** Rows of a batch whose lag is observed: enough for quantiles, cheap in a storm. */
const SAMPLED_ROWS = 64;

/** A figure that is read when somebody asks. */
export interface MetricReader {
  readonly help: string;
  readonly read: () => number;
}

export class StreamMetrics {
  readonly registry = new Registry();
  readonly #trades = this.#counter('autotrade_trades_committed_total', 'Public trades written');
  readonly #traders = this.#counter(
    'autotrade_traders_discovered_total',
    'Addresses seen trading for the first time',
  );
  readonly #changes = this.#counter(
    'autotrade_position_changes_total',
    'Position changes written to the log',
  );
  readonly #gaps = this.#counter(
    'autotrade_feed_gaps_total',
    'Spans recorded in which trades may be missing',
  );
  readonly #requests = new Counter({
    name: 'autotrade_venue_requests_total',
    help: 'Requests to /info by egress, type and outcome (ok or an error code; VENUE_RATE_LIMITED is HTTP 429)',
    labelNames: ['egress', 'type', 'outcome'],
    registers: [this.registry],
  });
  readonly #flush = new Histogram({
    name: 'autotrade_flush_seconds',
    help: 'Time that one flush to the database took, retries included',
    buckets: FLUSH_BUCKETS_SECONDS,
    registers: [this.registry],
  });
  readonly #lag = new Histogram({
    name: 'autotrade_trade_commit_lag_seconds',
    help: 'Exchange time of a trade to its commit here (both clocks matter)',
    buckets: LAG_BUCKETS_SECONDS,
    registers: [this.registry],
  });
  readonly #receiveLag = new Histogram({
    name: 'autotrade_trade_write_seconds',
    help: 'Receipt of a trade to its commit here',
    buckets: LAG_BUCKETS_SECONDS,
    registers: [this.registry],
  });
  /** Newest lags, ms, as a ring. */
  readonly #recent = new Float64Array(512);
  #seen = 0;

  readonly #startedAt: number;

  /** @param startedAt ms: trades made before it were nobody's to commit in time. */
  constructor(
    feed: () => FeedStatus | undefined,
    reads: Readonly<Record<string, MetricReader>>,
    startedAt: number,
  ) {
    this.#startedAt = startedAt;
    collectDefaultMetrics({ register: this.registry, prefix: 'autotrade_' });
    const gauge = (name: string, help: string, read: (status: FeedStatus) => number) =>
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          const status = feed();
          if (status === undefined) this.reset();
          else this.set(read(status));
        },
      });
    gauge('autotrade_feed_coins', 'Coins watched', (one) => one.coins);
    gauge('autotrade_feed_coins_live', 'Coins whose trades arrive without a hole', (one) => one.coinsLive);
    gauge('autotrade_feed_reconnects', 'Reconnects since start', (one) => one.reconnects);
    gauge('autotrade_feed_duplicates', 'Repeated trades dropped since start', (one) => one.duplicates);
    gauge('autotrade_feed_malformed', 'Frames that could not be read since start', (one) => one.malformed);
    gauge(
      'autotrade_feed_slow_frames',
      'Trades frames read the slow way since start',
      (one) => one.slowFrames,
    );
    for (const [name, { help, read }] of Object.entries(reads)) {
      new Gauge({
        name: `autotrade_${name}`,
        help,
        registers: [this.registry],
        collect() {
          this.set(read());
        },
      });
    }
  }

  /** A batch was committed at `now` (ms), in `tookMs`. */
  committed(
    batch: StreamBatch,
    lags: readonly { time: number; receivedAt: number }[],
    now: number,
    tookMs: number,
  ) {
    this.#trades.inc(batch.trades.count);
    this.#traders.inc(batch.newTraders.count);
    this.#changes.inc(batch.changes.count);
    this.#gaps.inc(batch.gaps.length);
    this.#flush.observe(tookMs / 1000);
    for (const { time, receivedAt } of lags) {
      // Replayed after subscribing, or looked back for: the past, not a delay.
      if (time < this.#startedAt) continue;
      this.#lag.observe(Math.max(0, now - time) / 1000);
      this.#receiveLag.observe(Math.max(0, now - receivedAt) / 1000);
      this.#recent[this.#seen++ % this.#recent.length] = now - time;
    }
  }

  requested(egress: string, type: string, outcome: string): void {
    this.#requests.inc({ egress, type, outcome });
  }

  /** Median of the newest lags from exchange time to commit, ms; null before any. */
  medianLag(): number | null {
    const known = this.#recent.subarray(0, Math.min(this.#seen, this.#recent.length)).slice().sort();
    return known.length === 0 ? null : (known[known.length >> 1] as number);
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }
}

/** Times of some of the rows, evenly spread. */
export function sampleTimes(rows: {
  readonly length: number;
  readonly time: Float64Array;
  readonly receivedAt: Float64Array;
}): { time: number; receivedAt: number }[] {
  const step = Math.max(1, Math.ceil(rows.length / SAMPLED_ROWS));
  const sampled: { time: number; receivedAt: number }[] = [];
  for (let at = 0; at < rows.length; at += step) {
    sampled.push({ time: rows.time[at] as number, receivedAt: rows.receivedAt[at] as number });
  }
  return sampled;
}
