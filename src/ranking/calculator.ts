/**
 * Computes the boards of every window and publishes them. It keeps all traders' features in memory as columns, reads
 * the records that have changed, and computes nothing when none has.
 */
import { BOARD_METRICS } from '../domain/boards.ts';
import type { CoinTable } from '../domain/listed_coin.ts';
import { DAY_MS, dayOf } from '../domain/metrics/day.ts';
import { WINDOWS, type WindowDays } from '../domain/metrics/window.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { wantModes } from '../store/account_modes.ts';
import type { Database } from '../store/database.ts';
import { type FoundSurroundings, readSurroundings } from '../store/entities.ts';
import {
  type LeaderboardRow,
  publishBoards,
  readBoardHeads,
  readFeatures,
  writeClassicScores,
  writeLeaderboardRows,
} from '../store/leaderboard.ts';
import { prepareRankHistory, readLastNoted } from '../store/rank_history.ts';
import { readDetails, type StoredDetails } from '../store/trader_details.ts';
import { readReconciled } from '../store/trader_history.ts';
import { readRecords, readRecordVersions } from '../store/trader_records.ts';
import { loadShare } from './capacity.ts';
import { type CopyTerms, DEFAULT_COPY_TERMS } from './copy_returns.ts';
import { type Details, joinDetails, leastCapital, maximumCapital } from './details.ts';
import type { FeatureContext, Surroundings } from './features.ts';
import type { HourlyPrices } from './hourly_prices.ts';
import { Leaderboard } from './leaderboard.ts';
import { candidatesOf, classicScoresOf, noteLeaderboard, publicationOf } from './publication.ts';
import { RECORD_FORMAT, unpackRecord } from './record.ts';
import { type Computed, compute, featuresFrom, leaderboardRow, windowNumber } from './standings.ts';

/** Records read and computed at a time, between which others get their turn. */
const AT_ONCE = 50;
const LEAST_CAPACITY = 4_096;
/** Below this many traders a full pass costs less than telling who has changed. */
const ALWAYS_FULL = 50_000;
const RECORD_DAYS_OF_MARKET = 200;
const NOTE_EVERY_MS = 3_600_000;
/** First traders of each copy board whose account mode is looked up: who may soon be followed. */
const CANDIDATES = 200;
/** Of so many traders the ranks are noted every hour. */
const NOTED_AN_HOUR = 100_000;

export interface CalculatorOptions {
  readonly database: Database;
  readonly prices: HourlyPrices;
  readonly clock: Clock;
  readonly log: Logger;
  readonly terms?: CopyTerms;
}

export interface CalculationReport {
  /** False: the input has not moved since the last publication. */
  readonly computed: boolean;
  readonly traders: number;
  readonly changed: number;
  readonly version: number;
}

interface Changed {
  readonly version: number;
  readonly windows: ReadonlyMap<WindowDays, Computed>;
}

export class Calculator {
  readonly #options: CalculatorOptions;
  #leaderboard = new Leaderboard(LEAST_CAPACITY);
  /** Record version of each trader on the boards. */
  #versions = new Map<number, number>();
  #through = 0;
  #day = Number.NaN;
  /** Whether prior and ranges are those of this day's traders. */
  #ranked = false;
  /** Of the last full pass. */
  #fullWatermark = '';
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: CalculatorOptions) {
    this.#options = options;
  }

  /**
   * Brings the boards to what the records say and publishes them. `full` fits the prior again and, once an hour, notes
   * everybody's rank; otherwise only those who changed are scored anew, where that is less work. Runs never overlap.
   */
  run(full: boolean, coins: CoinTable, signal: AbortSignal): Promise<CalculationReport> {
    const run = this.#running.catch(() => undefined).then(() => this.#run(full, coins, signal));
    this.#running = run;
    return run;
  }

  async #run(full: boolean, coins: CoinTable, signal: AbortSignal): Promise<CalculationReport> {
    const { database, clock } = this.#options;
    const now = clock.now();
    if (dayOf(now) !== this.#day) await this.#beginDay(dayOf(now));
    const versions = await readRecordVersions(database, this.#through);
    const newest = Math.max(this.#through, ...versions.values());
    const watermark = `${this.#day}:${newest}:${BOARD_METRICS.length}`;
    const heads = await readBoardHeads(database);
    const published = heads[0];
    const idle = { traders: this.#versions.size, changed: 0, version: published?.version ?? 0 };
    // This process may have published the same, or another worker; a full pass also fits the prior.
    const current = published?.watermark === watermark && heads.length === WINDOWS.length;
    if (current && (!full || this.#fullWatermark === watermark)) return { computed: false, ...idle };
    if (versions.size === 0 && this.#versions.size === 0) return { computed: false, ...idle };
    const changed = await this.#computeChanged(versions, coins, now, signal);
    signal.throwIfAborted();
    const all = full || this.#versions.size < ALWAYS_FULL || !this.#ranked;
    if (all) this.#leaderboard.rank();
    else this.#leaderboard.refresh([...changed.keys()]);
    const version = Math.max(now, (published?.version ?? 0) + 1);
    await this.#publish({ version, watermark, now, changed, full });
    this.#through = newest;
    this.#ranked = true;
    if (full) this.#fullWatermark = watermark;
    return { computed: true, traders: this.#versions.size, changed: changed.size, version };
  }

  /** A window ends with yesterday: a new day makes every feature new, but for those computed on it already. */
  async #beginDay(day: number): Promise<void> {
    const { database } = this.#options;
    const stored = await readFeatures(database, day);
    const current = await readRecordVersions(database, 0);
    this.#leaderboard = new Leaderboard(Math.max(LEAST_CAPACITY, 2 * current.size));
    this.#versions = new Map();
    const windows = new Map(WINDOWS.map((window) => [windowNumber(window), window]));
    for (const row of stored) {
      const window = windows.get(row.windowDays);
      if (window === undefined || current.get(row.traderId) !== row.recordVersion) continue;
      this.#leaderboard.set(row.traderId, window, featuresFrom(row.features));
      this.#versions.set(row.traderId, row.recordVersion);
    }
    this.#through = 0;
    this.#day = day;
    this.#ranked = false;
  }

  async #computeChanged(
    versions: ReadonlyMap<number, number>,
    coins: CoinTable,
    now: number,
    signal: AbortSignal,
  ): Promise<Map<number, Changed>> {
    const { database, prices } = this.#options;
    const ids = [...versions].filter(([id, version]) => this.#versions.get(id) !== version).map(([id]) => id);
    const changed = new Map<number, Changed>();
    if (ids.length === 0) return changed;
    await this.#makeRoom(ids);
    const context = await this.#context(coins, now, signal);
    const slippage = (coin: number) => prices.slippageBp(coin);
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      signal.throwIfAborted();
      const batch = ids.slice(from, from + AT_ONCE);
      const reconciled = await readReconciled(database, batch);
      const details = await readDetails(database, batch);
      const surroundings = await readSurroundings(database, batch);
      for (const stored of await readRecords(database, batch)) {
        if (stored.format !== RECORD_FORMAT) continue;
        const { history } = unpackRecord(stored.record, slippage);
        const agreed = reconciled.get(stored.traderId) ?? null;
        const around = aroundOf(details.get(stored.traderId), surroundings.get(stored.traderId));
        const windows = new Map(
          WINDOWS.map((window) => [window, compute(history, window, context, agreed, around)]),
        );
        for (const [window, { features }] of windows) {
          this.#leaderboard.set(stored.traderId, window, features);
        }
        this.#versions.set(stored.traderId, stored.version);
        changed.set(stored.traderId, { version: stored.version, windows });
      }
    }
    return changed;
  }

  /** A board that is full is made anew, twice as large, out of what is stored. */
  async #makeRoom(ids: readonly number[]): Promise<void> {
    const fresh = ids.filter((id) => !this.#versions.has(id)).length;
    if (this.#leaderboard.size + fresh > this.#leaderboard.traders.length) await this.#beginDay(this.#day);
  }

  async #context(coins: CoinTable, now: number, signal: AbortSignal): Promise<FeatureContext> {
    const { prices, terms = DEFAULT_COPY_TERMS } = this.#options;
    const market = async (symbol: string) => {
      const coin = coins.bySymbol(symbol);
      if (coin === undefined) return { firstDay: 0, returns: [] };
      await prices.ensure(coin, now - RECORD_DAYS_OF_MARKET * DAY_MS, now, signal);
      return prices.market(coin.id);
    };
    return { now, terms, bitcoin: await market('BTC'), ether: await market('ETH') };
  }

  async #publish(run: {
    readonly version: number;
    readonly watermark: string;
    readonly now: number;
    readonly changed: ReadonlyMap<number, Changed>;
    readonly full: boolean;
  }): Promise<void> {
    const { database } = this.#options;
    const note = run.full && (await this.#ranksAreDue(run.now));
    if (note) await prepareRankHistory(database, run.now);
    await database.transaction(async (tx) => {
      for (const window of WINDOWS) await writeLeaderboardRows(tx, this.#changedRows(window, run));
      if (note) await noteLeaderboard(tx, this.#leaderboard, run.now);
      await publishBoards(tx, publicationOf(this.#leaderboard, run));
    });
    if (!run.full) return;
    // Nobody waits for these: readers have the board already.
    for (const scores of classicScoresOf(this.#leaderboard)) await writeClassicScores(database, scores);
    await wantModes(database, candidatesOf(this.#leaderboard, CANDIDATES));
  }

  /** Everybody's rank is noted once an hour; with more traders the more seldom, so that a day's take no more room. */
  async #ranksAreDue(now: number): Promise<boolean> {
    const every = NOTE_EVERY_MS * Math.max(1, this.#leaderboard.size / NOTED_AN_HOUR);
    const last = await readLastNoted(this.#options.database);
    return last === undefined || now - last >= every;
  }

  #changedRows(
    window: WindowDays,
    run: { readonly now: number; readonly changed: ReadonlyMap<number, Changed> },
  ): LeaderboardRow[] {
    const rows: LeaderboardRow[] = [];
    for (const [traderId, { version, windows }] of run.changed) {
      const computed = windows.get(window);
      if (computed === undefined) continue;
      const identity = {
        traderId,
        windowDays: windowNumber(window),
        recordVersion: version,
        asOfDay: this.#day,
        computedAt: run.now,
      };
      rows.push(leaderboardRow(identity, computed));
    }
    return rows;
  }
}

/** Equity of a standard follower, USD: the spread and impact that he pays are those of orders of this size too. */
const FOLLOWERS_USD = 1_000;

/** What other parts of the platform know about a trader, as the features take it. */
function aroundOf(details: StoredDetails | undefined, found: FoundSurroundings | undefined): Surroundings {
  const known = joinDetails(
    (details?.base ?? null) as Details | null,
    (details?.seen ?? null) as Details | null,
  );
  return {
    ring: found?.ring === true ? 1 : 0,
    hedged: found?.hedged === true ? 1 : 0,
    capacityShare: loadShare(known.loads, FOLLOWERS_USD),
    minCapitalUsd: leastCapital(known) ?? Number.NaN,
    maxCapitalUsd: maximumCapital(known) ?? Number.NaN,
  };
}
