/** What a follower keeps by the delay, modelled and measured, as the page draws it. Pure. */
import type { LeaderboardExplanation } from '../../../contract/leaderboard.ts';

type Explained = Pick<LeaderboardExplanation, 'decay' | 'measuredDecay'>;

/** Fewer changes than this say little. */
const FEW = 30;

/** A measured delay. */
export interface MeasuredDelay {
  readonly delayMs: number;
  /** Basis points of each unit traded that a follower keeps if the price runs as it did. */
  readonly value: number;
  /** By which the price ran, basis points of a round trip. */
  readonly driftBp: number;
  readonly n: number;
  readonly few: boolean;
}

/**
 * The drift is that of a round trip, which trades two units: half of it is missed of each. It is taken off what the model
 * keeps at its shortest delay.
 */
export function measuredDelays({ decay, measuredDecay }: Explained): MeasuredDelay[] {
  const atOnce = decay[0]?.netBp;
  if (atOnce === undefined) return [];
  return measuredDecay.flatMap(({ offsetMs, driftBp, n }) =>
    driftBp === null ? [] : [{ delayMs: offsetMs, value: atOnce - driftBp / 2, driftBp, n, few: n < FEW }],
  );
}

/** Delays of both, ascending, with what each says. */
export function delayRows(explained: Explained) {
  const measured = new Map(measuredDelays(explained).map((one) => [one.delayMs, one]));
  const modelled = new Map(explained.decay.map((one) => [one.delayMs, one.netBp]));
  return [...new Set([...modelled.keys(), ...measured.keys()])]
    .sort((a, b) => a - b)
    .map((delayMs) => ({
      delayMs,
      modelledBp: modelled.get(delayMs) ?? null,
      measured: measured.get(delayMs) ?? null,
    }));
}
