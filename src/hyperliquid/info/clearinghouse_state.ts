import type { Address } from '../../domain/address.ts';
import { clearinghouseStateSchema, type WireClearinghouseState } from '../wire/account.ts';
import { dexField, type InfoRequest } from './request.ts';

/** Positions and margin of one account on one dex. An agent wallet's address answers as an empty account. */
export const clearinghouseState = (user: Address, dex = ''): InfoRequest<WireClearinghouseState> => ({
  body: { type: 'clearinghouseState', user, ...dexField(dex) },
  schema: clearinghouseStateSchema,
  weight: 2,
});

/** An open position in our words; decimals as the venue wrote them. */
export interface VenuePosition {
  /** "BTC" or "xyz:CL" */
  readonly symbol: string;
  /** Signed, coin units. */
  readonly size: string;
  readonly entryPrice: string | null;
  /** |size| at the mark. */
  readonly valueUsd: string;
  readonly unrealisedUsd: string;
  readonly liquidationPrice: string | null;
  readonly leverage: number;
  readonly isolated: boolean;
}

/** `clearinghouseState` in our words. Decimal USD texts. */
export interface VenueAccountState {
  /** ms, the venue's. */
  readonly time: number;
  readonly accountValueUsd: string;
  readonly notionalUsd: string;
  readonly marginUsedUsd: string;
  /** Collateral without unrealised PnL. */
  readonly rawUsd: string;
  readonly withdrawableUsd: string;
  readonly positions: readonly VenuePosition[];
}

export function accountStateOf(state: WireClearinghouseState): VenueAccountState {
  const { accountValue, totalNtlPos, totalMarginUsed, totalRawUsd } = state.marginSummary;
  return {
    time: state.time,
    accountValueUsd: accountValue,
    notionalUsd: totalNtlPos,
    marginUsedUsd: totalMarginUsed,
    rawUsd: totalRawUsd,
    withdrawableUsd: state.withdrawable,
    positions: state.assetPositions.map(({ position }) => ({
      symbol: position.coin,
      size: position.szi,
      entryPrice: position.entryPx ?? null,
      valueUsd: position.positionValue,
      unrealisedUsd: position.unrealizedPnl,
      liquidationPrice: position.liquidationPx ?? null,
      leverage: position.leverage.value,
      isolated: position.leverage.type === 'isolated',
    })),
  };
}
