/**
 * The copy board for one follower: own equity, fees and delay instead of the standard ones. Pure. What these change of
 * a trader's daily returns is known from what they are made of (impact grows with the root of the equity): the mean
 * exactly, the deviation but for that of its costs. Whoever needs more capital than the follower has, or whose markets
 * carry less, is left out. The gates are the standard ones.
 */
import { impactGrowth, STANDARD_EQUITY_USD } from '../domain/metrics/copy_costs.ts';
import { copyRatio } from './copy_outcome.ts';
import { type CopyTerms, DEFAULT_COPY_TERMS, decayFactor } from './copy_returns.ts';
import { type CapitalCurve, reproducedBy } from './minimum_capital.ts';
import { netMean, type Prior } from './posterior.ts';

/** What a follower may say of himself; absent is the standard. */
export interface MyTerms {
  readonly equityUsd?: number;
  readonly takerBp?: number;
  readonly latencyMs?: number;
}

/** One trader's columns. */
export interface TermsRow {
  readonly sharpe: number;
  readonly sharpeVariance: number;
  readonly sharpeWithoutBest: number;
  readonly sharpeWithoutBestVariance: number;
  readonly cost: number;
  readonly copyReturn: number;
  readonly days: number;
  readonly holdMs: number;
  readonly copyTurnover: number;
  readonly copyGain: number;
  readonly copyGainSquare: number;
  readonly copySpread: number;
  /** NaN: not known; it is then taken not to grow with equity. */
  readonly copyImpact: number;
  /** NaN: not known, which leaves nobody out. */
  readonly minCapital: number;
  readonly maxCapital: number;
}

export interface MyStanding {
  readonly copyScore: number;
  readonly sharpe: number;
  readonly cost: number;
  readonly copyReturn: number;
}

/** Whether so much can follow the trader. Who names no equity is as large as CAPACITY takes everybody to be. */
export const carries = (
  { minCapital, maxCapital }: Pick<TermsRow, 'minCapital' | 'maxCapital'>,
  equityUsd: number | undefined,
) =>
  equityUsd === undefined
    ? !(maxCapital < STANDARD_EQUITY_USD)
    : !(minCapital > equityUsd || maxCapital < equityUsd);

/** The trader's standing for this follower; the standard terms give the standard one. */
export function standingFor(
  row: TermsRow,
  mine: MyTerms,
  prior: Prior,
  priorWithoutBest: Prior,
  usual: CopyTerms = DEFAULT_COPY_TERMS,
): MyStanding {
  const hold = Number.isFinite(row.holdMs) ? row.holdMs : null;
  const before = decayFactor(hold, usual.latencyMs);
  const after = decayFactor(hold, mine.latencyMs ?? usual.latencyMs);
  const fees = finite(row.copyTurnover * ((mine.takerBp ?? usual.takerBp) - usual.takerBp) * 1e-4);
  const growth = impactGrowth(mine.equityUsd ?? usual.equityUsd) - impactGrowth(usual.equityUsd);
  const costs = fees + finite(row.copyImpact * growth);
  const more = before > 0 ? after / before - 1 : 0;
  const mean = finite(row.copyGain * more) - costs;
  const { copySpread: spread } = row;
  const changed = Math.sqrt(Math.max(0, spread ** 2 + gainVariance(row, more)));
  const usualTerms = more === 0 && costs === 0;
  const scaled = (value: number, by: number): number =>
    usualTerms || !(spread > 0 && changed > 0) ? value : (value * spread + by) / changed;
  const cost = Math.max(0, scaled(row.cost, costs));
  const full = netMean(scaled(row.sharpe, mean), row.sharpeVariance, cost, prior);
  const robust = netMean(
    scaled(row.sharpeWithoutBest, mean),
    row.sharpeWithoutBestVariance,
    cost,
    priorWithoutBest,
  );
  return {
    copyScore: 0.5 * full + 0.5 * robust,
    sharpe: scaled(row.sharpe, mean),
    cost,
    copyReturn: row.copyReturn + row.days * mean,
  };
}

/** How a follower's copy compares with the leader; NaN where not known. */
export interface Comparison {
  /** Net copy return over the leader's gross return, of the window. */
  readonly copyRatio: number;
  /** Share of the leader's notional that the follower's equity reproduces after lot sizes and the least order. */
  readonly reproduced: number;
  /** The follower's equity over the leader's. */
  readonly scale: number;
}

/** One trader's columns for it, `copyReturn` that of the follower's terms. */
export interface ComparedRow {
  readonly copyReturn: number;
  readonly days: number;
  readonly copyGross: number;
  /** Account value, USD. */
  readonly equity: number;
  readonly capital: CapitalCurve;
}

export const COMPARISONS: Readonly<
  Record<keyof Comparison, (row: ComparedRow, equityUsd: number) => number>
> = {
  copyRatio: ({ copyReturn, copyGross, days }) => copyRatio(copyReturn, copyGross * days),
  reproduced: ({ capital }, equityUsd) => reproducedBy(capital, equityUsd),
  scale: ({ equity }, equityUsd) => scaleOf(equity, equityUsd),
};

/** A follower's equity over the leader's; NaN where the leader has none. */
export const scaleOf = (leaderUsd: number, equityUsd: number): number =>
  leaderUsd > 0 ? equityUsd / leaderUsd : Number.NaN;

/** The follower's equity, USD. */
export const equityOf = (mine: MyTerms | undefined): number => mine?.equityUsd ?? STANDARD_EQUITY_USD;

const finite = (x: number): number => (Number.isFinite(x) ? x : 0);

/** What gains that are `more` (a fraction) larger add to the variance of daily returns. */
function gainVariance(row: TermsRow, more: number): number {
  const own = row.copyGainSquare - row.copyGain ** 2;
  // On a day with a gain the return is that gain less the costs; on others there is no gain.
  const together =
    row.copyGainSquare -
    row.cost * row.copySpread * row.copyGain -
    (row.copyReturn / row.days) * row.copyGain;
  return finite(more ** 2 * own + 2 * more * together);
}
