/**
 * Reads traders' pasts until told to stop: claims the next ones, reads what is missing of each, plays it into its
 * record and stores that together with how far it reaches. Whoever dies between loses one trader's pages at most.
 */
import { CoinTable } from '../domain/listed_coin.ts';
import { DAY_MS } from '../domain/metrics/day.ts';
import { AppError, errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { readCoins } from '../store/coins.ts';
import {
  claimHistories,
  failHistoryRead,
  type HistoryClaim,
  releaseHistories,
  reviewWanted,
  wantHistories,
} from '../store/trader_history.ts';
import { KeptPages } from './kept_pages.ts';
import { extend, type PastRecordOptions } from './past_record.ts';

/** Who has not traded for this long is not worth a history: the HISTORY gate would hold him anyway. */
const ACTIVE_MS = 7 * DAY_MS;
const CLAIM_MS = 10 * 60_000;
const RETRY_MS = 60_000;
const MOST_RETRY_MS = 6 * 3_600_000;
/** New traders put on the list at a time. */
const WANT_AT_ONCE = 500;
/** How often the list is looked through again. */
const WANT_EVERY_MS = 10_000;
/** A read that brought no page in this time is set aside when its run ends: it must not keep the others out. */
const FRUITLESS_MS = 30_000;
const LIST_AGAIN_MS = 500;
const COINS_KEPT_MS = 30_000;

export interface BackfillOptions extends PastRecordOptions {
  readonly log: Logger;
  /** Traders at a time. */
  readonly concurrency: number;
}

export interface BackfillReport {
  wanted: number;
  read: number;
  /** Left for when nobody else waits. */
  putOff: number;
  failed: number;
  fills: number;
}

/** Works until nothing is due or `signal` aborts. */
export async function backfill(options: BackfillOptions, signal: AbortSignal): Promise<BackfillReport> {
  const run = new Run(options, signal);
  const worker = async (): Promise<void> => {
    while (!signal.aborted) {
      const claim = await run.next();
      if (claim === undefined) return;
      await readOne(options, await run.coins(), claim, run.report, signal);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  return run.report;
}

/** What the readers of a run share. */
class Run {
  readonly report: BackfillReport = { wanted: 0, read: 0, putOff: 0, failed: 0, fills: 0 };
  readonly #options: BackfillOptions;
  readonly #signal: AbortSignal;
  #listedAt = Number.NEGATIVE_INFINITY;
  #listing: Promise<void> = Promise.resolve();
  #coins = new CoinTable();
  #coinsAt = Number.NEGATIVE_INFINITY;

  constructor(options: BackfillOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** The coins as the stream role last listed them. */
  async coins(): Promise<CoinTable> {
    const { clock, database } = this.#options;
    if (clock.now() - this.#coinsAt > COINS_KEPT_MS) {
      this.#coinsAt = clock.now();
      this.#coins = new CoinTable(await readCoins(database));
    }
    return this.#coins;
  }

  async next(): Promise<HistoryClaim | undefined> {
    const { clock, database } = this.#options;
    // Before the coins are listed every fill would be of an unknown one.
    if ((await this.coins()).all().length === 0) {
      this.#coinsAt = Number.NEGATIVE_INFINITY;
      return undefined;
    }
    const claim = async () => (await claimHistories(database, clock.now(), 1, CLAIM_MS))[0];
    await this.#list(WANT_EVERY_MS);
    const first = await claim();
    if (first !== undefined || this.#signal.aborted) return first;
    await this.#list(LIST_AGAIN_MS);
    return claim();
  }

  /** Brings the list of wanted traders up to date unless that was done within `ms`; one at a time. */
  #list(ms: number): Promise<void> {
    const { clock, database } = this.#options;
    const list = async () => {
      const now = clock.now();
      if (now - this.#listedAt < ms) return;
      this.#listedAt = now;
      await reviewWanted(database, now);
      this.report.wanted += await wantHistories(database, {
        now,
        seenAfter: now - ACTIVE_MS,
        limit: WANT_AT_ONCE,
      });
    };
    this.#listing = this.#listing.catch(() => undefined).then(list);
    return this.#listing;
  }
}

async function readOne(
  options: BackfillOptions,
  coins: CoinTable,
  claim: HistoryClaim,
  report: BackfillReport,
  signal: AbortSignal,
): Promise<void> {
  const { database, clock, log } = options;
  const began = clock.now();
  const pages = new KeptPages(options, claim.traderId);
  try {
    const fills = await extend(options, coins, claim, pages, signal);
    if (fills === null) report.putOff++;
    else {
      report.fills += fills;
      report.read++;
    }
  } catch (error) {
    if (signal.aborted && (pages.kept > 0 || clock.now() - began < FRUITLESS_MS)) {
      await releaseHistories(database, [claim.traderId]);
      return;
    }
    report.failed++;
    const code = signal.aborted ? 'NOT_IN_TIME' : error instanceof AppError ? error.code : 'UNEXPECTED';
    const wait = Math.min(MOST_RETRY_MS, RETRY_MS * 2 ** Math.min(20, claim.failures));
    log.warn({ trader: claim.address, error: errorMessage(error) }, 'cannot read the history of a trader');
    await failHistoryRead(database, claim.traderId, code, clock.now() + wait);
  }
}
