/**
 * Eligibility for the copy board. A gate that trips takes a trader off the ranking and says why; thirteen of
 * them, one bit each, so that a million traders keep theirs in two bytes.
 *
 * Two rules look at results and are kept from judging noise, because a gate that drops whoever has not earned yet
 * hides two thirds of the truly good and leaves a sample that no prior can be fitted to (measured by the ranking
 * benchmark). ONEHIT asks of a profit whether one or two days made it, does not ask a loss, and trips only where the
 * best day is no ordinary one: of a small profit the best day is always a large part. The stress test of COSTDRAG
 * trips when twice the costs would have lost beyond doubt (99 %), not on a bad draw.
 */
import { DAY_MS } from '../domain/metrics/day.ts';
import type { Features } from './features.ts';

export const GATES = [
  'HISTORY',
  'CAPITAL',
  'FAST',
  'MAKER',
  'COSTDRAG',
  'MARTINGALE',
  'LEVERAGE',
  'DRAWDOWN',
  'WASH',
  'HEDGE',
  'ONEHIT',
  'BETA',
  'CAPACITY',
] as const;
export type Gate = (typeof GATES)[number];

/** Limits of the gates. USD, ms and fractions as named. */
export const GATE_LIMITS = {
  activeDays: 30,
  episodes: 20,
  idleMs: 7 * DAY_MS,
  medianEquityUsd: 1_000,
  equityUsd: 250,
  holdMs: 120_000,
  fastWinShare: 0.2,
  makerRatio: 0.85,
  makerHoldMs: 3_600_000,
  costDrag: 4,
  stressedT: -2.33,
  martingaleWinRate: 0.85,
  martingalePayoff: 0.8,
  loserAddShare: 0.6,
  loserAdds: 4,
  openLoss: 0.25,
  leverage: 10,
  leverageHigh: 20,
  liquidationMs: 90 * DAY_MS,
  liquidationsEver: 2,
  drawdown: 0.6,
  washShare: 0.2,
  washNetBp: 0.2,
  washHoldMs: 60_000,
  bestDayShare: 0.6,
  bestDayChance: 0.05,
  marketR2: 0.85,
  capacityShare: 0.3,
} as const;

const L = GATE_LIMITS;

/**
 * One rule per gate: true when the trader must be kept off the board. A comparison with an unknown value (NaN) is
 * false, so rules that need a value say so: what is unknown never passes for enough history or capital.
 */
const RULES: { readonly [G in Gate]: (f: Features) => boolean } = {
  HISTORY: (f) =>
    !(f.activeDays >= L.activeDays && f.episodes >= L.episodes && f.idleMs <= L.idleMs) ||
    f.reconciled !== 1 ||
    f.complete !== 1,
  CAPITAL: (f) => !(f.medianEquityUsd >= L.medianEquityUsd && f.equityUsd >= L.equityUsd),
  FAST: (f) => f.holdMs < L.holdMs || f.fastWinShare > L.fastWinShare,
  MAKER: (f) => f.makerRatio > L.makerRatio && f.holdMs < L.makerHoldMs,
  COSTDRAG: (f) => f.costDrag > L.costDrag || f.stressedT <= L.stressedT,
  MARTINGALE: (f) =>
    (f.winRate > L.martingaleWinRate && (f.payoff < L.martingalePayoff || f.losses === 0)) ||
    (f.loserAddShare > L.loserAddShare && f.maxLoserAdds >= L.loserAdds) ||
    f.openLoss > L.openLoss,
  LEVERAGE: (f) =>
    f.leverageInMarket > L.leverage ||
    f.leverageHigh > L.leverageHigh ||
    f.liquidationAgeMs <= L.liquidationMs ||
    f.liquidationsEver >= L.liquidationsEver,
  DRAWDOWN: (f) => f.drawdown90 > L.drawdown,
  WASH: (f) =>
    f.washShare > L.washShare ||
    (Math.abs(f.netBpOfVolume) < L.washNetBp && f.holdMs < L.washHoldMs) ||
    f.ring === 1,
  HEDGE: (f) => f.hedged === 1,
  ONEHIT: (f) =>
    (f.bestDayShare > L.bestDayShare || (f.bestDayShare > 0 && f.withoutBestTwo <= 0)) &&
    f.bestDayChance <= L.bestDayChance,
  BETA: (f) => f.marketR2 > L.marketR2,
  CAPACITY: (f) => f.capacityShare >= L.capacityShare,
};

const RULE_LIST = GATES.map((gate) => RULES[gate]);

/** Bit mask of the gates that trip; 0 is eligible. */
export function gatesOf(features: Features): number {
  let mask = 0;
  for (let i = 0; i < RULE_LIST.length; i++) if (RULE_LIST[i]?.(features)) mask |= 1 << i;
  return mask;
}

export const gateBit = (gate: Gate): number => 1 << GATES.indexOf(gate);
export const gateNames = (mask: number): Gate[] => GATES.filter((_, i) => (mask & (1 << i)) !== 0);
