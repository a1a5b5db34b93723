/**
 * The venue's rules as settings. Each default is the figure that the protocol reference names; where its sources
 * conflict, the comment says which reading is the default.
 */
import type { Ticks } from '../../domain/money.ts';

const USD = 1_000_000;
const DAY_MS = 86_400_000;

export interface FeeTier {
  /** 14-day volume in micro-USD above which the tier holds. */
  readonly volume: number;
  /** Taker and maker rates, integers of 1e-9. */
  readonly takerE9: number;
  readonly makerE9: number;
}

export interface VenueRules {
  /** Smallest order value, micro-USD. */
  readonly minOrderUsd: number;
  /** Who may go below it: a reduce-only order that closes all (default; mainnet run), or any closing order (testnet probe). */
  readonly minOrderExemption: 'fullReduceOnlyClose' | 'anyClose';
  /** Farthest limit price from the oracle, in percent: first dex, builder dexs. */
  readonly priceBandPct: { readonly first: number; readonly builder: number };
  /** Slippage of a triggered market order and of a TWAP slice, in 1e-3. */
  readonly triggerSlippageE3: number;
  readonly twapSlippageE3: number;
  /** Leverage of an account and coin that were never set (observed: 1). */
  readonly defaultLeverage: number;
  /** [max leverage from, largest market order in USD]; a limit order may be ten times that. */
  readonly maxMarketOrderUsd: readonly (readonly [number, number])[];
  readonly openOrders: { readonly base: number; readonly perUsd: number; readonly max: number };
  readonly maxBatch: number;
  readonly fees: {
    readonly tiers: readonly FeeTier[];
    /** [maker share of the exchange's 14-day volume in 1e-4, maker rate in 1e-9] */
    readonly rebates: readonly (readonly [number, number])[];
    readonly referralDiscountE2: number;
    readonly referralVolume: number;
  };
  readonly liquidation: {
    /** Above this position value only a fifth is sold first. */
    readonly partialAboveUsd: number;
    readonly partialShareE2: number;
    readonly cooldownMs: number;
    /** What is sold while the cooldown lasts: nothing, and all after it (default); or all, and a fifth after it. */
    readonly duringCooldown: 'nothing' | 'everything';
    /** Backstop below backstopNumerator / backstopDenominator of maintenance. */
    readonly backstopNumerator: number;
    readonly backstopDenominator: number;
  };
  readonly funding: {
    readonly sampleMs: number;
    readonly periodMs: number;
    /** All in 1e-10. */
    readonly interestE10: number;
    readonly clampE10: number;
    readonly capE10: number;
    readonly impactUsd: number;
    readonly impactUsdMajor: number;
  };
  readonly markEmaMs: number;
  readonly budget: {
    readonly initial: number;
    readonly exhaustedIntervalMs: number;
    readonly cancelExtra: number;
    readonly staleMultiplier: number;
    /** Micro-USD for one reserved request. */
    readonly reservePrice: number;
  };
  readonly nonces: { readonly kept: number; readonly pastMs: number; readonly futureMs: number };
  readonly agents: {
    readonly named: number;
    readonly perSubAccount: number;
    readonly validMs: number;
    readonly maxValidMs: number;
    readonly pruneMs: number;
  };
  readonly subAccounts: {
    readonly volumeUsd: number;
    readonly base: number;
    readonly perUsd: number;
    readonly max: number;
  };
  readonly scheduleCancel: {
    readonly volumeUsd: number;
    readonly minAheadMs: number;
    readonly perDay: number;
  };
  readonly twap: {
    readonly minUsd: number;
    readonly minMinutes: number;
    readonly maxMinutes: number;
    readonly sliceMs: number;
    readonly catchUp: number;
  };
  readonly withdrawFee: number;
  readonly vault: {
    readonly createFee: number;
    readonly minInitial: number;
    readonly lockupMs: number;
    readonly commissionE2: number;
  };
  readonly builder: {
    readonly maxTenthsBp: number;
    readonly maxApprovals: number;
    readonly minEquity: number;
  };
  /** A probe found TWAP slices missing from userFillsByTime. */
  readonly twapFillsInUserFills: boolean;
  /** Newest fills served per account (documented 10,000; a floor in probes). */
  readonly fillsKept: number;
  readonly ordersKept: number;
}

export const DEFAULT_RULES: VenueRules = {
  minOrderUsd: 10 * USD,
  minOrderExemption: 'fullReduceOnlyClose',
  priceBandPct: { first: 80, builder: 95 },
  triggerSlippageE3: 100,
  twapSlippageE3: 30,
  defaultLeverage: 1,
  maxMarketOrderUsd: [
    [25, 30_000_000],
    [20, 5_000_000],
    [10, 2_000_000],
    [1, 500_000],
  ],
  openOrders: { base: 1000, perUsd: 5_000_000, max: 5000 },
  maxBatch: 200,
  fees: {
    tiers: [
      { volume: 0, takerE9: 450_000, makerE9: 150_000 },
      { volume: 5_000_000 * USD, takerE9: 400_000, makerE9: 120_000 },
      { volume: 25_000_000 * USD, takerE9: 350_000, makerE9: 80_000 },
      { volume: 100_000_000 * USD, takerE9: 300_000, makerE9: 40_000 },
      { volume: 500_000_000 * USD, takerE9: 280_000, makerE9: 0 },
      { volume: 2_000_000_000 * USD, takerE9: 260_000, makerE9: 0 },
      { volume: 7_000_000_000 * USD, takerE9: 240_000, makerE9: 0 },
    ],
    rebates: [
      [50, -10_000],
      [150, -20_000],
      [300, -30_000],
    ],
    referralDiscountE2: 4,
    referralVolume: 25_000_000 * USD,
  },
  liquidation: {
    partialAboveUsd: 100_000 * USD,
    partialShareE2: 20,
    cooldownMs: 30_000,
    duringCooldown: 'nothing',
    backstopNumerator: 2,
    backstopDenominator: 3,
  },
  funding: {
    sampleMs: 5_000,
    periodMs: 3_600_000,
    interestE10: 1_000_000,
    clampE10: 5_000_000,
    capE10: 400_000_000,
    impactUsd: 6_000 * USD,
    impactUsdMajor: 20_000 * USD,
  },
  markEmaMs: 150_000,
  budget: {
    initial: 10_000,
    exhaustedIntervalMs: 10_000,
    cancelExtra: 100_000,
    staleMultiplier: 5,
    reservePrice: 500,
  },
  nonces: { kept: 100, pastMs: 2 * DAY_MS, futureMs: DAY_MS },
  agents: {
    named: 3,
    perSubAccount: 2,
    validMs: 90 * DAY_MS,
    maxValidMs: 180 * DAY_MS,
    pruneMs: 15 * 60_000,
  },
  subAccounts: { volumeUsd: 100_000, base: 10, perUsd: 100_000_000, max: 50 },
  scheduleCancel: { volumeUsd: 1_000_000, minAheadMs: 5_000, perDay: 10 },
  twap: { minUsd: 100 * USD, minMinutes: 5, maxMinutes: 7 * 1440, sliceMs: 30_000, catchUp: 3 },
  withdrawFee: USD,
  vault: { createFee: 100 * USD, minInitial: 100 * USD, lockupMs: DAY_MS, commissionE2: 10 },
  builder: { maxTenthsBp: 100, maxApprovals: 10, minEquity: 100 * USD },
  twapFillsInUserFills: false,
  fillsKept: 10_000,
  ordersKept: 2_000,
};

/** Coins whose impact price uses the larger notional. */
export const isMajor = (symbol: string): boolean => symbol === 'BTC' || symbol === 'ETH';

/** Rule of 4.6: at most five significant figures, whole dollars always allowed. */
export function isTickValid(px: Ticks, priceDecimals: number): boolean {
  if (px % 10 ** priceDecimals === 0) return true;
  let digits = px as number;
  while (digits % 10 === 0) digits /= 10;
  return digits < 100_000;
}
