/**
 * What happened in a block, as integers of the coin's own units. `views.ts` turns each record into its wire object;
 * a sink that does not need text never pays for it.
 */
import type { Address } from '../../domain/address.ts';
import type { Lots, MicroUsd, Ticks } from '../../domain/money.ts';
import type { Tif, Tpsl } from './actions.ts';

/** The wire's letter: B buys, A sells. */
export type Side = 'B' | 'A';

/** What a record needs to know of its coin to be formatted. */
export interface CoinRef {
  /** Dense index over all dexs, in order of listing; stable for the life of the world. */
  readonly index: number;
  /** The integer that orders carry (0.., 100000 + dex * 10000 + i). */
  readonly assetId: number;
  /** "BTC" or "dex:COIN". */
  readonly symbol: string;
  /** '' for the first dex. */
  readonly dex: string;
  readonly szDecimals: number;
}

export interface TradeRecord {
  readonly coin: CoinRef;
  /** The aggressor's side. */
  readonly side: Side;
  readonly px: Ticks;
  readonly sz: Lots;
  readonly time: number;
  readonly hash: string;
  readonly tid: number;
  readonly buyer: Address;
  readonly seller: Address;
}

export interface FillLiquidation {
  readonly liquidatedUser: Address;
  readonly markPx: Ticks;
  readonly method: 'market' | 'backstop';
}

export interface FillRecord {
  readonly user: Address;
  readonly coin: CoinRef;
  readonly px: Ticks;
  readonly sz: Lots;
  readonly side: Side;
  readonly time: number;
  /** Signed, before the fill. */
  readonly startPosition: Lots;
  /** Display text of the venue ("Open Long", "Long > Short", "Liquidated Cross Long", …). */
  readonly dir: string;
  /** Gross of fees. */
  readonly closedPnl: MicroUsd;
  readonly hash: string;
  readonly oid: number;
  /** True for the taker. */
  readonly crossed: boolean;
  /** Includes builderFee; negative is a rebate. */
  readonly fee: MicroUsd;
  readonly builderFee: MicroUsd | null;
  readonly tid: number;
  readonly twapId: number | null;
  readonly cloid: string | null;
  readonly liquidation: FillLiquidation | null;
}

export type OrderStatus =
  | 'open'
  | 'filled'
  | 'canceled'
  | 'triggered'
  | 'rejected'
  | 'marginCanceled'
  | 'vaultWithdrawalCanceled'
  | 'openInterestCapCanceled'
  | 'selfTradeCanceled'
  | 'reduceOnlyCanceled'
  | 'siblingFilledCanceled'
  | 'delistedCanceled'
  | 'liquidatedCanceled'
  | 'scheduledCancel'
  | 'internalCancel'
  | 'tickRejected'
  | 'minTradeNtlRejected'
  | 'perpMarginRejected'
  | 'reduceOnlyRejected'
  | 'badAloPxRejected'
  | 'iocCancelRejected'
  | 'badTriggerPxRejected'
  | 'marketOrderNoLiquidityRejected'
  | 'positionIncreaseAtOpenInterestCapRejected'
  | 'positionFlipAtOpenInterestCapRejected'
  | 'tooAggressiveAtOpenInterestCapRejected'
  | 'openInterestIncreaseRejected'
  | 'insufficientSpotBalanceRejected'
  | 'oracleRejected'
  | 'perpMaxPositionRejected'
  | 'tooManyOpenOrdersRejected';

/** An order as it stood at one moment. */
export interface OrderRecord {
  readonly user: Address;
  readonly coin: CoinRef;
  readonly oid: number;
  readonly cloid: string | null;
  readonly side: Side;
  readonly limitPx: Ticks;
  /** What is left. */
  readonly sz: Lots;
  readonly origSz: Lots;
  /** ms when the order was placed. */
  readonly timestamp: number;
  readonly reduceOnly: boolean;
  readonly tif: Tif | null;
  readonly trigger: { readonly px: Ticks; readonly isMarket: boolean; readonly tpsl: Tpsl } | null;
  readonly isPositionTpsl: boolean;
  /** TP/SL orders that wait for this order to fill. */
  readonly children: readonly OrderRecord[];
}

export interface OrderUpdateRecord {
  readonly order: OrderRecord;
  readonly status: OrderStatus;
  readonly statusTimestamp: number;
}

export interface FundingRecord {
  readonly user: Address;
  readonly coin: CoinRef;
  readonly time: number;
  /** Negative = paid. */
  readonly usdc: MicroUsd;
  readonly szi: Lots;
  /** Hourly rate in 1e-10. */
  readonly rateE10: number;
}

/** The delta of a non-funding ledger row, in its wire shape (amounts are strings). */
export type LedgerDelta =
  | { readonly type: 'deposit'; readonly usdc: string }
  | { readonly type: 'withdraw'; readonly usdc: string; readonly nonce: number; readonly fee: string }
  | {
      readonly type: 'internalTransfer';
      readonly usdc: string;
      readonly user: Address;
      readonly destination: Address;
      readonly fee: string;
    }
  | {
      readonly type: 'subAccountTransfer';
      readonly usdc: string;
      readonly user: Address;
      readonly destination: Address;
    }
  | { readonly type: 'accountClassTransfer'; readonly usdc: string; readonly toPerp: boolean }
  | {
      readonly type: 'spotTransfer';
      readonly token: string;
      readonly amount: string;
      readonly usdcValue: string;
      readonly user: Address;
      readonly destination: Address;
      readonly fee: string;
      readonly nativeTokenFee: string;
      readonly nonce: number | null;
      readonly feeToken: string;
    }
  | {
      readonly type: 'send';
      readonly user: Address;
      readonly destination: Address;
      readonly sourceDex: string;
      readonly destinationDex: string;
      readonly token: string;
      readonly amount: string;
      readonly usdcValue: string;
      readonly fee: string;
      readonly nativeTokenFee: string;
      readonly nonce: number;
      readonly feeToken: string;
    }
  | {
      readonly type: 'liquidation';
      readonly liquidatedNtlPos: string;
      readonly accountValue: string;
      readonly leverageType: 'Cross' | 'Isolated';
      readonly liquidatedPositions: readonly { readonly coin: string; readonly szi: string }[];
    }
  | { readonly type: 'vaultCreate'; readonly vault: Address; readonly usdc: string; readonly fee: string }
  | { readonly type: 'vaultDeposit'; readonly vault: Address; readonly usdc: string }
  | { readonly type: 'vaultDistribution'; readonly vault: Address; readonly usdc: string }
  | {
      readonly type: 'vaultWithdraw';
      readonly vault: Address;
      readonly user: Address;
      readonly requestedUsd: string;
      readonly commission: string;
      readonly closingCost: string;
      readonly basis: string;
      readonly netWithdrawnUsd: string;
    }
  | { readonly type: 'vaultLeaderCommission'; readonly user: Address; readonly usdc: string };

export interface LedgerRecord {
  readonly user: Address;
  readonly time: number;
  readonly hash: string;
  readonly delta: LedgerDelta;
}

/** The `liquidation` user event (protocol: userEvents). */
export interface LiquidationRecord {
  readonly lid: number;
  readonly liquidator: Address;
  readonly liquidatedUser: Address;
  readonly liquidatedNtlPos: MicroUsd;
  readonly accountValue: MicroUsd;
}

export interface TwapState {
  readonly twapId: number;
  readonly user: Address;
  readonly coin: CoinRef;
  readonly side: Side;
  readonly sz: Lots;
  readonly executedSz: Lots;
  readonly executedNtl: MicroUsd;
  readonly minutes: number;
  readonly reduceOnly: boolean;
  readonly randomize: boolean;
  /** ms when it started. */
  readonly timestamp: number;
  /** Ends it when the mark gets there; absent for none. */
  readonly stopPx?: Ticks | null;
  /** What it waits for before its first slice; absent for nothing. */
  readonly trigger?: TwapTrigger | null;
}

/** The mark at or above `px`, or at or below it. */
export interface TwapTrigger {
  readonly px: Ticks;
  readonly above: boolean;
}

export interface TwapRecord {
  readonly state: TwapState;
  /** `error` carries its description. */
  readonly status: 'activated' | 'finished' | 'terminated' | 'waitingForTrigger' | 'stopped' | 'error';
  readonly description: string | null;
  readonly time: number;
}

/** Everything one block changed, handed over once, after commit. Absent things are empty, never undefined. */
export interface BlockEvents {
  readonly height: number;
  readonly time: number;
  /** Per coin, in execution order: exactly one WebSocket frame each. */
  readonly trades: ReadonlyMap<CoinRef, readonly TradeRecord[]>;
  /** In execution order over all users. */
  readonly fills: readonly FillRecord[];
  readonly orders: readonly OrderUpdateRecord[];
  readonly funding: readonly FundingRecord[];
  readonly ledger: readonly LedgerRecord[];
  readonly liquidations: readonly LiquidationRecord[];
  /** Orders that the chain cancelled, not their owner. */
  readonly nonUserCancels: readonly {
    readonly user: Address;
    readonly coin: CoinRef;
    readonly oid: number;
  }[];
  readonly twaps: readonly TwapRecord[];
  /** Any level of the book changed. */
  readonly books: ReadonlySet<CoinRef>;
  /** Best bid or ask (price or size) differs from the previous block's end. */
  readonly bbos: ReadonlySet<CoinRef>;
  /** Oracle and mark prices moved in this block (about every 3 s). */
  readonly marksMoved: boolean;
  /** Coins listed, delisted or halted, or tiers changed, in this block. */
  readonly metaChanged: boolean;
  /** Accounts whose balances, positions or leverage changed. */
  readonly touched: ReadonlySet<Address>;
}

export type BlockSink = (events: BlockEvents) => void;
