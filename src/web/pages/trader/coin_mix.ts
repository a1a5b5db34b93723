/** How open positions spread over coins. Statistics: float64. */
import type { Position } from '../../../contract/positions.ts';

export interface CoinShare {
  readonly coin: string;
  readonly long: boolean;
  /** Size times average entry price, USD. */
  readonly notionalUsd: number;
  /** Of all positions whose entry price is known, 0 to 1. */
  readonly share: number;
}

export interface CoinMix {
  /** Largest first. */
  readonly shares: readonly CoinShare[];
  /** Positions left out because their entry price is unknown. */
  readonly unknown: number;
}

export function coinMix(positions: readonly Position[]): CoinMix {
  const priced = positions.filter((position) => position.entryPrice.v !== null);
  const notionals = priced.map((position) => ({
    coin: position.coin,
    long: !position.size.startsWith('-'),
    notionalUsd: Math.abs(Number(position.size) * Number(position.entryPrice.v)),
  }));
  const total = notionals.reduce((sum, one) => sum + one.notionalUsd, 0);
  const shares = notionals
    .map((one) => ({ ...one, share: total === 0 ? 0 : one.notionalUsd / total }))
    .sort((a, b) => b.notionalUsd - a.notionalUsd);
  return { shares, unknown: positions.length - priced.length };
}
