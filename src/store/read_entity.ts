/** One owner's wallets as the Trader page shows them. */
import type { Queryable } from './database.ts';

export interface EntityMember {
  readonly address: string;
  readonly links: readonly string[];
  readonly netPnlUsd: number | null;
  readonly grossUsd: number;
}

export interface EntityExposure {
  readonly dex: string;
  readonly coin: string;
  readonly netUsd: number;
  readonly grossUsd: number;
}

const MOST_MEMBERS = 50;
/** Chains of links longer than this are no owner but a crowd. */
const MOST_STEPS = 4;

const GROUP = `entity (trader_id, step) AS (
    SELECT $1::int8, 0
    UNION
    SELECT CASE WHEN l.a = e.trader_id THEN l.b ELSE l.a END, e.step + 1
    FROM entity e JOIN trader_links l ON e.trader_id IN (l.a, l.b) WHERE e.step < ${MOST_STEPS}),
  members AS (SELECT trader_id, min(step) AS step FROM entity GROUP BY trader_id ORDER BY 2, 1 LIMIT ${MOST_MEMBERS})`;

/** The trader and the wallets taken for the same owner's; empty when it is alone. PnL over a window of days. */
export async function readEntityMembers(
  db: Queryable,
  traderId: number,
  windowDays: number,
): Promise<EntityMember[]> {
  const { rows } = await db.query<{
    address: Buffer;
    links: string[];
    net_pnl: number | null;
    gross: number;
  }>(
    `WITH RECURSIVE ${GROUP}
     SELECT t.address,
       ARRAY(SELECT DISTINCT l.kind FROM trader_links l WHERE m.trader_id IN (l.a, l.b) ORDER BY 1) AS links,
       (SELECT (b.features ->> 'netPnlUsd')::float8 FROM leaderboard_metrics b
        WHERE b.window_days = $2 AND b.trader_id = m.trader_id) AS net_pnl,
       coalesce((SELECT sum(p.cost_usd)::float8 FROM current_positions p
        WHERE p.trader_id = m.trader_id AND p.size <> 0), 0) AS gross
     FROM members m JOIN traders t USING (trader_id) ORDER BY m.step, m.trader_id`,
    [traderId, windowDays],
    'read_entity_members',
  );
  if (rows.length < 2) return [];
  return rows.map((row) => ({
    address: `0x${row.address.toString('hex')}`,
    links: row.links,
    netPnlUsd: row.net_pnl,
    grossUsd: row.gross,
  }));
}

/** What all wallets of the owner hold together, at entry prices, the largest first. */
export async function readEntityExposure(db: Queryable, traderId: number): Promise<EntityExposure[]> {
  const { rows } = await db.query<{ dex: string; name: string; net: number; gross: number }>(
    `WITH RECURSIVE ${GROUP}
     SELECT c.dex, c.name, sum(sign(p.size) * p.cost_usd)::float8 AS net, sum(p.cost_usd)::float8 AS gross
     FROM members m JOIN current_positions p USING (trader_id) JOIN coins c USING (coin_id)
     WHERE p.size <> 0 GROUP BY c.dex, c.name ORDER BY gross DESC LIMIT 200`,
    [traderId],
    'read_entity_exposure',
  );
  return rows.map((row) => ({ dex: row.dex, coin: row.name, netUsd: row.net, grossUsd: row.gross }));
}
