/** One trader's record out of what the venue tells: read, played, judged and stored with how far it reaches. */
import { isUnified } from '../domain/account_mode.ts';
import { type Address, parseAddress } from '../domain/address.ts';
import type { CoinTable } from '../domain/listed_coin.ts';
import { DAY_MS, dayOf } from '../domain/metrics/day.ts';
import { TraderHistory } from '../domain/metrics/history.ts';
import { userAbstraction } from '../hyperliquid/info/user_abstraction.ts';
import type { InfoClient } from '../hyperliquid/transport.ts';
import type { WireUserFill } from '../hyperliquid/wire/history.ts';
import type { Clock } from '../runtime/clock.ts';
import { noteMode, readMode } from '../store/account_modes.ts';
import { readArchivedFills, readCoveredFrom } from '../store/archived_fills.ts';
import type { Database } from '../store/database.ts';
import { dropPages } from '../store/history_pages.ts';
import { readDetails, writeDetails, writeLedgerLinks } from '../store/trader_details.ts';
import {
  endHistoryRead,
  type HistoryClaim,
  type HistoryRead,
  putOffHistory,
} from '../store/trader_history.ts';
import { readRecord, writeRecord } from '../store/trader_records.ts';
import { DEFAULT_COPY_TERMS } from './copy_returns.ts';
import { DetailCollector, type Details, joinDetails } from './details.ts';
import { FORGETS_FROM, type ForgottenFills, NotNow, readPast, type VenuePast } from './history_reader.ts';
import type { HourlyPrices } from './hourly_prices.ts';
import type { KeptPages } from './kept_pages.ts';
import { dailySeries, packRecord, RECORD_FORMAT, type TraderRecord, unpackRecord } from './record.ts';
import { Replay, type ReplayResult } from './replay.ts';

/** A record begins this long ago at most: as far as the venue keeps hourly prices. */
const RECORD_DAYS = 200;
/** The venue is asked again after this, and sooner where the feed does not suffice. */
const AGAIN_MS = DAY_MS;
const HOUR_MS = 3_600_000;
/** Fills that begin later than this cannot fill the thirty active days that the HISTORY gate asks for. */
const EVIDENCE_MS = 28 * DAY_MS;
/** Share of comparisons with the portfolio that may fail, and how few say nothing. */
const FAILED_SHARE = 0.02;
const LEAST_CHECKS = 3;

export interface PastRecordOptions {
  readonly database: Database;
  readonly info: InfoClient;
  readonly prices: HourlyPrices;
  readonly clock: Clock;
}

interface Built {
  readonly record: TraderRecord;
  readonly past: VenuePast;
  readonly result: ReplayResult;
  readonly from: number;
  readonly forgotten: boolean;
  readonly details: DetailCollector;
}

/**
 * Reads what is missing; all of it again when the new part does not follow from the old. Whose fills do not reach back
 * a month cannot be judged yet: the first time that is seen, the rest is left for when nobody else waits.
 * @returns the fills read; null: put off.
 */
export async function extend(
  options: PastRecordOptions,
  coins: CoinTable,
  claim: HistoryClaim,
  pages: KeptPages,
  signal: AbortSignal,
): Promise<number | null> {
  const { database, prices, info } = options;
  const address = parseAddress(claim.address);
  const archive = forgottenFills(database, claim.address);
  const mode = accountMode(options, claim.traderId, address, signal);
  const reader = (from: number) => ({ info, coins, signal, keeper: pages.from(from), archive, mode });
  if (claim.through !== null) {
    const stored = await readRecord(database, claim.traderId);
    if (stored?.format === RECORD_FORMAT && stored.through === claim.through) {
      const past = await readPast(reader(claim.through), address, claim.through);
      await havePrices(options, coins, past, claim.through, signal);
      const details = collector(prices);
      const record = unpackRecord(stored.record, prices.costs, details.episode);
      const { result, cash } = play(record.history, past, claim.through, prices, details);
      if (Math.abs(result.cashBefore - record.cash) <= 1e6) {
        const built = {
          record: { history: record.history, cash },
          past,
          result,
          from: claim.through,
          details,
        };
        await store(options, claim, { ...built, forgotten: false }, true);
        return past.fills.rows.length;
      }
    }
  }
  const from = await pages.begin(options.clock.now() - RECORD_DAYS * DAY_MS);
  const enough = options.clock.now() - EVIDENCE_MS;
  const goesOn = (oldest: number) => oldest <= enough;
  const first = claim.through === null && claim.reachesFrom === null;
  const past = await (first
    ? readPast(reader(from), address, from, goesOn)
    : readPast(reader(from), address, from));
  if (past instanceof NotNow) {
    await putOffHistory(database, claim.traderId, past.oldest);
    return null;
  }
  await havePrices(options, coins, past, from, signal);
  await store(options, claim, build(past, from, prices), false);
  return past.fills.rows.length;
}

/** How the account holds its balances, asked once unless it was asked within a day. */
function accountMode(
  { database, info, clock }: PastRecordOptions,
  traderId: number,
  address: Address,
  signal: AbortSignal,
): () => Promise<string> {
  const read = async (): Promise<string> => {
    const known = await readMode(database, traderId, clock.now() - DAY_MS);
    if (known !== undefined) return known;
    const mode = await info.ask(userAbstraction(address), { lane: 'history', signal });
    await noteMode(database, { traderId, mode, unified: isUnified(mode), now: clock.now() });
    return mode;
  };
  let told: Promise<string> | undefined;
  return () => {
    told ??= read();
    return told;
  };
}

/** What of a trader's fills the imported archive has, up to the oldest that the venue still tells. */
function forgottenFills(database: Database, address: string): ForgottenFills {
  return {
    async before(until, from) {
      const covered = await readCoveredFrom(database, until);
      if (covered === undefined) return [];
      const rows = await readArchivedFills(database, address, Math.max(covered, from - HOUR_MS), until);
      return rows as WireUserFill[];
    },
  };
}

/** The record from nothing; from the first fill that the venue remembers, where it may have forgotten some. */
function build(past: VenuePast, from: number, prices: HourlyPrices): Built {
  const since = (time: number, forgotten: boolean): Built => {
    const details = collector(prices);
    const history = new TraderHistory({ ...prices.costs, onEpisode: details.episode });
    const { result, cash } = play(history, past, time, prices, details);
    return { record: { history, cash }, past, result, from: time, forgotten, details };
  };
  const whole = since(from, false);
  const first = past.fills.rows[0];
  if (whole.result.emptyBefore || first === undefined || past.fills.rows.length < FORGETS_FROM) return whole;
  return since(first.time - 1, true);
}

const collector = (prices: HourlyPrices) =>
  new DetailCollector((coin, time) => prices.minuteVolume(coin, time));

function play(
  history: TraderHistory,
  past: VenuePast,
  from: number,
  prices: HourlyPrices,
  details: DetailCollector,
) {
  const after = <T extends { readonly time: number }>(rows: readonly T[]) =>
    rows.filter(({ time }) => time > from);
  const result = new Replay(history, {
    from,
    fills: past.fills.rows,
    fundings: after(past.fundings.rows),
    flows: after(past.flows.rows),
    takeovers: after(past.takeovers.rows),
    state: past.state,
    checks: past.checks,
    markAt: (coin, time) => prices.markAt(coin, time),
    onFill: (fill, fed) => details.fill(fill, fed),
  }).run();
  return { result, cash: past.state.cash };
}

/** Prices of every coin that was held at any time of this part. */
async function havePrices(
  { prices }: PastRecordOptions,
  coins: CoinTable,
  past: VenuePast,
  from: number,
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Set([
    ...past.fills.rows.map((fill) => fill.coin),
    ...past.takeovers.rows.flatMap(({ positions }) => positions.map(({ coin }) => coin)),
    ...past.state.positions.keys(),
  ]);
  const since = Math.min(from, past.state.time - RECORD_DAYS * DAY_MS);
  for (const id of wanted) {
    const coin = coins.byId(id);
    if (coin !== undefined) await prices.ensure(coin, since, past.state.time, signal);
  }
}

async function store(
  { database, clock }: PastRecordOptions,
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
    reconciled: extended && !past.otherCollateral ? claim.reconciled : reconciledBy(past, built.result),
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
  const fresh = built.details.details();
  await database.transaction(async (tx) => {
    await writeRecord(tx, stored, series);
    const before = extended ? (await readDetails(tx, [claim.traderId])).get(claim.traderId) : undefined;
    await writeDetails(tx, claim.traderId, joinDetails((before?.base ?? null) as Details | null, fresh));
    await writeLedgerLinks(tx, claim.traderId, past.links);
    await endHistoryRead(tx, read, extended);
    await dropPages(tx, claim.traderId);
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
export function reconciledBy(past: VenuePast, result: ReplayResult): boolean | null {
  const { fills, fundings, flows, takeovers } = past;
  if (fills.unread + fundings.unread + flows.unread + takeovers.unread > 0) return false;
  // Its equity is not that of its USDC: nobody can say what its returns were made with.
  if (past.otherCollateral) return null;
  if (result.emptyBefore) return true;
  if (result.checked < LEAST_CHECKS) return null;
  return result.failed <= FAILED_SHARE * result.checked;
}
