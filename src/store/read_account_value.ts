import type { Queryable } from './database.ts';

export interface AccountValueView {
  readonly dex: string;
  /** The venue's time of the state, ms. */
  readonly time: number;
  readonly accountValueUsd: string;
  readonly notionalUsd: string;
}

/**
 * Account values of a trader in [from, to], by dex and time: the last of each interval of `stepMs`, so that the answer
 * is bounded whatever the number of audits.
 */
export async function readAccountValues(
  db: Queryable,
  range: { readonly traderId: number; readonly from: number; readonly to: number; readonly stepMs: number },
): Promise<AccountValueView[]> {
  const { rows } = await db.query<{
    dex: string;
    state_time: number;
    account_value: string;
    notional: string;
  }>(
    `SELECT DISTINCT ON (dex, state_time / $4::int8) dex, state_time,
       trim_scale(account_value_usd)::text AS account_value, trim_scale(notional_usd)::text AS notional
     FROM account_snapshots WHERE trader_id = $1 AND state_time BETWEEN $2 AND $3
     ORDER BY dex, state_time / $4::int8, state_time DESC`,
    [range.traderId, range.from, range.to, range.stepMs],
  );
  return rows.map((row) => ({
    dex: row.dex,
    time: row.state_time,
    accountValueUsd: row.account_value,
    notionalUsd: row.notional,
  }));
}
