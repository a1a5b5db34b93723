/** The whole state of the venue. Plain data: the rules that move it are in the files beside this one. */
import type { Address } from '../../domain/address.ts';
import type { Lots, MicroUsd, Ticks } from '../../domain/money.ts';
import type { Abstraction, Tif, Tpsl } from './actions.ts';
import type { Book, Level, Touch } from './book.ts';
import type { CandleStore } from './candles.ts';
import type { DayStats } from './day_stats.ts';
import type { EventBuffer } from './events.ts';
import type { AccountHistory } from './history_port.ts';
import { newPortfolio, type PortfolioSeries } from './portfolio.ts';
import type {
  CoinRef,
  FillRecord,
  FundingRecord,
  LedgerRecord,
  OrderUpdateRecord,
  TradeRecord,
  TwapRecord,
  TwapTrigger,
} from './records.ts';
import type { VenueRules } from './rules.ts';
import type { ForcedRefusal } from './types.ts';

/** Where an order lives: the book, the trigger lists, with its unfilled parent, or nowhere any more. */
type OrderPlace = 'resting' | 'trigger' | 'waiting' | 'none';

export interface Order {
  readonly oid: number;
  readonly account: Account;
  readonly market: Market;
  readonly isBuy: boolean;
  px: Ticks;
  sz: Lots;
  readonly origSz: Lots;
  readonly timestamp: number;
  readonly reduceOnly: boolean;
  tif: Tif | null;
  readonly cloid: string | null;
  readonly trigger: { readonly px: Ticks; readonly isMarket: boolean; readonly tpsl: Tpsl } | null;
  readonly isPositionTpsl: boolean;
  parent: Order | null;
  children: Order[];
  readonly builder: { readonly account: Account; readonly tenthsBp: number } | null;
  readonly twapId: number | null;
  place: OrderPlace;
  /** Set while its size changed in this block, so that one update is told at commit. */
  touchedAt: number;
  level: Level<Order> | null;
  previous: Order | null;
  next: Order | null;
}

export interface TierRule {
  /** Micro-USD of position value from which the tier holds. */
  readonly lowerBound: number;
  readonly maxLeverage: number;
  /** Micro-USD taken off the maintenance margin, so that it is continuous over tiers. */
  readonly deduction: number;
}

interface FundingPoint {
  readonly time: number;
  readonly rateE10: number;
  readonly premiumE10: number;
}

export interface Market extends CoinRef {
  readonly dexIndex: number;
  /** Without the dex prefix. */
  readonly name: string;
  readonly priceDecimals: number;
  maxLeverage: number;
  marginTableId: number;
  tiers: readonly TierRule[];
  readonly marginMode: 'strictIsolated' | 'noCross' | null;
  readonly growthMode: boolean;
  delisted: boolean;
  halted: boolean;
  openInterestCap: number | null;
  readonly book: Book<Order>;
  oracle: Ticks;
  /** Mid on other venues, an input of the mark. */
  external: Ticks;
  mark: Ticks;
  previousMark: Ticks;
  /** EMA of (mid - oracle) in ticks / 2^16, and when it was last moved. */
  ema: number;
  emaAt: number;
  last: Ticks;
  /** One-sided, lots. */
  openInterest: number;
  premiumSum: number;
  premiumSamples: number;
  premiumE10: number | null;
  fundingRateE10: number;
  readonly fundingHistory: FundingPoint[];
  readonly trades: TradeRecord[];
  readonly candles: CandleStore;
  readonly day: DayStats;
  /** Fire when the mark is at or above (ascending) / at or below (descending) their trigger price. */
  readonly triggersAbove: Order[];
  readonly triggersBelow: Order[];
}

export interface Dex {
  readonly index: number;
  readonly name: string;
  readonly fullName: string;
  readonly deployer: Account | null;
  /** Deployer's fee scale in 1e-2. */
  readonly feeScaleE2: number;
  /** Net deposits, micro-USD. */
  netDeposit: number;
  readonly markets: Market[];
}

export interface Position {
  readonly market: Market;
  readonly pot: Pot;
  szi: Lots;
  /** Signed entry notional, micro-USD: the cost basis. */
  cost: MicroUsd;
  leverage: number;
  isolated: boolean;
  /** Raw USD of an isolated position; 0 in cross. */
  isolatedUsd: MicroUsd;
  /** Paid so far, micro-USD (positive = paid by the user). */
  fundingSinceOpen: number;
  fundingSinceChange: number;
  /** ms before which a partial liquidation is not followed by a full one; 0 = none since the account was safe. */
  liquidationCooldownUntil: number;
}

/** Collateral of one account on one dex (a unified account has one for all). */
export interface Pot {
  readonly account: Account;
  readonly dexIndex: number;
  /** Raw USD of the cross part. */
  usd: MicroUsd;
  readonly positions: Position[];
  /** `State.movesE9` from which the pot must be examined for liquidation; -1 = at once. */
  examineAt: number;
}

export interface Agent {
  readonly address: Address;
  readonly account: Account;
  readonly name: string | null;
  readonly validUntil: number;
}

export interface VaultShare {
  readonly user: Address;
  /** Units of the vault; equity = vault value * shares / total. */
  shares: bigint;
  /** Micro-USD paid in for the shares still held. */
  basis: number;
  entryTime: number;
  lockedUntil: number;
  allTimePnl: number;
}

export interface VaultState {
  readonly name: string;
  readonly description: string;
  readonly leader: Account;
  readonly shares: Map<Address, VaultShare>;
  totalShares: bigint;
  allowDeposits: boolean;
  alwaysCloseOnWithdraw: boolean;
  isClosed: boolean;
}

export interface VolumeDay {
  readonly day: number;
  taker: number;
  maker: number;
}

export interface Account {
  readonly id: number;
  readonly address: Address;
  readonly kind: 'user' | 'subAccount' | 'vault';
  readonly master: Account | null;
  name: string;
  /** False for the venue's own accounts, which are neither liquidated nor budgeted. */
  readonly ordinary: boolean;
  readonly pots: Pot[];
  readonly positions: Map<number, Position>;
  readonly leverage: Map<number, { leverage: number; isCross: boolean }>;
  readonly fundingAllTime: Map<number, number>;
  /** Spot USDC outside unified mode, micro-USD. */
  spotUsd: number;
  abstraction: Abstraction;
  readonly open: Map<number, Order>;
  /** Open reduce-only orders by market. */
  readonly reduceOnly: Map<number, Set<Order>>;
  readonly latest: Map<number, OrderUpdateRecord>;
  readonly byCloid: Map<string, number>;
  readonly orderHistory: OrderUpdateRecord[];
  /** Before the world began; null for an account that is not older. */
  past: AccountHistory | null;
  readonly fills: FillRecord[];
  readonly twapFills: FillRecord[];
  readonly funding: FundingRecord[];
  readonly ledger: LedgerRecord[];
  readonly twaps: TwapRecord[];
  cumulativeVolume: number;
  readonly volumeDays: VolumeDay[];
  takerE9: number;
  makerE9: number;
  requestsUsed: number;
  requestsReserved: number;
  lastExhaustedAt: number;
  readonly agents: Agent[];
  readonly builders: Map<Address, number>;
  readonly subAccounts: Account[];
  scheduledCancel: number | null;
  readonly scheduleTriggers: { day: number; count: number };
  referrer: { readonly account: Account; readonly code: string } | null;
  referralCode: string | null;
  displayName: string | null;
  vault: VaultState | null;
  /** Deposits and incoming transfers minus outgoing, micro-USD: what PnL is measured against. */
  netFlow: number;
  /** The same for the perp side alone. */
  netPerpFlow: number;
  readonly portfolio: PortfolioSeries;
  readonly refusals: { refusal: ForcedRefusal; count: number }[];
  partialFill: { lots: number; count: number } | null;
  forcedLiquidation: 'market' | 'backstop' | null;
}

interface NonceSet {
  /** Ascending, at most the kept number. */
  readonly kept: number[];
}

export interface Twap {
  readonly id: number;
  readonly account: Account;
  readonly market: Market;
  readonly isBuy: boolean;
  readonly sz: Lots;
  executedSz: number;
  executedNtl: number;
  readonly minutes: number;
  readonly reduceOnly: boolean;
  readonly randomize: boolean;
  start: number;
  slice: number;
  readonly slices: number;
  /** ms of the next slice; Infinity while it waits for its trigger. */
  nextAt: number;
  readonly stopPx: Ticks | null;
  readonly trigger: TwapTrigger | null;
}

export interface State {
  readonly rules: VenueRules;
  readonly salt: number;
  time: number;
  height: number;
  readonly dexes: Dex[];
  readonly markets: Market[];
  readonly bySymbol: Map<string, Market>;
  readonly byAssetId: Map<number, Market>;
  readonly accounts: Map<Address, Account>;
  readonly accountList: Account[];
  readonly agents: Map<Address, Agent>;
  readonly nonces: Map<Address, NonceSet>;
  readonly twaps: Map<number, Twap>;
  readonly scheduled: Set<Account>;
  nextOid: number;
  nextTwapId: number;
  nextLiquidationId: number;
  /** Number and lazily made text of the transaction that is executing. */
  transaction: { sequence: number; hash: string | null };
  fees: bigint;
  insurance: bigint;
  residue: bigint;
  deposits: bigint;
  withdrawals: bigint;
  readonly exchangeVolume: VolumeDay[];
  /** Sum over mark updates of the largest relative move of any coin, 1e-9. */
  movesE9: number;
  allHalted: boolean;
  postOnlyUntil: number;
  liquidator: Account | null;
  events: EventBuffer;
  /** Markets whose book changed since the last commit, with the touch before. */
  readonly touchedBooks: Map<Market, Touch>;
  readonly touchedOrders: Order[];
}

export function newAccount(
  s: State,
  address: Address,
  kind: Account['kind'],
  options: { readonly master?: Account; readonly name?: string; readonly ordinary?: boolean } = {},
): Account {
  const account: Account = {
    id: s.accountList.length,
    address,
    kind,
    master: options.master ?? null,
    name: options.name ?? '',
    ordinary: options.ordinary ?? true,
    pots: [],
    positions: new Map(),
    leverage: new Map(),
    fundingAllTime: new Map(),
    spotUsd: 0,
    abstraction: 'disabled',
    open: new Map(),
    reduceOnly: new Map(),
    latest: new Map(),
    byCloid: new Map(),
    orderHistory: [],
    past: null,
    fills: [],
    twapFills: [],
    funding: [],
    ledger: [],
    twaps: [],
    cumulativeVolume: 0,
    volumeDays: [],
    takerE9: s.rules.fees.tiers[0]?.takerE9 ?? 0,
    makerE9: s.rules.fees.tiers[0]?.makerE9 ?? 0,
    requestsUsed: 0,
    requestsReserved: 0,
    lastExhaustedAt: 0,
    agents: [],
    builders: new Map(),
    subAccounts: [],
    scheduledCancel: null,
    scheduleTriggers: { day: 0, count: 0 },
    referrer: null,
    referralCode: null,
    displayName: null,
    vault: null,
    netFlow: 0,
    netPerpFlow: 0,
    portfolio: newPortfolio(),
    refusals: [],
    partialFill: null,
    forcedLiquidation: null,
  };
  s.accounts.set(address, account);
  s.accountList.push(account);
  return account;
}

/** The account's collateral on a dex, made on first use. A unified account has one pot for all dexs. */
export function potOf(account: Account, dexIndex: number): Pot {
  const index =
    account.abstraction === 'unifiedAccount' || account.abstraction === 'portfolioMargin' ? 0 : dexIndex;
  let pot = account.pots[index];
  if (pot === undefined) {
    for (let i = account.pots.length; i <= index; i++)
      account.pots.push({ account, dexIndex: i, usd: 0 as MicroUsd, positions: [], examineAt: -1 });
    pot = account.pots[index] as Pot;
  }
  return pot;
}

export const isUnified = (account: Account): boolean =>
  account.abstraction === 'unifiedAccount' || account.abstraction === 'portfolioMargin';

/** Leverage and mode that a new position of the account in the coin takes. */
export function leverageOf(
  s: State,
  account: Account,
  market: Market,
): { leverage: number; isCross: boolean } {
  const set = account.leverage.get(market.index);
  if (set) return set;
  return {
    leverage: Math.min(s.rules.defaultLeverage, market.maxLeverage),
    isCross: market.marginMode === null,
  };
}
