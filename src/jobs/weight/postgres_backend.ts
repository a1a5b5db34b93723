/** The weight ledger in PostgreSQL: one function call per step, survives any crash that the database survives. */
import type { Queryable } from '../../store/database.ts';
import { admitWeight, settleWeight, takeWeightPlace, usedWeight } from '../../store/weight_charges.ts';
import type { WeightBackend, WeightRules } from './ledger.ts';

export function postgresWeightBackend(
  database: Queryable,
  /** Name of the egress IP: all processes with one name share one budget. */
  egress: string,
  rules: WeightRules<string>,
): WeightBackend {
  const reserves = rules.lanes.map((lane) => rules.reserve[lane] ?? 0);
  return {
    async admit(weight, lane) {
      const { limit } = rules;
      const countsMs = rules.windowMs + rules.unsettledMs;
      const answer = await admitWeight(database, { egress, weight, lane, limit, countsMs, reserves });
      if (answer.chargeId !== null) return { charge: [answer.chargeId, lane, weight].join() };
      const { retryAfterMs } = answer;
      return {
        charge: undefined,
        retryAfterMs: retryAfterMs === -1 ? undefined : (retryAfterMs ?? rules.windowMs),
      };
    },
    settle(charge, actual) {
      const [chargeId = 0, lane = 0, weight = 0] = charge.split(',').map(Number);
      return settleWeight(database, { egress, chargeId, lane, weight, windowMs: rules.windowMs, actual });
    },
    place: (spacingMs, burstMs) => takeWeightPlace(database, { egress, spacingMs, burstMs }),
    used: () => usedWeight(database, egress, rules.lanes.length),
  };
}
