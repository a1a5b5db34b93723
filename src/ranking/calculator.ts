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
import { readSurroundings } from '../store/entities.ts';
import {
  type LeaderboardRow,
  publishBoards,
  readBoardHeads,
  readFeatures,
  writeClassicScores,
  writeLeaderboardRows,
} from '../store/leaderboard.ts';
import { prepareRankHistory, readLastNoted } from '../store/rank_history.ts';
import { readDetails } from '../store/trader_details.ts';
import { readReconciled } from '../store/trader_history.ts';
import {
  FIRST_RECORD,
  type RecordVersions,
  readRecords,
  readRecordVersions,
} from '../store/trader_records.ts';
import { type CopyTerms, DEFAULT_COPY_TERMS } from './copy_returns.ts';
import type { FeatureContext } from './features.ts';
import type { HourlyPrices } from './hourly_prices.ts';
import { Leaderboard } from './leaderboard.ts';
import { candidatesOf, classicScoresOf, noteLeaderboard, publicationOf } from './publication.ts';
import { RECORD_FORMAT, unpackRecord } from './record.ts';
import { type Computed, compute, featuresFrom, leaderboardRow, windowNumber } from './standings.ts';
import { surroundingsOf } from './surroundings.ts';

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

/** A trader who is on the board and whose rows are not yet in the database. */
interface Unwritten {
  readonly version: number;
  readonly windows: ReadonlyMap<WindowDays, Computed>;
}

export class Calculator {
  readonly #options: CalculatorOptions;
  #leaderboard = new Leaderboard(LEAST_CAPACITY);
  /** Version of each record that has been taken in, and the sum of them: what the boards are made of. */
  #versions = new Map<number, number>();
  #sum = 0n;
  /** Kept through a run that fails: the next one finds these traders on the board and does not compute them again. */
  readonly #unwritten = new Map<number, Unwritten>();
  #cursor = FIRST_RECORD;
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
    const { versions, next } = await this.#readVersions();
    const fresh = [...versions].filter(([id, version]) => this.#versions.get(id) !== version);
    const heads = await readBoardHeads(database);
    const published = heads[0];
    const idle = { traders: this.#leaderboard.size, changed: 0, version: published?.version ?? 0 };
    // This process may have published the same, or another worker; a full pass also fits the prior.
    const newest = this.#watermarkWith(fresh);
    const current = published?.watermark === newest && heads.length === WINDOWS.length;
    if (current && (!full || this.#fullWatermark === newest)) return { computed: false, ...idle };
    if (versions.size === 0 && this.#versions.size === 0) return { computed: false, ...idle };
    await this.#computeChanged(
      fresh.map(([id]) => id),
      coins,
      now,
      signal,
    );
    signal.throwIfAborted();
    const all = full || this.#leaderboard.size < ALWAYS_FULL || !this.#ranked;
    if (all) this.#leaderboard.rank();
    else this.#leaderboard.refresh([...this.#unwritten.keys()]);
    const version = Math.max(now, (published?.version ?? 0) + 1);
    const changed = this.#unwritten.size;
    // Some records may have been a version further when they were read.
    const watermark = this.#watermarkWith([]);
    await this.#publish({ version, watermark, now, full });
    this.#cursor = next;
    this.#ranked = true;
    if (full) this.#fullWatermark = watermark;
    return { computed: true, traders: this.#leaderboard.size, changed, version };
  }

  /**
   * What the boards are made of once these records are taken in. Versions only grow: whoever misses one has another sum,
   * though its newest be the same.
   */
  #watermarkWith(fresh: readonly (readonly [id: number, version: number])[]): string {
    let sum = this.#sum;
    for (const [id, version] of fresh) sum += BigInt(version - (this.#versions.get(id) ?? 0));
    return `${this.#day}:${sum}:${BOARD_METRICS.length}`;
  }

  #takeIn(id: number, version: number): void {
    this.#sum += BigInt(version - (this.#versions.get(id) ?? 0));
    this.#versions.set(id, version);
  }

  /** A window ends with yesterday: a new day makes every feature new, but for those computed on it already. */
  async #beginDay(day: number): Promise<void> {
    const { database } = this.#options;
    const stored = await readFeatures(database, day);
    const { versions: current } = await readRecordVersions(database, FIRST_RECORD);
    this.#leaderboard = new Leaderboard(Math.max(LEAST_CAPACITY, 2 * current.size));
    this.#versions = new Map();
    this.#sum = 0n;
    const windows = new Map(WINDOWS.map((window) => [windowNumber(window), window]));
    for (const row of stored) {
      const window = windows.get(row.windowDays);
      if (window === undefined || current.get(row.traderId) !== row.recordVersion) continue;
      this.#leaderboard.set(row.traderId, window, featuresFrom(row.features));
      this.#takeIn(row.traderId, row.recordVersion);
    }
    if (day !== this.#day) this.#unwritten.clear();
    for (const [id, { version, windows: computed }] of this.#unwritten) {
      for (const [window, { features }] of computed) this.#leaderboard.set(id, window, features);
      this.#takeIn(id, version);
    }
    this.#cursor = FIRST_RECORD;
    this.#day = day;
    this.#ranked = false;
  }

  async #computeChanged(
    ids: readonly number[],
    coins: CoinTable,
    now: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { database, prices } = this.#options;
    if (ids.length === 0) return;
    const context = await this.#context(coins, now, signal);
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      signal.throwIfAborted();
      const batch = ids.slice(from, from + AT_ONCE);
      const reconciled = await readReconciled(database, batch);
      const details = await readDetails(database, batch);
      const surroundings = await readSurroundings(database, batch);
      for (const stored of await readRecords(database, batch)) {
        if (stored.format !== RECORD_FORMAT) {
          this.#takeIn(stored.traderId, stored.version);
          continue;
        }
        const { history } = unpackRecord(stored.record, prices.costs);
        const agreed = reconciled.get(stored.traderId) ?? null;
        const around = surroundingsOf(details.get(stored.traderId), surroundings.get(stored.traderId));
        const windows = new Map(
          WINDOWS.map((window) => [window, compute(history, window, context, agreed, around)]),
        );
        for (const [window, { features }] of windows) {
          this.#leaderboard.set(stored.traderId, window, features);
        }
        this.#takeIn(stored.traderId, stored.version);
        this.#unwritten.set(stored.traderId, { version: stored.version, windows });
      }
    }
  }

  /** What has changed. A board that is full is made anew, twice as large, out of what is stored. */
  async #readVersions(): Promise<RecordVersions> {
    const { database } = this.#options;
    const read = await readRecordVersions(database, this.#cursor);
    let size = this.#leaderboard.size;
    for (const id of read.versions.keys()) if (!this.#versions.has(id)) size++;
    if (size <= this.#leaderboard.traders.length) return read;
    await this.#beginDay(this.#day);
    // What is not stored as it is now has to be computed again, however long ago it changed.
    return readRecordVersions(database, this.#cursor);
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
    readonly full: boolean;
  }): Promise<void> {
    const { database } = this.#options;
    const note = run.full && (await this.#ranksAreDue(run.now));
    if (note) await prepareRankHistory(database, run.now);
    await database.transaction(async (tx) => {
      for (const window of WINDOWS) await writeLeaderboardRows(tx, this.#rowsToWrite(window, run.now));
      if (note) await noteLeaderboard(tx, this.#leaderboard, run.now);
      await publishBoards(tx, publicationOf(this.#leaderboard, run));
    });
    this.#unwritten.clear();
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

  #rowsToWrite(window: WindowDays, computedAt: number): LeaderboardRow[] {
    const rows: LeaderboardRow[] = [];
    for (const [traderId, { version, windows }] of this.#unwritten) {
      const computed = windows.get(window);
      if (computed === undefined) continue;
      const identity = {
        traderId,
        windowDays: windowNumber(window),
        recordVersion: version,
        asOfDay: this.#day,
        computedAt,
      };
      rows.push(leaderboardRow(identity, computed));
    }
    return rows;
  }
}
