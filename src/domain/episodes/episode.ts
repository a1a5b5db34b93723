import type { Lots, MicroUsd } from '../money.ts';

/**
 * Why an episode is left out of the statistics: its beginning is before our history ('carried'), the chain of
 * positions broke inside it ('gap'), or the venue's PnL disagrees with ours ('mismatch').
 */
export type EpisodeFault = 'carried' | 'gap' | 'mismatch';

/**
 * One life of a position, flat to flat; a flip ends one and begins the next. Gross, fees and funding are exact
 * micro-USD. Notional sums are exact to 2^53 micro-USD (nine billion dollars in one episode) and statistics beyond.
 */
export interface Episode {
  readonly coin: number;
  readonly direction: 1 | -1;
  /** ms UTC; for a carried episode the first time it was seen. */
  readonly openTime: number;
  /** ms UTC; null while open. */
  closeTime: number | null;
  fault: EpisodeFault | null;
  fills: number;
  /** Distinct order ids among consecutive fills. */
  orders: number;
  /** Orders that grew the position after its first one. */
  adds: number;
  partialCloses: number;
  maxSize: Lots;
  /** Price times size, micro-USD. */
  entryNotional: number;
  exitNotional: number;
  makerEntryNotional: number;
  makerExitNotional: number;
  twapNotional: number;
  addNotional: number;
  /** Adds made while the position was under water: the fingerprint of a martingale. */
  loserAdds: number;
  loserAddNotional: number;
  gross: MicroUsd;
  fees: MicroUsd;
  /** Received positive, paid negative. */
  funding: MicroUsd;
  /** Integral of cost basis over time, micro-USD x ms; divided by entry notional it is the weighted hold. */
  costTime: number;
  /** Worst and best unrealised PnL seen at a mark or fill, micro-USD; at most 0 and at least 0. */
  worst: number;
  best: number;
  liquidated: boolean;
  adl: boolean;
  settled: boolean;
}

export const episodeNet = (episode: Episode): number => episode.gross - episode.fees + episode.funding;

/** Notional-weighted holding time, ms; null when nothing was entered (a carried position that only closed). */
export const episodeHold = (episode: Episode): number | null =>
  episode.entryNotional > 0 ? episode.costTime / episode.entryNotional : null;

export function newEpisode(
  coin: number,
  direction: 1 | -1,
  openTime: number,
  fault: EpisodeFault | null,
): Episode {
  return {
    coin,
    direction,
    openTime,
    closeTime: null,
    fault,
    fills: 0,
    orders: 0,
    adds: 0,
    partialCloses: 0,
    maxSize: 0 as Lots,
    entryNotional: 0,
    exitNotional: 0,
    makerEntryNotional: 0,
    makerExitNotional: 0,
    twapNotional: 0,
    addNotional: 0,
    loserAdds: 0,
    loserAddNotional: 0,
    gross: 0 as MicroUsd,
    fees: 0 as MicroUsd,
    funding: 0 as MicroUsd,
    costTime: 0,
    worst: 0,
    best: 0,
    liquidated: false,
    adl: false,
    settled: false,
  };
}
