/**
 * The whole interface between the venue (a deterministic state machine: state + input + time) and whoever carries
 * it: the wire server, the agents, tests. Nothing here reads a clock or draws a random number.
 */
import type { Address } from '../../domain/address.ts';
import type { MicroUsd } from '../../domain/money.ts';
import type { Abstraction, ActionAnswer, SignedRequest } from './actions.ts';
import type * as wire from './answers.ts';
import type { BlockSink, CoinRef } from './records.ts';
import type { RejectReason } from './reject_reasons.ts';

/** ms; both ends inclusive. */
export interface TimeRange {
  readonly startTime: number;
  readonly endTime?: number | null | undefined;
}
export type CandleInterval =
  | '1m'
  | '3m'
  | '5m'
  | '15m'
  | '30m'
  | '1h'
  | '2h'
  | '4h'
  | '8h'
  | '12h'
  | '1d'
  | '3d'
  | '1w'
  | '1M';

export interface BookQuery {
  /** 2-5; absent or null = full precision. */
  readonly nSigFigs?: number | null | undefined;
  /** 1, 2 or 5, only with nSigFigs 5. */
  readonly mantissa?: number | null | undefined;
  /** Levels per side, default 20. */
  readonly depth?: number | undefined;
}

/**
 * Reads of the state as of the last committed block. `dex` is '' for the first dex. An unknown address answers as
 * an account that never acted; an unknown coin or dex answers null where the return type has null, else empty.
 */
export interface VenueQueries {
  coins(): readonly CoinRef[];
  /** By symbol ("BTC", "xyz:CL"). */
  coin(symbol: string): CoinRef | undefined;
  coinByAssetId(assetId: number): CoinRef | undefined;
  /** '' first, then builder dexs in order. */
  dexNames(): readonly string[];
  /** True if the address is an account (deposited, sub-account or vault). */
  accountExists(user: Address): boolean;

  meta(dex: string): wire.WireMeta | null;
  assetCtxs(dex: string): readonly wire.WireAssetCtx[] | null;
  assetCtx(symbol: string): wire.WireAssetCtx | null;
  perpDexs(): readonly (wire.WirePerpDex | null)[];
  perpDexLimits(dex: string): {
    totalOiCap: string;
    oiSzCapPerPerp: string;
    maxTransferNtl: string;
    coinToOiCap: [string, string][];
  } | null;
  perpDexStatus(dex: string): { totalNetDeposit: string } | null;
  perpsAtOpenInterestCap(dex: string): readonly string[];
  maxMarketOrderNtls(): readonly [number, string][];
  marginTable(id: number): wire.WireMarginTable | null;
  predictedFundings(): readonly [
    string,
    [string, { fundingRate: string; nextFundingTime: number; fundingIntervalHours: number } | null][],
  ][];
  spotMeta(): wire.WireSpotMeta;
  spotCtxs(): readonly wire.WireSpotCtx[];
  /** The first dex's includes spot pairs. */
  allMids(dex: string): Readonly<Record<string, string>>;
  exchangeStatus(): { time: number; specialStatuses: null };
  l2Book(symbol: string, query?: BookQuery): wire.WireBook | null;
  bbo(symbol: string): wire.WireBbo | null;
  /** Oldest first; at most `limit`. */
  recentTrades(symbol: string, limit: number): readonly wire.WireTrade[];
  /** Ascending; at most the newest 5000; the last may still be forming. */
  candles(symbol: string, interval: CandleInterval, range: TimeRange): readonly wire.WireCandle[];
  /** The forming candle, for the channel. */
  currentCandle(symbol: string, interval: CandleInterval): wire.WireCandle | null;
  /** Ascending, at most 500. */
  fundingHistory(symbol: string, range: TimeRange): readonly wire.WireFundingHistoryRow[];
  liquidatable(): readonly unknown[];

  clearinghouseState(user: Address, dex: string): wire.WireClearinghouseState;
  spotClearinghouseState(user: Address): wire.WireSpotState;
  userAbstraction(user: Address): Abstraction;
  userDexAbstraction(user: Address): boolean | null;
  activeAssetData(user: Address, symbol: string): wire.WireActiveAssetData | null;
  portfolio(user: Address): wire.WirePortfolio;
  userRole(user: Address): wire.WireUserRole;
  subAccounts(user: Address): readonly wire.WireSubAccount[] | null;
  subAccounts2(user: Address): readonly wire.WireSubAccount2[] | null;
  userFees(user: Address): wire.WireUserFees;
  userRateLimit(user: Address): wire.WireRateLimit;
  extraAgents(user: Address): readonly wire.WireExtraAgent[];
  /** The unnamed agent, for webData3. */
  mainAgent(user: Address): { readonly address: Address; readonly validUntil: number } | null;
  /** Tenths of a basis point. */
  maxBuilderFee(user: Address, builder: Address): number;
  approvedBuilders(user: Address): readonly Address[];
  referral(user: Address): { referredBy: { referrer: Address; code: string } | null; code: string | null };
  vaultDetails(vault: Address, user: Address | null): wire.WireVaultDetails | null;
  vaultAddresses(): readonly Address[];
  userVaultEquities(user: Address): readonly wire.WireVaultEquity[];

  openOrders(user: Address, dex: string): readonly wire.WireOpenOrder[];
  frontendOpenOrders(user: Address, dex: string): readonly wire.WireFrontendOrder[];
  orderStatus(user: Address, ref: number | string): wire.WireOrderStatus;
  /** Newest first, at most 2000. */
  historicalOrders(user: Address): readonly wire.WireOrderHistoryRow[];
  /** Newest first, at most 2000. */
  userFills(user: Address, aggregateByTime: boolean): readonly wire.WireFill[];
  /** At most 2000, ascending unless reversed. */
  userFillsByTime(
    user: Address,
    range: TimeRange,
    options: { readonly aggregateByTime: boolean; readonly reversed: boolean },
  ): readonly wire.WireFill[];
  /** Ascending, at most 500. */
  userFunding(user: Address, range: TimeRange): readonly wire.WireUserFunding[];
  userNonFundingLedgerUpdates(user: Address, range: TimeRange): readonly wire.WireLedgerUpdate[];
  twapHistory(user: Address): readonly wire.WireTwapHistoryRow[];
  twapStates(user: Address, dex: string): readonly [number, wire.WireTwapState][];
  /** Newest first without a range, ascending with one; at most 2000. */
  userTwapSliceFills(user: Address, range: TimeRange | null): readonly wire.WireTwapSliceFill[];
}

/** Which refusal `refuseNext` produces: an action's or an item's text, or an order's end with its own text. */
export type ForcedRefusal =
  | { readonly level: 'action'; readonly text: string }
  | { readonly level: 'item'; readonly text: string }
  | { readonly level: 'order'; readonly reason: RejectReason };

/** Levers that no trader has: for operators, faults and tests. Each takes effect in the next block. */
export interface VenueControl {
  /** Creates the account if needed and credits its first-dex perp balance. */
  deposit(user: Address, usd: MicroUsd): void;
  /** Decimal text in USD; `external` is the mid on other venues (default: the same). */
  setOracle(symbol: string, px: string, external?: string): void;
  halt(symbol: string, halted: boolean): void;
  haltAll(halted: boolean): void;
  /** Only post-only orders until this ms (network upgrade). */
  postOnlyUntil(time: number): void;
  /** Cancels orders, settles positions at `px` (default: the mark) and freezes the coin in place. */
  delist(symbol: string, px?: string): void;
  list(listing: CoinListing): void;
  setMarginTable(symbol: string, marginTableId: number): void;
  /** Cap in USD of one-sided open interest; null lifts it. */
  setOpenInterestCap(symbol: string, usd: MicroUsd | null): void;
  /** Treats the account as under maintenance once, whatever its margin. */
  forceLiquidation(user: Address, method: 'market' | 'backstop'): void;
  /** Closes up to `sz` (default all) of the position against the best-ranked opposite side at mark. */
  forceAdl(user: Address, symbol: string, sz?: string): void;
  /** Removes the agent now, with its nonces (as pruning does). */
  expireAgent(agent: Address): void;
  pruneNonces(signer: Address): void;
  /** The next `count` signed actions (or their items) of the account are refused with this text. */
  refuseNext(user: Address, refusal: ForcedRefusal, count: number): void;
  /** The account's next `count` orders match at most `sz` (decimal text in the coin's units), the rest is cancelled. */
  partialFillNext(user: Address, symbol: string, sz: string, count: number): void;
  setActionBudget(user: Address, used: number): void;
}

export interface CoinListing {
  /** '' or a builder dex that exists. */
  readonly dex: string;
  /** Without the dex prefix. */
  readonly name: string;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly marginTableId: number;
  /** Decimal text in USD. */
  readonly oraclePx: string;
  readonly onlyIsolated?: boolean;
  readonly growthMode?: boolean;
}

export interface ConservationReport {
  /** All in micro-USD. `difference` is zero or the venue has a bug. */
  readonly accounts: bigint;
  readonly fees: bigint;
  readonly insurance: bigint;
  readonly residue: bigint;
  readonly deposits: bigint;
  readonly withdrawals: bigint;
  readonly difference: bigint;
}

export interface Venue {
  /** ms of the last committed block. */
  readonly time: number;
  readonly height: number;
  readonly query: VenueQueries;
  readonly control: VenueControl;
  /** Queues a request for the next block; `answer` is called once, while that block commits. */
  submit(request: SignedRequest, answer: (answer: ActionAnswer) => void): void;
  /** Time of the next event that the chain makes by itself (funding, TWAP slice, oracle…); Infinity if none. */
  nextDue(): number;
  /** True if something is queued for the next block. */
  readonly pending: boolean;
  /** Executes one block. @throws DomainError `TIME_BACKWARDS` unless `time` is later than the last block's. */
  produceBlock(time: number): void;
  /** Called after each block that changed anything. @returns how to stop. */
  onBlock(sink: BlockSink): () => void;
  conservation(): ConservationReport;
}

/**
 * A venue with its population, moved through time. Virtual: call `advanceTo` with any later time. Real: call it with
 * the wall clock about every block; a late call catches up.
 */
export interface World {
  readonly venue: Venue;
  /** Runs every block due up to and including `time` (ms); empty blocks are skipped. */
  advanceTo(time: number): void;
}
