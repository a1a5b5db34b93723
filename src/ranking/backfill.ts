/**
 * Reads traders' pasts until told to stop: claims the next ones, reads what is missing of each, plays it into its
 * record and stores that together with how far it reaches. Whoever dies between loses one trader's pages at most.
 */
import { parseAddress } from '../domain/address.ts';
import { CoinTable } from '../domain/listed_coin.ts';
import { DAY_MS, dayOf } from '../domain/metrics/day.ts';
import { TraderHistory } from '../domain/metrics/history.ts';
import type { InfoClient } from '../hyperliquid/transport.ts';
import type { Clock } from '../runtime/clock.ts';
import { AppError, errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { readCoins } from '../store/coins.ts';
import type { Database } from '../store/database.ts';
import {
  claimHistories,
  endHistoryRead,
  failHistoryRead,
  type HistoryClaim,
  type HistoryRead,
  releaseHistories,
  wantHistories,
} from '../store/trader_history.ts';
import { readRecord, writeRecord } from '../store/trader_records.ts';
import { DEFAULT_COPY_TERMS } from './copy_returns.ts';
import { FORGETS_FROM, readPast, type VenuePast } from './history_reader.ts';
import type { HourlyPrices } from './hourly_prices.ts';
import { dailySeries, packRecord, RECORD_FORMAT, type TraderRecord, unpackRecord } from './record.ts';
import { Replay, type ReplayResult } from './replay.ts';

/** A record begins this long ago at most: as far as the venue keeps hourly prices. */
const RECORD_DAYS = 200;
/** Who has not traded for this long is not worth a history: the HISTORY gate would hold him anyway. */
const ACTIVE_MS = 7 * DAY_MS;
const CLAIM_MS = 10 * 60_000;
/** A trader that goes on trading is read again after this. */
const AGAIN_MS = 10 * 60_000;
const RETRY_MS = 60_000;
const MOST_RETRY_MS = 6 * 3_600_000;
/** New traders put on the list at a time. */
const WANT_AT_ONCE = 200;
/** Share of comparisons with the portfolio that may fail, and how few say nothing. */
const FAILED_SHARE = 0.02;
const LEAST_CHECKS = 3;

export interface BackfillOptions {
  readonly database: Database;
  readonly info: InfoClient;
  readonly prices: HourlyPrices;
  readonly clock: Clock;
  readonly log: Logger;
  /** Traders at a time. */
  readonly concurrency: number;
}

export interface BackfillReport {
  wanted: number;
  read: number;
  failed: number;
  fills: number;
}

/** Works until nothing is due or `signal` aborts. */
export async function backfill(options: BackfillOptions, signal: AbortSignal): Promise<BackfillReport> {
  const { database, clock } = options;
  const report: BackfillReport = { wanted: 0, read: 0, failed: 0, fills: 0 };
  const coins = new CoinTable(await readCoins(database));
  const worker = async (): Promise<void> => {
    while (!signal.aborted) {
      const claim = await next(database, clock.now(), report);
      if (claim === undefined) return;
      await readOne(options, coins, claim, report, signal);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  return report;
}

async function next(
  database: Database,
  now: number,
  report: BackfillReport,
): Promise<HistoryClaim | undefined> {
  const claim = async () => (await claimHistories(database, now, 1, CLAIM_MS))[0];
  const first = await claim();
  // Whoever was read before can wait for those who never were.
  if (first !== undefined && first.through === null) return first;
  const added = await wantHistories(database, { seenAfter: now - ACTIVE_MS, limit: WANT_AT_ONCE });
  report.wanted += added;
  return first ?? (added > 0 ? claim() : undefined);
}

async function readOne(
  options: BackfillOptions,
  coins: CoinTable,
  claim: HistoryClaim,
  report: BackfillReport,
  signal: AbortSignal,
): Promise<void> {
  const { database, clock, log } = options;
  try {
    report.fills += await extend(options, coins, claim, signal);
    report.read++;
  } catch (error) {
    if (signal.reason instanceof AppError && signal.reason.code === 'TASK_STOPPED') {
      await releaseHistories(database, [claim.traderId]);
      return;
    }
    report.failed++;
    // Also when the run ends: one whose past is too long for a run must not keep the others out.
    const code = signal.aborted ? 'NOT_IN_TIME' : error instanceof AppError ? error.code : 'UNEXPECTED';
    const wait = Math.min(MOST_RETRY_MS, RETRY_MS * 2 ** Math.min(20, claim.failures));
    log.warn({ trader: claim.address, error: errorMessage(error) }, 'cannot read the history of a trader');
    await failHistoryRead(database, claim.traderId, code, clock.now() + wait);
  }
}

interface Built {
  readonly record: TraderRecord;
  readonly past: VenuePast;
  readonly result: ReplayResult;
  readonly from: number;
  readonly forgotten: boolean;
}

/** Reads what is missing; all of it again when the new part does not follow from the old. Returns the fills read. */
async function extend(
  options: BackfillOptions,
  coins: CoinTable,
  claim: HistoryClaim,
  signal: AbortSignal,
): Promise<number> {
  const { database, prices, info } = options;
  const address = parseAddress(claim.address);
  const reader = { info, coins, signal };
  const slippage = (coin: number) => prices.slippageBp(coin);
  if (claim.through !== null) {
    const stored = await readRecord(database, claim.traderId);
    if (stored?.format === RECORD_FORMAT && stored.through === claim.through) {
      const past = await readPast(reader, address, claim.through);
      await havePrices(options, coins, past, claim.through, signal);
      const record = unpackRecord(stored.record, slippage);
      const { result, cash } = play(record.history, past, claim.through, prices);
      if (Math.abs(result.cashBefore - record.cash) <= 1e6) {
        const built = { record: { history: record.history, cash }, past, result, from: claim.through };
        await store(options, claim, { ...built, forgotten: false }, true);
        return past.fills.rows.length;
      }
    }
  }
  const from = options.clock.now() - RECORD_DAYS * DAY_MS;
  const past = await readPast(reader, address, from);
  await havePrices(options, coins, past, from, signal);
  await store(options, claim, build(past, from, prices), false);
  return past.fills.rows.length;
}

/** The record from nothing; from the first fill that the venue remembers, where it may have forgotten some. */
function build(past: VenuePast, from: number, prices: HourlyPrices): Built {
  const fresh = () => new TraderHistory({ slippageBp: (coin) => prices.slippageBp(coin) });
  const history = fresh();
  const whole = play(history, past, from, prices);
  const first = past.fills.rows[0];
  if (whole.result.emptyBefore || first === undefined || past.fills.rows.length < FORGETS_FROM) {
    return { record: { history, cash: whole.cash }, past, result: whole.result, from, forgotten: false };
  }
  const since = first.time - 1;
  const cut = fresh();
  const { result, cash } = play(cut, past, since, prices);
  return { record: { history: cut, cash }, past, result, from: since, forgotten: true };
}

function play(history: TraderHistory, past: VenuePast, from: number, prices: HourlyPrices) {
  const after = <T extends { readonly time: number }>(rows: readonly T[]) =>
    rows.filter(({ time }) => time > from);
  const result = new Replay(history, {
    from,
    fills: past.fills.rows,
    fundings: after(past.fundings.rows),
    flows: after(past.flows.rows),
    state: past.state,
    checks: past.checks,
    markAt: (coin, time) => prices.markAt(coin, time),
  }).run();
  return { result, cash: past.state.cash };
}

/** Prices of every coin that was held at any time of this part. */
async function havePrices(
  { prices }: BackfillOptions,
  coins: CoinTable,
  past: VenuePast,
  from: number,
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Set([...past.fills.rows.map((fill) => fill.coin), ...past.state.positions.keys()]);
  const since = Math.min(from, past.state.time - RECORD_DAYS * DAY_MS);
  for (const id of wanted) {
    const coin = coins.byId(id);
    if (coin !== undefined) await prices.ensure(coin, since, past.state.time, signal);
  }
}

async function store(
  { database, clock }: BackfillOptions,
  claim: HistoryClaim,
  built: Built,
  extended: boolean,
): Promise<void> {
  const { past, record } = built;
  const { history } = record;
  const known = knownSince(built, extended ? claim : null);
  history.completeSince = known.since ?? Number.NEGATIVE_INFINITY;
  const now = clock.now();
  const read: HistoryRead = {
    traderId: claim.traderId,
    through: past.state.time,
    state: known.since === null ? 'complete' : 'truncated',
    completeSince: known.since,
    whyTruncated: known.why,
    fills: past.fills.rows.length,
    fundings: past.fundings.rows.length,
    flows: past.flows.rows.length,
    holes: past.holes.map((time) => [time, time]),
    reconciled: extended ? claim.reconciled : reconciledBy(built),
    readAt: now,
    nextAt: now + AGAIN_MS,
  };
  const series = dailySeries(history, dayOf(now) - 1, DEFAULT_COPY_TERMS);
  const stored = {
    traderId: claim.traderId,
    through: read.through,
    format: RECORD_FORMAT,
    record: packRecord(record),
  };
  await database.transaction(async (tx) => {
    await writeRecord(tx, stored, series);
    await endHistoryRead(tx, read, extended);
  });
}

/** Since when all fills are known (null: since the first there was), and why not earlier. */
function knownSince(
  { past, result, from, forgotten }: Built,
  before: HistoryClaim | null,
): { since: number | null; why: string | null } {
  const hole = past.holes.length === 0 ? null : Math.max(...past.holes);
  if (hole !== null) return { since: hole, why: 'HOLE' };
  if (before !== null) return { since: before.completeSince, why: before.whyTruncated };
  if (result.emptyBefore) return { since: null, why: null };
  return { since: from, why: forgotten ? 'VENUE_KEEPS_10000_FILLS' : 'OLDER_THAN_RECORD' };
}

/** An account that began with nothing proves it all; one that did not is held against the venue's own samples. */
function reconciledBy({ past, result }: Built): boolean | null {
  if (past.fills.unread + past.fundings.unread + past.flows.unread > 0) return false;
  if (result.emptyBefore) return true;
  if (result.checked < LEAST_CHECKS) return null;
  return result.failed <= FAILED_SHARE * result.checked;
}
