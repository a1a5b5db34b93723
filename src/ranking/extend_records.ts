/** Carries records on by the feed, and says which cannot be: those are read from the venue again. */
import { isUnified } from '../domain/account_mode.ts';
import type { CoinTable } from '../domain/listed_coin.ts';
import { dayOf } from '../domain/metrics/day.ts';
import { lots, parseLots, parseTicks } from '../domain/money.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database } from '../store/database.ts';
import {
  askVenueAgain,
  type Extensible,
  hasFeedGap,
  readExtensible,
  readSeenTrades,
  readWholeUntil,
  type SeenTrade,
  storeExtension,
} from '../store/feed_extension.ts';
import { writeSeenDetails } from '../store/trader_details.ts';
import { DEFAULT_COPY_TERMS } from './copy_returns.ts';
import { DetailCollector } from './details.ts';
import { extendByFeed, type SeenFill, type SeenFunding } from './feed_extension.ts';
import type { FundingRates } from './funding_rates.ts';
import type { HourlyPrices } from './hourly_prices.ts';
import { dailySeries, packRecord, RECORD_FORMAT, unpackRecord } from './record.ts';
import type { AccountState } from './replay.ts';

const AT_ONCE = 50;
/** Who does not trade is carried on this often: the account value moves with what it holds. */
const RESTED_MS = 6 * 3_600_000;

export interface ExtendOptions {
  readonly database: Database;
  readonly prices: HourlyPrices;
  readonly funding: FundingRates;
  readonly coins: CoinTable;
  readonly clock: Clock;
}

export interface ExtendReport {
  extended: number;
  /** By why the feed did not suffice. */
  readonly refused: Record<string, number>;
}

/** Works until no record has a newer account value, or `signal` aborts. */
export async function extendRecords(options: ExtendOptions, signal: AbortSignal): Promise<ExtendReport> {
  const { database, clock } = options;
  const report: ExtendReport = { extended: 0, refused: {} };
  while (!signal.aborted) {
    const batch = await readExtensible(database, {
      wholeUntil: await readWholeUntil(database),
      restedBefore: clock.now() - RESTED_MS,
      limit: AT_ONCE,
    });
    for (const one of batch) {
      if (signal.aborted) return report;
      const why = await extendOne(options, one, signal);
      if (why === null) report.extended++;
      else {
        report.refused[why] = (report.refused[why] ?? 0) + 1;
        await askVenueAgain(database, { traderId: one.traderId, why, nextAt: clock.now() });
      }
    }
    if (batch.length < AT_ONCE) return report;
  }
  return report;
}

/** @returns null, or why the feed does not suffice. */
async function extendOne(
  options: ExtendOptions,
  one: Extensible,
  signal: AbortSignal,
): Promise<string | null> {
  const { database, prices, coins } = options;
  if (one.format !== RECORD_FORMAT) return 'FORMAT';
  if (!one.whole) return 'OTHER_DEX';
  const state = stateOf(one, coins);
  if (state === null) return 'ACCOUNT';
  const span = { traderId: one.traderId, from: one.through, to: one.stateTime };
  const trades = await readSeenTrades(database, span);
  if (trades === null) return 'CORRECTED';
  const details = new DetailCollector((coin, time) => prices.minuteVolume(coin, time));
  const record = unpackRecord(one.record, prices.costs, details.episode);
  const held = [...record.history.book.openPositions()].map(({ coin }) => coin);
  const ids = [...new Set([...trades.map((trade) => trade.coinId), ...held, ...state.positions.keys()])];
  if (await hasFeedGap(database, { ...span, coinIds: ids })) return 'GAP';
  const funding: SeenFunding[] = [];
  for (const id of ids) {
    const coin = coins.byId(id);
    if (coin === undefined) return 'COIN';
    await prices.ensure(coin, one.through, one.stateTime, signal);
    const rates = await options.funding.between(coin, one.through, one.stateTime, signal);
    for (const { time, rate } of rates) funding.push({ time, coin: id, rate });
  }
  const extended = extendByFeed(record, {
    from: one.through,
    fills: trades.map((trade) => fillOf(trade, coins)),
    funding,
    state,
    markAt: (coin, time) => prices.markAt(coin, time),
    onFill: (fill, fed) => details.fill(fill, fed),
  });
  if (typeof extended === 'string') return extended;
  const stored = {
    traderId: one.traderId,
    base: one.through,
    through: one.stateTime,
    record: packRecord(extended),
    series: dailySeries(extended.history, dayOf(one.stateTime) - 1, DEFAULT_COPY_TERMS),
  };
  await database.transaction(async (tx) => {
    if (await storeExtension(tx, stored)) await writeSeenDetails(tx, one.traderId, details.details());
  });
  return null;
}

const micro = (usd: string): number => Math.round(Number(usd) * 1e6);

/** The account as the rotation saw it; null when its money is not where its positions are. */
function stateOf(one: Extensible, coins: CoinTable): AccountState | null {
  if (one.rawUsd === null) return null;
  let cost = 0;
  const positions = new Map<number, number>();
  for (const [i, id] of one.coinIds.entries()) {
    const coin = coins.byId(id);
    if (coin === undefined) return null;
    positions.set(id, parseLots(one.sizes[i] ?? '0', coin.sizeDecimals));
    cost += micro(String(Number(one.sizes[i] ?? '0') * Number(one.entryPrices[i] ?? '0')));
  }
  return {
    time: one.stateTime,
    equity: micro(one.accountValueUsd),
    // Of a unified account that is its balance, which still counts what its positions cost.
    cash: micro(one.rawUsd) - (isUnified(one.mode) ? cost : 0),
    unrealised: one.unrealisedUsd.reduce((sum, usd) => sum + micro(usd), 0),
    positions,
  };
}

function fillOf(trade: SeenTrade, coins: CoinTable): SeenFill {
  const decimals = coins.byId(trade.coinId)?.sizeDecimals ?? 0;
  const size = parseLots(trade.size, decimals);
  return {
    time: trade.time,
    coin: trade.coinId,
    tradeId: trade.tradeId,
    size: trade.bought ? size : lots(-size),
    price: parseTicks(trade.price, decimals),
    maker: trade.maker,
  };
}
