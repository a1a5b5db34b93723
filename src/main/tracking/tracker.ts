/** Sweeps of this worker process: at most one at a time through each of its egress IPs. */
import { CoinTable } from '../../domain/listed_coin.ts';
import { VENUE_WEIGHT_LIMITS } from '../../hyperliquid/weight/ledger.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError, errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { readCoins } from '../../store/coins.ts';
import type { Database } from '../../store/database.ts';
import { historiesDue } from '../../store/trader_history.ts';
import type { CoinSource } from '../../tracking/poll.ts';
import { type SweepReport, sweep } from '../../tracking/sweep.ts';
import { trackingStoreOf } from '../../tracking/tracking_store.ts';
import type { Egress } from '../egress.ts';
import { HISTORY_SHARE } from '../weight_ledger.ts';
import type { WorkerMetrics } from './worker_metrics.ts';

export interface TrackerOptions {
  readonly database: Database;
  readonly egresses: readonly Egress[];
  /** Instance and host. */
  readonly worker: string;
  /** BATCH_SIZE */
  readonly pageSize: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
  /** See SweepOptions. */
  readonly leaseMs?: number;
  readonly minAgeMs?: number;
}

/** Weight of one `clearinghouseState`. */
const POLL_WEIGHT = 2;
/** A sweep ends this long before its deadline: last answers, last write. */
const MARGIN_MS = 1_000;
/** A sweep shorter than this is not begun. */
const SHORTEST_MS = 250;
const COINS_KEPT_MS = 60_000;
const COINS_REFRESH_MS = 5_000;

export class Tracker {
  readonly #options: TrackerOptions;
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #coins: Coins;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.#coins = new Coins(options.database, options.clock, options.log);
  }

  get egressNames(): string[] {
    return this.#options.egresses.map((one) => one.name);
  }

  /** Whether a sweep through this egress is under way here. */
  isSweeping(name: string): boolean {
    return this.#running.has(name);
  }

  /**
   * Sweeps through one egress until just before `until` (ms UTC); waits for a sweep that is under way.
   * @returns undefined when there was no time left.
   * @throws AppError `EGRESS_NOT_OURS`.
   */
  async sweep(name: string, until: number, signal: AbortSignal): Promise<SweepReport | undefined> {
    const egress = this.#options.egresses.find((one) => one.name === name);
    if (egress === undefined) throw new AppError('EGRESS_NOT_OURS', `this worker has no egress "${name}"`);
    for (let other = this.#running.get(name); other !== undefined; other = this.#running.get(name)) {
      await other.catch(() => undefined);
    }
    const { clock } = this.#options;
    const leftMs = until - clock.now() - MARGIN_MS;
    if (leftMs < SHORTEST_MS || signal.aborted) return undefined;
    const run = this.#sweep(egress, clock.monotonic() + leftMs, signal);
    this.#running.set(name, run);
    try {
      return await run;
    } finally {
      this.#running.delete(name);
    }
  }

  async #sweep(egress: Egress, endAt: number, signal: AbortSignal): Promise<SweepReport> {
    const { database, clock, log, worker, pageSize, metrics, leaseMs, minAgeMs } = this.#options;
    await this.#coins.refresh(COINS_KEPT_MS);
    const { limit, windowMs } = await egress.ledger
      .snapshot()
      .catch(() => ({ limit: 1200, windowMs: 60_000 }));
    const polled = Math.min(limit, VENUE_WEIGHT_LIMITS.limit);
    // Histories are the last lane: without a share they would wait as long as there are accounts to poll.
    // A database that is away is the sweep's to wait for.
    const due = () => historiesDue(database, clock.now()).catch(() => false);
    const historyShare = limit - polled >= HISTORY_SHARE * polled || !(await due()) ? 0 : HISTORY_SHARE;
    const report = await sweep(
      {
        store: trackingStoreOf(database),
        info: egress.info,
        ledger: egress.ledger,
        coins: this.#coins,
        clock,
        log: log.child({ egress: egress.name }),
        worker,
        egress: egress.name,
        pageSize,
        // A simulated venue may grant more, for histories: accounts are followed at the pace of the real one.
        pollsPerMinute: ((polled * (1 - historyShare)) / POLL_WEIGHT) * (60_000 / windowMs),
        observe: (kind, outcome) => metrics.polled(kind, outcome),
        ...(leaseMs === undefined ? {} : { leaseMs }),
        ...(minAgeMs === undefined ? {} : { minAgeMs }),
      },
      endAt,
      signal,
    );
    metrics.swept(report);
    return report;
  }
}

/** The table of coins as the stream role last wrote it. */
class Coins implements CoinSource {
  table = new CoinTable();
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Logger;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(database: Database, clock: Clock, log: Logger) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  /** Reads it again unless that was done within `maxAgeMs`; who comes while it is read waits for it. */
  async refresh(maxAgeMs = COINS_REFRESH_MS): Promise<void> {
    if (this.#reading === undefined && this.#clock.monotonic() - this.#readAt >= maxAgeMs) {
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    const now = this.#clock.monotonic();
    try {
      this.table = new CoinTable(await readCoins(this.#database));
      this.#readAt = now;
    } catch (error) {
      this.#log.warn({ error: errorMessage(error) }, 'cannot read the list of coins; the last one is used');
    }
  }
}
