/**
 * The JSON shapes of /info answers, field for field (protocol reference 2.2-2.5). Decimals are strings with at
 * least one decimal; times and ids are numbers.
 */
import type { Address } from '../../domain/address.ts';
import type { Abstraction } from './actions.ts';
import type { LedgerDelta, OrderStatus, Side } from './records.ts';

export interface WireTrade {
  coin: string;
  side: Side;
  px: string;
  sz: string;
  time: number;
  hash: string;
  tid: number;
  users: [Address, Address];
}

export interface WireFill {
  coin: string;
  px: string;
  sz: string;
  side: Side;
  time: number;
  startPosition: string;
  dir: string;
  closedPnl: string;
  hash: string;
  oid: number;
  crossed: boolean;
  fee: string;
  builderFee?: string;
  tid: number;
  cloid?: string;
  liquidation?: { liquidatedUser: Address; markPx: string; method: 'market' | 'backstop' };
  feeToken: string;
  twapId: number | null;
}

export interface WireOpenOrder {
  coin: string;
  side: Side;
  limitPx: string;
  sz: string;
  oid: number;
  timestamp: number;
  origSz: string;
  cloid?: string;
  reduceOnly?: true;
}

export interface WireFrontendOrder {
  coin: string;
  side: Side;
  limitPx: string;
  sz: string;
  oid: number;
  timestamp: number;
  triggerCondition: string;
  isTrigger: boolean;
  triggerPx: string;
  children: WireFrontendOrder[];
  isPositionTpsl: boolean;
  reduceOnly: boolean;
  orderType: string;
  origSz: string;
  tif: string | null;
  cloid: string | null;
}

export interface WireOrderHistoryRow {
  order: WireFrontendOrder;
  status: OrderStatus;
  statusTimestamp: number;
}
export type WireOrderStatus = { status: 'unknownOid' } | { status: 'order'; order: WireOrderHistoryRow };
export interface WireOrderUpdate {
  order: WireOpenOrder;
  status: OrderStatus;
  statusTimestamp: number;
}

export interface WireUniverseCoin {
  szDecimals: number;
  name: string;
  maxLeverage: number;
  marginTableId: number;
  onlyIsolated?: true;
  isDelisted?: true;
  marginMode?: 'strictIsolated' | 'noCross';
  growthMode?: 'enabled';
  lastGrowthModeChangeTime?: string;
}
export interface WireMarginTable {
  description: string;
  marginTiers: { lowerBound: string; maxLeverage: number }[];
}
export interface WireMeta {
  universe: WireUniverseCoin[];
  marginTables: [number, WireMarginTable][];
  collateralToken: number;
}
export interface WireAssetCtx {
  funding: string;
  openInterest: string;
  prevDayPx: string;
  dayNtlVlm: string;
  premium: string | null;
  oraclePx: string;
  markPx: string;
  midPx: string | null;
  impactPxs: [string, string] | null;
  dayBaseVlm: string;
}
export interface WirePerpDex {
  name: string;
  fullName: string;
  deployer: Address;
  oracleUpdater: Address | null;
  feeRecipient: Address | null;
  assetToStreamingOiCap: [string, string][];
  subDeployers: [string, Address[]][];
  deployerFeeScale: string;
  lastDeployerFeeScaleChangeTime: string;
  assetToFundingMultiplier: [string, string][];
  assetToFundingInterestRate: [string, string][];
}
interface WireSpotToken {
  name: string;
  szDecimals: number;
  weiDecimals: number;
  index: number;
  tokenId: string;
  isCanonical: boolean;
  evmContract: { address: Address; evm_extra_wei_decimals: number } | null;
  fullName: string | null;
  deployerTradingFeeShare: string;
}
export interface WireSpotMeta {
  universe: { tokens: [number, number]; name: string; index: number; isCanonical: boolean }[];
  tokens: WireSpotToken[];
}
export interface WireSpotCtx {
  prevDayPx: string;
  dayNtlVlm: string;
  markPx: string;
  midPx: string | null;
  circulatingSupply: string;
  coin: string;
  totalSupply: string;
  dayBaseVlm: string;
}

export interface WireLevel {
  px: string;
  sz: string;
  n: number;
}
export interface WireBook {
  coin: string;
  time: number;
  levels: [WireLevel[], WireLevel[]];
}
export interface WireBbo {
  coin: string;
  time: number;
  bbo: [WireLevel | null, WireLevel | null];
}
export interface WireCandle {
  t: number;
  T: number;
  s: string;
  i: string;
  o: string;
  c: string;
  h: string;
  l: string;
  v: string;
  n: number;
}

interface WireMarginSummary {
  accountValue: string;
  totalNtlPos: string;
  totalRawUsd: string;
  totalMarginUsed: string;
}
export interface WirePosition {
  coin: string;
  szi: string;
  leverage: { type: 'cross'; value: number } | { type: 'isolated'; value: number; rawUsd: string };
  entryPx: string;
  positionValue: string;
  unrealizedPnl: string;
  returnOnEquity: string;
  liquidationPx: string | null;
  marginUsed: string;
  maxLeverage: number;
  cumFunding: { allTime: string; sinceOpen: string; sinceChange: string };
}
export interface WireClearinghouseState {
  marginSummary: WireMarginSummary;
  crossMarginSummary: WireMarginSummary;
  crossMaintenanceMarginUsed: string;
  withdrawable: string;
  assetPositions: { type: 'oneWay'; position: WirePosition }[];
  time: number;
}
export interface WireSpotState {
  balances: { coin: string; token: number; total: string; hold: string; entryNtl: string }[];
}
export interface WireActiveAssetData {
  user: Address;
  coin: string;
  leverage: { type: 'cross'; value: number } | { type: 'isolated'; value: number; rawUsd: string };
  maxTradeSzs: [string, string];
  availableToTrade: [string, string];
  markPx: string;
}

export interface WirePortfolioWindow {
  accountValueHistory: [number, string][];
  pnlHistory: [number, string][];
  vlm: string;
}
export type WirePortfolio = [string, WirePortfolioWindow][];

export interface WireUserFunding {
  time: number;
  hash: string;
  delta: {
    type: 'funding';
    coin: string;
    usdc: string;
    szi: string;
    fundingRate: string;
    nSamples: number | null;
  };
}
export interface WireLedgerUpdate {
  time: number;
  hash: string;
  delta: LedgerDelta;
}
export interface WireFundingHistoryRow {
  coin: string;
  fundingRate: string;
  premium: string;
  time: number;
}

export type WireUserRole =
  | { role: 'missing' | 'user' | 'vault' }
  | { role: 'agent'; data: { user: Address } }
  | { role: 'subAccount'; data: { master: Address } };

export interface WireSubAccount {
  name: string;
  subAccountUser: Address;
  master: Address;
  clearinghouseState: WireClearinghouseState;
  spotState: WireSpotState;
}
export interface WireSubAccount2 {
  name: string;
  subAccountUser: Address;
  master: Address;
  dexToClearinghouseState: [string, WireClearinghouseState][];
  spotState: WireSpotState;
  abstraction: Abstraction;
}
export interface WireUserFees {
  dailyUserVlm: { date: string; userCross: string; userAdd: string; exchange: string }[];
  feeSchedule: {
    cross: string;
    add: string;
    spotCross: string;
    spotAdd: string;
    tiers: {
      vip: { ntlCutoff: string; cross: string; add: string; spotCross: string; spotAdd: string }[];
      mm: { makerFractionCutoff: string; add: string }[];
    };
    referralDiscount: string;
    stakingDiscountTiers: { bpsOfMaxSupply: string; discount: string }[];
  };
  userCrossRate: string;
  userAddRate: string;
  userSpotCrossRate: string;
  userSpotAddRate: string;
  activeReferralDiscount: string;
  trial: null;
  feeTrialEscrow: string;
  nextTrialAvailableTimestamp: null;
  stakingLink: null;
  activeStakingDiscount: { bpsOfMaxSupply: string; discount: string };
}
export interface WireRateLimit {
  cumVlm: string;
  nRequestsUsed: number;
  nRequestsCap: number;
  nRequestsSurplus: number;
}
export interface WireExtraAgent {
  name: string;
  address: Address;
  validUntil: number | null;
}
export interface WireVaultDetails {
  name: string;
  vaultAddress: Address;
  leader: Address;
  description: string;
  portfolio: WirePortfolio;
  apr: number;
  followerState: WireVaultFollower | null;
  leaderFraction: number;
  leaderCommission: number;
  followers: WireVaultFollower[];
  maxDistributable: number;
  maxWithdrawable: number;
  isClosed: boolean;
  relationship: { type: 'normal' };
  allowDeposits: boolean;
  alwaysCloseOnWithdraw: boolean;
}
export interface WireVaultFollower {
  user: Address | 'Leader';
  vaultEquity: string;
  pnl: string;
  allTimePnl: string;
  daysFollowing: number;
  vaultEntryTime: number;
  lockupUntil: number;
}
export interface WireVaultEquity {
  vaultAddress: Address;
  equity: string;
  lockedUntilTimestamp: number;
}
export interface WireTwapState {
  coin: string;
  user: Address;
  side: Side;
  sz: string;
  executedSz: string;
  executedNtl: string;
  minutes: number;
  reduceOnly: boolean;
  randomize: boolean;
  timestamp: number;
  stopPx: string | null;
  trigger: { p: string; a: boolean } | null;
}
export interface WireTwapHistoryRow {
  time: number;
  state: WireTwapState;
  status:
    | { status: 'activated' | 'finished' | 'terminated' | 'waitingForTrigger' | 'stopped' }
    | { status: 'error'; description: string };
  twapId: number;
}
export interface WireTwapSliceFill {
  fill: WireFill;
  twapId: number;
}
