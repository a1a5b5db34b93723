import { isUnified, UNIFIED_MODES } from '../domain/account_mode.ts';
import type { Queryable } from './database.ts';

export interface AccountValueView {
  readonly dex: string;
  /** The venue's time of the state, ms. */
  readonly time: number;
  readonly accountValueUsd: string;
  readonly notionalUsd: string;
}

export interface AccountValues {
  /** The account has one balance for all dexs: the values are of all of them together, under the first dex. */
  readonly unified: boolean;
  /** By dex and time. */
  readonly views: readonly AccountValueView[];
}

interface ValueRow {
  dex: string;
  state_time: number;
  account_value: string;
  notional: string;
}

const VALUES = `dex, state_time, trim_scale(account_value_usd)::text AS account_value,
  trim_scale(notional_usd)::text AS notional`;
/** How far back a dex is looked for that was not asked in the first poll of a range. */
const LOOK_BACK_MS = 86_400_000;

/**
 * Account values of a trader in [from, to]: the last of each interval of `stepMs`, so that the answer is bounded
 * whatever the number of audits. Only states that mean what the account's mode, as last known, makes them mean: until
 * the mode of a unified account is asked, its states show no balance.
 */
export async function readAccountValues(
  db: Queryable,
  range: { readonly traderId: number; readonly from: number; readonly to: number; readonly stepMs: number },
): Promise<AccountValues> {
  const { rows: modes } = await db.query<{ mode: string | null }>(
    'SELECT mode FROM account_modes WHERE trader_id = $1',
    [range.traderId],
  );
  const unified = isUnified(modes[0]?.mode ?? null);
  const given = [range.traderId, range.from, range.to, range.stepMs, UNIFIED_MODES];
  const { rows } = await (unified
    ? db.query<ValueRow>(OF_ALL_DEXS, [...given, range.from - LOOK_BACK_MS])
    : db.query<ValueRow>(BY_DEX, given));
  const views = rows.map((row) => ({
    dex: row.dex,
    time: row.state_time,
    accountValueUsd: row.account_value,
    notionalUsd: row.notional,
  }));
  return { unified, views };
}

const BY_DEX = `SELECT DISTINCT ON (dex, state_time / $4::int8) ${VALUES}
  FROM account_snapshots
  WHERE trader_id = $1 AND state_time BETWEEN $2 AND $3 AND (account_mode IS NULL OR account_mode <> ALL ($5::text[]))
  ORDER BY dex, state_time / $4::int8, state_time DESC`;

/**
 * A poll of a unified account begins with the first dex, whose row holds the balance; rows of other dexs until the next
 * such row belong to it. A dex that a poll does not ask (requests name one) counts as it was last seen: each row adds
 * what it differs from the one before it on its dex.
 */
const OF_ALL_DEXS = `WITH polled AS (
    SELECT dex, state_time, account_value_usd, notional_usd,
      count(*) FILTER (WHERE dex = '') OVER (ORDER BY state_time, dex, snapshot_id) AS poll
    FROM account_snapshots
    WHERE trader_id = $1 AND state_time BETWEEN $6 AND $3 AND account_mode = ANY ($5::text[])),
  steps AS (
    SELECT dex, state_time, poll,
      account_value_usd - lag(account_value_usd, 1, 0::numeric) OVER before AS value_step,
      notional_usd - lag(notional_usd, 1, 0::numeric) OVER before AS notional_step
    FROM polled WINDOW before AS (PARTITION BY dex ORDER BY poll, state_time)),
  totals AS (
    SELECT dex, state_time, sum(value_step) OVER through AS account_value_usd,
      sum(notional_step) OVER through AS notional_usd
    FROM steps WINDOW through AS (ORDER BY poll))
  SELECT DISTINCT ON (state_time / $4::int8) ${VALUES} FROM totals WHERE dex = '' AND state_time >= $2
  ORDER BY state_time / $4::int8, state_time DESC`;
