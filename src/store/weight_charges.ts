/** The request-weight ledger of the exchange: charges by egress IP. The rule itself is in the database's functions. */
import type { Queryable } from './database.ts';

export interface WeightRequest {
  readonly egress: string;
  readonly weight: number;
  /** Position in the list of lanes. */
  readonly lane: number;
  readonly limit: number;
  /** ms that a charge counts unless settled. */
  readonly countsMs: number;
  /** Weight kept for each lane, in the order of lanes. */
  readonly reserves: readonly number[];
}

export interface WeightAnswer {
  /** Null: refused. */
  readonly chargeId: number | null;
  /** ms; -1: it can never fit. Null when admitted. */
  readonly retryAfterMs: number | null;
}

export async function admitWeight(database: Queryable, request: WeightRequest): Promise<WeightAnswer> {
  const { rows } = await database.query<{ charge: number | null; retry_after_ms: number | null }>(
    'SELECT charge, retry_after_ms FROM weight_admit($1, $2, $3::int2, $4, $5, $6::int4[])',
    [request.egress, request.weight, request.lane, request.limit, request.countsMs, request.reserves],
    'weight_admit',
  );
  const [row] = rows;
  return { chargeId: row?.charge ?? null, retryAfterMs: row?.retry_after_ms ?? null };
}

export async function settleWeight(
  database: Queryable,
  settlement: {
    readonly egress: string;
    readonly chargeId: number;
    readonly lane: number;
    /** What it has counted as so far. */
    readonly weight: number;
    readonly windowMs: number;
    readonly actual: number | undefined;
  },
): Promise<void> {
  const { egress, chargeId, lane, weight, windowMs, actual } = settlement;
  // A process that was frozen for minutes comes after its charge has gone: what it sent just now still counts.
  await database.query(
    `WITH settled AS (
       UPDATE weight_charges SET weight = $4, expires_at = weight_now() + 1 + $5
       WHERE charge_id = $1 RETURNING 1)
     INSERT INTO weight_charges (egress, lane, weight, expires_at)
     SELECT $2, $3, $4, weight_now() + 1 + $5 WHERE $4 > 0 AND NOT EXISTS (SELECT FROM settled)`,
    [chargeId, egress, lane, actual ?? weight, windowMs],
    'weight_settle',
  );
}

/** Takes the next evenly spaced place of an egress; ms until it. */
export async function takeWeightPlace(
  database: Queryable,
  place: { readonly egress: string; readonly spacingMs: number; readonly burstMs: number },
): Promise<number> {
  const { rows } = await database.query<{ wait_ms: number }>(
    'SELECT weight_place($1, $2, $3) AS wait_ms',
    [place.egress, place.spacingMs, place.burstMs],
    'weight_place',
  );
  return rows[0]?.wait_ms ?? 0;
}

/** Weight that counts now, by lane. */
export async function usedWeight(database: Queryable, egress: string, lanes: number): Promise<number[]> {
  const { rows } = await database.query<{ lane: number; weight: number }>(
    `SELECT lane::int4 AS lane, sum(weight)::int8 AS weight FROM weight_charges
     WHERE egress = $1 AND expires_at > weight_now() GROUP BY lane`,
    [egress],
    'weight_used',
  );
  const used = new Array<number>(lanes).fill(0);
  for (const row of rows) used[row.lane] = row.weight;
  return used;
}
