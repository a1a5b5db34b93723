/**
 * What an account may ask of the venue, as the wire carries it after signature recovery: canonical field names,
 * decimals still strings (only the coin's own decimals can turn them into integers). Protocol reference 4.2, 4.3.
 */
import type { Address } from '../../domain/address.ts';

export type Tif = 'Gtc' | 'Ioc' | 'Alo' | 'FrontendMarket' | 'LiquidationMarket';
export type Tpsl = 'tp' | 'sl';
/** `{p}` is the priority-fee grouping; accepted and charged nothing. */
export type Grouping = 'na' | 'normalTpsl' | 'positionTpsl' | { readonly p: number };

export interface OrderWire {
  readonly a: number;
  readonly b: boolean;
  readonly p: string;
  readonly s: string;
  readonly r: boolean;
  readonly t:
    | { readonly limit: { readonly tif: Tif } }
    | { readonly trigger: { readonly isMarket: boolean; readonly triggerPx: string; readonly tpsl: Tpsl } };
  /** cloid: 0x and 32 lower-case hex digits. */
  readonly c?: string;
}

export interface BuilderWire {
  readonly b: Address;
  /** Tenths of a basis point. */
  readonly f: number;
}

/** oid or cloid. */
export type OrderRef = number | string;

/** L1 actions: the account or one of its agents may sign; `vaultAddress` selects a sub-account or vault. */
export type L1Action =
  | {
      readonly type: 'order';
      readonly orders: readonly OrderWire[];
      readonly grouping: Grouping;
      readonly builder?: BuilderWire;
    }
  | { readonly type: 'cancel'; readonly cancels: readonly { readonly a: number; readonly o: number }[] }
  | {
      readonly type: 'cancelByCloid';
      readonly cancels: readonly { readonly asset: number; readonly cloid: string }[];
    }
  | { readonly type: 'modify'; readonly oid: OrderRef; readonly order: OrderWire }
  | {
      readonly type: 'batchModify';
      readonly modifies: readonly { readonly oid: OrderRef; readonly order: OrderWire }[];
    }
  | { readonly type: 'scheduleCancel'; readonly time?: number }
  | {
      readonly type: 'updateLeverage';
      readonly asset: number;
      readonly isCross: boolean;
      readonly leverage: number;
    }
  | {
      readonly type: 'updateIsolatedMargin';
      readonly asset: number;
      readonly isBuy: boolean;
      readonly ntli: number;
    }
  | { readonly type: 'topUpIsolatedOnlyMargin'; readonly asset: number; readonly leverage: string }
  | { readonly type: 'twapOrder'; readonly twap: TwapWire; readonly details?: TwapDetailsWire }
  | { readonly type: 'twapCancel'; readonly a: number; readonly t: number }
  | {
      readonly type: 'createVault';
      readonly name: string;
      readonly description: string;
      readonly initialUsd: number;
      readonly nonce: number;
    }
  | {
      readonly type: 'vaultTransfer';
      readonly vaultAddress: Address;
      readonly isDeposit: boolean;
      readonly usd: number;
    }
  | {
      readonly type: 'vaultModify';
      readonly vaultAddress: Address;
      readonly allowDeposits: boolean | null;
      readonly alwaysCloseOnWithdraw: boolean | null;
    }
  | { readonly type: 'vaultDistribute'; readonly vaultAddress: Address; readonly usd: number }
  | { readonly type: 'createSubAccount'; readonly name: string }
  | { readonly type: 'subAccountModify'; readonly subAccountUser: Address; readonly name: string }
  | {
      readonly type: 'subAccountTransfer';
      readonly subAccountUser: Address;
      readonly isDeposit: boolean;
      readonly usd: number;
    }
  | {
      readonly type: 'subAccountSpotTransfer';
      readonly subAccountUser: Address;
      readonly isDeposit: boolean;
      readonly token: string;
      readonly amount: string;
    }
  | { readonly type: 'setReferrer'; readonly code: string }
  | { readonly type: 'registerReferrer'; readonly code: string }
  | { readonly type: 'setDisplayName'; readonly displayName: string }
  | { readonly type: 'reserveRequestWeight'; readonly weight: number; readonly destination?: Address }
  | { readonly type: 'agentSetAbstraction'; readonly abstraction: 'i' | 'u' | 'p' }
  | { readonly type: 'agentEnableDexAbstraction' }
  | {
      readonly type: 'agentSendAsset';
      readonly destination: Address;
      readonly sourceDex: string;
      readonly destinationDex: string;
      readonly token: string;
      readonly amount: string;
      readonly fromSubAccount: string;
    }
  | { readonly type: 'noop' }
  | { readonly type: 'claimRewards' }
  | { readonly type: 'evmUserModify'; readonly usingBigBlocks: boolean }
  | { readonly type: 'spotUser'; readonly toggleSpotDusting: { readonly optOut: boolean } };

interface TwapWire {
  readonly a: number;
  readonly b: boolean;
  readonly s: string;
  readonly r: boolean;
  /** Minutes. */
  readonly m: number;
  /** Randomise slice sizes. */
  readonly t: boolean;
}

/** Trigger (price; true: at or above it) and stop price of a TWAP. */
interface TwapDetailsWire {
  readonly t: { readonly p: string; readonly a: boolean } | null;
  readonly s: string | null;
}

/** User-signed actions: only the account's own key; amounts are decimal strings in USD or token units. */
export type UserAction =
  | { readonly type: 'approveAgent'; readonly agentAddress: Address; readonly agentName: string | null }
  | { readonly type: 'approveBuilderFee'; readonly maxFeeRate: string; readonly builder: Address }
  | { readonly type: 'usdSend'; readonly destination: Address; readonly amount: string }
  | { readonly type: 'withdraw3'; readonly destination: Address; readonly amount: string }
  | {
      readonly type: 'spotSend';
      readonly destination: Address;
      readonly token: string;
      readonly amount: string;
    }
  /** amount may carry " subaccount:0x…". */
  | { readonly type: 'usdClassTransfer'; readonly amount: string; readonly toPerp: boolean }
  | {
      readonly type: 'sendAsset';
      readonly destination: Address;
      readonly sourceDex: string;
      readonly destinationDex: string;
      readonly token: string;
      readonly amount: string;
      readonly fromSubAccount: string;
    }
  | { readonly type: 'userSetAbstraction'; readonly user: Address; readonly abstraction: Abstraction }
  | { readonly type: 'userDexAbstraction'; readonly user: Address; readonly enabled: boolean }
  | { readonly type: 'userPortfolioMargin'; readonly user: Address; readonly enabled: boolean };

export type Abstraction = 'unifiedAccount' | 'portfolioMargin' | 'disabled' | 'default' | 'dexAbstraction';
export type Action = L1Action | UserAction;

/** One request whose signature has been recovered; the venue resolves agents, nonces, budgets and rights itself. */
export interface SignedRequest {
  /** Recovered address: the account's own or an agent's. */
  readonly signer: Address;
  readonly action: Action;
  /** Outer nonce (`action.nonce` or `action.time` for user-signed actions), ms. */
  readonly nonce: number;
  readonly vaultAddress: Address | null;
  /** ms; the action is refused in a block later than this. */
  readonly expiresAfter: number | null;
}

export type OrderStatusAnswer =
  | { readonly resting: { readonly oid: number; readonly cloid?: string } }
  | {
      readonly filled: {
        readonly totalSz: string;
        readonly avgPx: string;
        readonly oid: number;
        readonly cloid?: string;
      };
    }
  | { readonly error: string }
  | 'waitingForFill'
  | 'waitingForTrigger';

/** The exact JSON body of an /exchange answer (HTTP 200 in both cases). */
export type ActionAnswer =
  | { readonly status: 'ok'; readonly response: { readonly type: string; readonly data?: unknown } }
  | { readonly status: 'err'; readonly response: string };
