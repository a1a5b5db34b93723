/** Why a trader stands where he stands, in plain words: reasons for, against, and every gate that tripped. */
import { LEAST_RANKED_DAYS } from '../domain/boards.ts';
import type { Features } from './features.ts';
import { GATE_LIMITS, type Gate, gateNames, gatesOf } from './gates.ts';

export interface Reason {
  /** Stable code: a gate, or the name of the quantity. */
  readonly code: string;
  readonly text: string;
}

export interface Explanation {
  /** Gates that keep the trader off the copy board; empty when eligible. */
  readonly gates: readonly Reason[];
  readonly reasonsFor: readonly Reason[];
  readonly against: readonly Reason[];
}

const percent = (x: number): string => `${(100 * x).toFixed(Math.abs(x) < 0.1 ? 1 : 0)} %`;
const hours = (ms: number): string =>
  ms < 120_000
    ? `${Math.round(ms / 1000)} s`
    : ms < 7_200_000
      ? `${Math.round(ms / 60_000)} min`
      : ms < 172_800_000
        ? `${(ms / 3_600_000).toFixed(1)} h`
        : `${(ms / 86_400_000).toFixed(1)} days`;
const usd = (x: number): string =>
  `${Math.round(x) < 0 ? '-' : ''}$${Math.abs(Math.round(x)).toLocaleString('en-US')}`;

function historyText(f: Features): string {
  const L = GATE_LIMITS;
  const parts: string[] = [];
  if (!(f.activeDays >= L.activeDays)) parts.push(`${f.activeDays} active days of ${L.activeDays} needed`);
  if (!(f.episodes >= L.episodes)) parts.push(`${f.episodes} closed positions of ${L.episodes} needed`);
  if (!(f.idleMs <= L.idleMs))
    parts.push(Number.isNaN(f.idleMs) ? 'no trade seen' : `last trade ${hours(f.idleMs)} ago`);
  if (f.complete !== 1) parts.push('older trades are out of reach, so the record is incomplete');
  if (Number.isNaN(f.reconciled)) parts.push('account value could not be checked against the trades');
  else if (f.reconciled === 0) parts.push('account value and trades do not agree');
  return `Not enough evidence: ${parts.join('; ')}`;
}

function capitalText(f: Features): string {
  if (Number.isNaN(f.equityUsd)) return 'The size of the account is not known';
  const typically = Number.isNaN(f.medianEquityUsd) ? '' : `, ${usd(f.medianEquityUsd)} typically`;
  return `Account too small to mean anything: ${usd(f.equityUsd)} now${typically}`;
}

function martingaleText(f: Features): string {
  if (f.openLoss > GATE_LIMITS.openLoss)
    return `Sits on an open loss of ${percent(f.openLoss)} of the account`;
  if (f.loserAddShare > GATE_LIMITS.loserAddShare && f.maxLoserAdds >= GATE_LIMITS.loserAdds)
    return `Adds to losing positions: ${percent(f.loserAddShare)} of what was added, up to ${f.maxLoserAdds} times in one position`;
  return `Wins ${percent(f.winRate)} of positions but ${f.losses === 0 ? 'has never taken a loss' : `loses ${(1 / f.payoff).toFixed(1)} times as much as it wins`}`;
}

function leverageText(f: Features): string {
  if (f.liquidationsEver >= GATE_LIMITS.liquidationsEver) return `Was liquidated ${f.liquidationsEver} times`;
  if (f.liquidationAgeMs <= GATE_LIMITS.liquidationMs)
    return `Was liquidated ${hours(f.liquidationAgeMs)} ago`;
  return `Leverage ${f.leverageInMarket.toFixed(1)}x on average, ${f.leverageHigh.toFixed(0)}x at its height`;
}

function washText(f: Features): string {
  if (f.ring === 1) return 'Trades in a ring of wallets with itself';
  if (f.washShare > GATE_LIMITS.washShare)
    return `${percent(f.washShare)} of its volume is bought and sold back at the same price within seconds`;
  return `Earns ${f.netBpOfVolume.toFixed(2)} basis points on a huge volume held ${hours(f.holdMs)}`;
}

const GATE_TEXT: { readonly [G in Gate]: (f: Features) => string } = {
  HISTORY: historyText,
  CAPITAL: capitalText,
  FAST: (f) =>
    f.holdMs < GATE_LIMITS.holdMs
      ? `Holds positions for ${hours(f.holdMs)}: a copy comes too late`
      : `${percent(f.fastWinShare)} of its gains come from positions too short to copy`,
  MAKER: (f) => `${percent(f.makerRatio)} of its trades rest in the book: a copier cannot get those fills`,
  COSTDRAG: (f) =>
    f.costDrag > GATE_LIMITS.costDrag
      ? `Trades so much that a follower's costs take ${f.costDrag.toFixed(1)} points of Sharpe ratio a year`
      : 'A follower with twice the expected costs would almost surely have lost money',
  MARTINGALE: martingaleText,
  LEVERAGE: leverageText,
  DRAWDOWN: (f) => `Fell ${percent(f.drawdown90)} from its peak in the last 90 days`,
  WASH: washText,
  HEDGE: () => 'Another wallet of the same owner holds the opposite: this one is half of a hedge',
  ONEHIT: (f) =>
    f.bestDayShare > GATE_LIMITS.bestDayShare
      ? `One day made ${percent(f.bestDayShare)} of all profit`
      : 'Without its two best days there is no profit',
  BETA: (f) => `${percent(f.marketR2)} of its moves are those of BTC and ETH: the market, not skill`,
  CAPACITY: (f) =>
    `${percent(f.capacityShare)} of its trades are too large a share of their market to follow`,
};

/** Weight of what alone keeps a trader off the board: it is told before anything else. */
const NO_RANK = -1e9;

interface Candidate {
  readonly weight: number;
  readonly reason: Reason;
}

/** How far a value is inside (positive) or outside of what is good, with a sentence for either side. */
function candidates(f: Features): Candidate[] {
  const of = (code: string, weight: number, text: string): Candidate => ({ weight, reason: { code, text } });
  const list: Candidate[] = [];
  const annual = f.sharpe * Math.sqrt(365);
  const t = f.sharpe / Math.sqrt(f.sharpeVariance);
  if (Number.isFinite(t))
    list.push(
      of(
        'sharpe',
        t,
        `A follower's Sharpe ratio would have been ${annual.toFixed(1)} a year over ${f.days} days`,
      ),
    );
  if (Number.isFinite(f.copyReturn))
    list.push(
      of(
        'copyReturn',
        Math.sign(f.copyReturn),
        `Copied with costs and delay it returned ${percent(f.copyReturn)}`,
      ),
    );
  if (Number.isFinite(f.costDrag))
    list.push(
      of(
        'costs',
        1 - f.costDrag / 1.5,
        `A follower's costs take ${f.costDrag.toFixed(1)} points of Sharpe ratio a year`,
      ),
    );
  if (Number.isFinite(f.drawdown90))
    list.push(of('drawdown', 1 - f.drawdown90 / 0.25, `Deepest fall in 90 days: ${percent(f.drawdown90)}`));
  if (Number.isFinite(f.leverageInMarket))
    list.push(
      of(
        'leverage',
        1 - f.leverageInMarket / 4,
        `Leverage ${f.leverageInMarket.toFixed(1)}x while in the market`,
      ),
    );
  if (Number.isFinite(f.holdMs))
    list.push(
      of('hold', Math.min(1.5, Math.log(f.holdMs / 1_800_000) / 3), `Holds positions for ${hours(f.holdMs)}`),
    );
  if (Number.isFinite(f.bestDayShare))
    list.push(
      of('bestDay', 1 - f.bestDayShare / 0.3, `Its best day made ${percent(f.bestDayShare)} of the profit`),
    );
  const record = `${f.days} days and ${f.episodes} closed positions on record`;
  list.push(
    f.days >= LEAST_RANKED_DAYS
      ? of('record', f.days / 120 - 0.75, record)
      : of('record', NO_RANK, `${record}: a rank for followers takes ${LEAST_RANKED_DAYS} days`),
  );
  return list;
}

const MOST = 4;

/** Reasons of one trader, the weightiest first. */
export function explain(features: Features): Explanation {
  const gates = gateNames(gatesOf(features)).map((code) => ({ code, text: GATE_TEXT[code](features) }));
  const all = candidates(features);
  const pick = (sign: 1 | -1): Reason[] =>
    all
      .filter((one) => sign * one.weight > 0)
      .sort((a, b) => sign * (b.weight - a.weight))
      .slice(0, MOST)
      .map((one) => one.reason);
  return { gates, reasonsFor: pick(1), against: pick(-1) };
}
