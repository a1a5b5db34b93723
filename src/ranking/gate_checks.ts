/** Every gate of a trader with what was measured and the limit, passed or not. Pure. */
import type { Features } from './features.ts';
import { GATE_LIMITS, GATES, type Gate, gateNames, gatesOf } from './gates.ts';

export interface GateCheck {
  readonly code: Gate;
  readonly passed: boolean;
  /** Value and limit, in words; a value that is not known is written as "?". */
  readonly text: string;
}

const L = GATE_LIMITS;
const known = (x: number, write: (x: number) => string): string => (Number.isFinite(x) ? write(x) : '?');
const percent = (x: number): string => known(x, (v) => `${(100 * v).toFixed(Math.abs(v) < 0.1 ? 1 : 0)} %`);
const usd = (x: number): string =>
  known(x, (v) => `${Math.round(v) < 0 ? '-' : ''}$${Math.abs(Math.round(v)).toLocaleString('en-US')}`);
const figure = (x: number, digits = 1): string => known(x, (v) => v.toFixed(digits));
const time = (x: number): string =>
  known(x, (ms) => {
    if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
    if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
    return ms < 172_800_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / 86_400_000).toFixed(1)} days`;
  });
const yes = (x: number): string => (Number.isNaN(x) ? 'not known' : x === 1 ? 'yes' : 'no');

const MEASURES: { readonly [G in Gate]: (f: Features) => string } = {
  HISTORY: (f) =>
    `${figure(f.activeDays, 0)} active days (at least ${L.activeDays}), ${figure(f.episodes, 0)} closed positions ` +
    `(at least ${L.episodes}), last trade ${time(f.idleMs)} ago (at most ${time(L.idleMs)}), ` +
    `complete: ${yes(f.complete)}, account value explained: ${yes(f.reconciled)}`,
  CAPITAL: (f) =>
    `${usd(f.medianEquityUsd)} typically (at least ${usd(L.medianEquityUsd)}), ${usd(f.equityUsd)} now (at least ${usd(L.equityUsd)})`,
  FAST: (f) =>
    `holds for ${time(f.holdMs)} (at least ${time(L.holdMs)}), ${percent(f.fastWinShare)} of gains from positions ` +
    `too short to copy (at most ${percent(L.fastWinShare)})`,
  MAKER: (f) =>
    `${percent(f.makerRatio)} rests in the book (at most ${percent(L.makerRatio)}, unless held for ${time(L.makerHoldMs)})`,
  COSTDRAG: (f) =>
    `costs take ${figure(f.costDrag)} points of Sharpe ratio a year (at most ${L.costDrag}); with twice the costs ` +
    `the mean is ${figure(f.stressedT)} standard errors from zero (more than ${L.stressedT})`,
  MARTINGALE: (f) =>
    `wins ${percent(f.winRate)} at a payoff of ${figure(f.payoff, 2)}, ${percent(f.loserAddShare)} of adds to losers ` +
    `(at most ${percent(L.loserAddShare)} with ${L.loserAdds} adds), open loss ${percent(Math.max(0, f.openLoss))} ` +
    `(at most ${percent(L.openLoss)})`,
  LEVERAGE: (f) =>
    `${figure(f.leverageInMarket)}x in the market (at most ${L.leverage}x), ${figure(f.leverageHigh, 0)}x at its height ` +
    `(at most ${L.leverageHigh}x), ${figure(f.liquidationsEver, 0)} liquidations (fewer than ${L.liquidationsEver}, none in 90 days)`,
  DRAWDOWN: (f) => `${percent(f.drawdown90)} from the peak in 90 days (at most ${percent(L.drawdown)})`,
  WASH: (f) =>
    `${percent(f.washShare)} sold back at once (at most ${percent(L.washShare)}), in a ring with itself: ${yes(f.ring)}`,
  HEDGE: (f) => `another wallet holds the opposite: ${yes(f.hedged)}`,
  ONEHIT: (f) =>
    `the best day made ${percent(f.bestDayShare)} of the profit (at most ${percent(L.bestDayShare)}); without the two ` +
    `best days ${percent(f.withoutBestTwo)}`,
  BETA: (f) => `BTC and ETH explain ${percent(f.marketR2)} of it (at most ${percent(L.marketR2)})`,
  CAPACITY: (f) =>
    `${percent(f.capacityShare)} of its fills are too large to follow with $1,000 (less than ${percent(L.capacityShare)})`,
};

/** All thirteen, in the order of the gates. */
export function gateChecks(features: Features): GateCheck[] {
  const tripped = new Set(gateNames(gatesOf(features)));
  return GATES.map((code) => ({ code, passed: !tripped.has(code), text: MEASURES[code](features) }));
}
