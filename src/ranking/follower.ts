/** What copying one trader would be for one follower: exact, from the sums of a window and what was held. Pure. */
import type { CopyTotals } from '../domain/metrics/copy_totals.ts';
import { type CopyOutcome, copyOutcome, copyRatio } from './copy_outcome.ts';
import { DEFAULT_COPY_TERMS } from './copy_returns.ts';
import { type Details, joinDetails, reproducedOf } from './details.ts';
import { equityOf, type MyTerms, scaleOf } from './my_terms.ts';

/** Delays of the copy-ratio curve, ms. */
const CURVE_MS = [0, 1_000, 3_000, 10_000, 60_000] as const;

/** What is stored of a trader, as far as it is known. */
export interface KnownOfTrader {
  readonly totals: CopyTotals | null;
  /** Plain JSON of what the venue told and of what the feed added since, see joinDetails. */
  readonly details: { readonly base: unknown; readonly seen: unknown } | undefined;
  /** Account value, USD; NaN: not known. */
  readonly equityUsd: number;
}

/** Unknown values are null. */
export interface FollowerFigures {
  /** The terms, standard ones where nothing was said. */
  readonly equityUsd: number;
  readonly takerBp: number;
  readonly latencyMs: number;
  /** The follower's equity over the leader's. */
  readonly scale: number | null;
  /** Share of the leader's notional that the follower's equity reproduces. */
  readonly reproduced: number | null;
  readonly outcome: CopyOutcome | null;
  /** Net copy return over the leader's gross return, at the follower's delay and at others. */
  readonly copyRatio: number | null;
  readonly curve: { readonly delayMs: number; readonly copyRatio: number | null }[];
}

export function followerFigures(known: KnownOfTrader, mine: MyTerms): FollowerFigures {
  const { totals, details } = known;
  const terms = {
    ...DEFAULT_COPY_TERMS,
    equityUsd: equityOf(mine),
    takerBp: mine.takerBp ?? DEFAULT_COPY_TERMS.takerBp,
    latencyMs: mine.latencyMs ?? DEFAULT_COPY_TERMS.latencyMs,
  };
  const joined = joinDetails(
    (details?.base ?? null) as Details | null,
    (details?.seen ?? null) as Details | null,
  );
  const ratioAt = (latencyMs: number): number | null => {
    if (totals === null || totals.days === 0) return null;
    const { net, gross } = copyOutcome(totals, { ...terms, latencyMs });
    return finiteOrNull(copyRatio(net, gross));
  };
  return {
    equityUsd: terms.equityUsd,
    takerBp: terms.takerBp,
    latencyMs: terms.latencyMs,
    scale: finiteOrNull(scaleOf(known.equityUsd, terms.equityUsd)),
    reproduced: reproducedOf(joined, terms.equityUsd),
    outcome: totals === null || totals.days === 0 ? null : copyOutcome(totals, terms),
    copyRatio: ratioAt(terms.latencyMs),
    curve: CURVE_MS.map((delayMs) => ({ delayMs, copyRatio: ratioAt(delayMs) })),
  };
}

const finiteOrNull = (x: number): number | null => (Number.isFinite(x) ? x : null);
