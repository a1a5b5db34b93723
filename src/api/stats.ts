/** The state of the whole system, looked at once a second whoever asks, so that a thousand readers cost as one. */
import type { Feed, FeedState, Network, Stats, Weight } from '../contract/stats.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import { errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Queryable } from '../store/database.ts';
import { readSystemCounts, type SystemCounts } from '../store/read_stats.ts';
import { readHeartbeats, type ServiceHeartbeat } from '../store/service_heartbeats.ts';
import { numberCell, partialCell, unknownCell } from './cells.ts';
import { RecentMetrics } from './recent_metrics.ts';
import { type FeedReport, isFresh, reportedFeed, reportedWeight } from './reported.ts';
import { mergeServices, readManagerFile } from './services.ts';

const LOOK_EVERY_MS = 1_000;
const RATE_WINDOW_MS = 10_000;
/** The venue is never silent this long over all coins together. */
const FEED_STALE_MS = 15_000;
const DISCOVERY_WINDOW_MS = 300_000;

/** What this server is: the same in every answer. */
export interface Identity {
  readonly version: string;
  readonly network: Network;
  readonly world: string;
  /** Name of this machine. */
  readonly host: string;
}

export interface StatsOptions {
  readonly db: Queryable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly identity: Identity;
  /** When the database was created, ms: rates over a longer window than it exists are partial. */
  readonly worldCreatedAt: number;
  /** The process manager's file, where one runs. */
  readonly managerFile?: string | undefined;
}

interface Sample {
  /** Monotonic ms. */
  readonly at: number;
  readonly tradeSeq: number;
}

export class StatsCollector {
  readonly #options: StatsOptions;
  readonly #samples: Sample[] = [];
  readonly #listeners = new Set<(stats: Stats) => void>();
  #timer: Timer | undefined;
  #current: Stats | undefined;
  #beats: readonly ServiceHeartbeat[] = [];
  /** What the metrics in the heartbeats grew by lately. */
  readonly recent = new RecentMetrics();
  #looking: Promise<void> | undefined;
  #failing = false;

  constructor(options: StatsOptions) {
    this.#options = options;
  }

  /** Looks once now (rejects if that fails) and then every second. */
  async start(): Promise<void> {
    await this.#look();
    this.#timer = this.#options.clock.every(LOOK_EVERY_MS, () => this.#tick(), { background: true });
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#listeners.clear();
    await this.#looking;
  }

  /** The last look; undefined before the first. */
  get current(): Stats | undefined {
    return this.#current;
  }

  /** Heartbeats of the last look, for /metrics. */
  get beats(): readonly ServiceHeartbeat[] {
    return this.#beats;
  }

  onLook(listener: (stats: Stats) => void): void {
    this.#listeners.add(listener);
  }

  #tick(): void {
    this.#looking ??= this.#look()
      .then(
        () => {
          this.#failing = false;
        },
        (error: unknown) => {
          if (!this.#failing)
            this.#options.log.warn({ error: errorMessage(error) }, 'cannot read the statistics');
          this.#failing = true;
        },
      )
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #look(): Promise<void> {
    const { db, clock, identity, managerFile } = this.#options;
    const [counts, beats, manager] = await Promise.all([
      readSystemCounts(db, clock.now()),
      readHeartbeats(db),
      managerFile === undefined ? undefined : readManagerFile(managerFile),
    ]);
    const now = clock.now();
    this.#sample(counts.tradeSeq);
    this.#beats = beats;
    this.recent.look(
      beats.filter((beat) => isFresh(beat, now)),
      clock.monotonic(),
    );
    this.#current = {
      serverTime: now,
      version: identity.version,
      network: identity.network,
      simulated: identity.network === 'simulator',
      world: identity.world,
      traders: this.#traders(counts, now),
      trades: { total: counts.tradeSeq, perSecond: this.#tradesPerSecond() },
      coins: { listed: counts.coinsListed },
      feed: feedOf(counts, reportedFeed(beats, now), now),
      weight: weightOf(beats, now),
      log: counts.log,
      services: mergeServices(beats, manager, identity.host, now),
    };
    for (const listener of this.#listeners) listener(this.#current);
  }

  #sample(tradeSeq: number): void {
    const at = this.#options.clock.monotonic();
    this.#samples.push({ at, tradeSeq });
    while ((this.#samples[1]?.at ?? at) <= at - RATE_WINDOW_MS) this.#samples.shift();
  }

  #tradesPerSecond() {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at - first.at < LOOK_EVERY_MS / 2)
      return unknownCell('measured after the first second');
    const cell = numberCell(((last.tradeSeq - first.tradeSeq) * 1000) / (last.at - first.at), 1);
    const seconds = Math.round((last.at - first.at) / 1000);
    return last.at - first.at < RATE_WINDOW_MS * 0.9
      ? partialCell(cell, `over the last ${seconds} s only`)
      : cell;
  }

  #traders(counts: SystemCounts, now: number): Stats['traders'] {
    const age = now - this.#options.worldCreatedAt;
    // At least the minute that the rate is named for: the first seconds find everybody who was already there.
    const window = Math.min(DISCOVERY_WINDOW_MS, Math.max(age, 60_000));
    const perMinute = numberCell((counts.tradersLastFiveMinutes * 60_000) / window, 1, {
      n: counts.tradersLastFiveMinutes,
    });
    return {
      total: counts.traders,
      newLastMinute: counts.tradersLastMinute,
      newLastHour: counts.tradersLastHour,
      perMinute:
        window < DISCOVERY_WINDOW_MS ? partialCell(perMinute, 'less than 5 minutes of history') : perMinute,
    };
  }
}

function feedState(report: FeedReport | undefined, dataAgeMs: number | null): FeedState {
  if (report === undefined) return 'unknown';
  if (report.connectionsUp === 0) return 'down';
  const fresh = dataAgeMs !== null && dataAgeMs <= FEED_STALE_MS;
  return report.connectionsUp === report.connections && fresh ? 'live' : 'degraded';
}

function feedOf(counts: SystemCounts, report: FeedReport | undefined, now: number): Feed {
  const lastMessageAt = report?.lastMessageAt ?? null;
  const dataAgeMs = lastMessageAt === null ? null : Math.max(0, Math.round(now - lastMessageAt));
  const lag = report?.lagMs ?? null;
  return {
    state: feedState(report, dataAgeMs),
    lastTradeAt: counts.lastTradeAt,
    dataAgeMs,
    connections: report?.connections ?? null,
    connectionsUp: report?.connectionsUp ?? null,
    subscriptions: report?.subscriptions ?? null,
    reconnects: report?.reconnects ?? null,
    duplicates: report?.duplicates ?? null,
    lagMs: lag === null ? unknownCell('no report of the stream service') : numberCell(lag, 0),
    gapsLastDay: counts.gapsLastDay,
  };
}

function weightOf(beats: readonly ServiceHeartbeat[], now: number): Weight[] {
  return reportedWeight(beats, now).map((report) => ({
    egress: report.egress,
    used: report.used,
    limit: report.limit,
    windowMs: report.windowMs,
    lanes: Object.entries(report.usedByLane).map(([lane, used]) => ({ lane, used })),
    asOf: report.asOf,
  }));
}
