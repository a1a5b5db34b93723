/** What is known of a trader beside its record, as the features take it. Pure. */
import { STANDARD_EQUITY_USD } from '../domain/metrics/copy_costs.ts';
import { loadShare } from './capacity.ts';
import { capitalOf, type Details, joinDetails, maximumCapital } from './details.ts';
import type { Surroundings } from './features.ts';

/**
 * @param details what the venue told and what the feed added since, as stored; undefined: nothing is.
 * @param found what was found of the wallet; undefined: nothing was.
 */
export function surroundingsOf(
  details: { readonly base: unknown; readonly seen: unknown } | undefined,
  found: { readonly ring: boolean; readonly hedged: boolean } | undefined,
): Surroundings {
  const known = joinDetails(
    (details?.base ?? null) as Details | null,
    (details?.seen ?? null) as Details | null,
  );
  const capital = capitalOf(known);
  return {
    ring: found?.ring === true ? 1 : 0,
    hedged: found?.hedged === true ? 1 : 0,
    capacityShare: loadShare(known.loads, STANDARD_EQUITY_USD),
    minCapitalUsd: capital?.whole ?? Number.NaN,
    maxCapitalUsd: maximumCapital(known) ?? Number.NaN,
    quarterCapitalUsd: capital?.quarter ?? Number.NaN,
    halfCapitalUsd: capital?.half ?? Number.NaN,
    mostCapitalUsd: capital?.most ?? Number.NaN,
  };
}
