/** Wallets that belong together: what is known of them, and what was found. */
import type { Database, Queryable } from './database.ts';

export interface WalletLink {
  readonly a: number;
  readonly b: number;
  readonly kind: string;
}

/** An address that more traders than this have to do with is an exchange or a bridge, nobody's second wallet. */
const CROWD = 5;

/** Links by ledgers: a trader names another, or a few traders name the same address. */
export async function readLedgerPairs(db: Queryable): Promise<WalletLink[]> {
  const { rows } = await db.query<WalletLink>(
    `WITH quiet AS (SELECT address FROM ledger_links GROUP BY address HAVING count(DISTINCT trader_id) <= ${CROWD}),
       links AS (SELECT l.* FROM ledger_links l LEFT JOIN quiet q USING (address)
         WHERE l.kind <> 'transfer' OR q.address IS NOT NULL)
     SELECT least(l.trader_id, t.trader_id) AS a, greatest(l.trader_id, t.trader_id) AS b, l.kind
     FROM links l JOIN traders t USING (address) WHERE l.trader_id <> t.trader_id
     UNION
     SELECT x.trader_id, y.trader_id, 'transfer' FROM links x JOIN links y
       ON x.address = y.address AND x.trader_id < y.trader_id WHERE x.kind = 'transfer' AND y.kind = 'transfer'`,
    [],
    'read_ledger_pairs',
  );
  return rows;
}

/** Changes by minute of the traders whose details are newest: [coin, minute, notional] each, as stored. */
export async function readMinutes(
  db: Queryable,
  limit: number,
): Promise<{ readonly traderId: number; readonly minutes: unknown }[]> {
  const { rows } = await db.query<{ trader_id: number; minutes: unknown }>(
    `SELECT trader_id, (d.base -> 'minutes') || coalesce(d.seen -> 'minutes', '[]') AS minutes
     FROM trader_details d JOIN trader_history h USING (trader_id) ORDER BY h.priority DESC, trader_id LIMIT $1`,
    [limit],
    'read_minutes',
  );
  return rows.map((row) => ({ traderId: row.trader_id, minutes: row.minutes }));
}

export interface TradedTogether {
  readonly a: number;
  readonly b: number;
  readonly notional: number;
  /** Everything that each of them traded in that time. */
  readonly volumeA: number;
  readonly volumeB: number;
}

/** Pairs that traded much with each other after `since` (ms UTC), in USD. */
export async function readTradedTogether(db: Queryable, since: number): Promise<TradedTogether[]> {
  const { rows } = await db.query<TradedTogether>(
    `WITH recent AS (SELECT buyer_id, seller_id, (price * size)::float8 AS usd FROM trades WHERE time > $1),
       volumes AS (SELECT trader_id, sum(usd) AS usd FROM (
           SELECT buyer_id AS trader_id, usd FROM recent UNION ALL SELECT seller_id, usd FROM recent) v
         GROUP BY trader_id),
       pairs AS (SELECT least(buyer_id, seller_id) AS a, greatest(buyer_id, seller_id) AS b, sum(usd) AS usd,
           count(*) AS n FROM recent GROUP BY 1, 2 HAVING count(*) >= 10)
     SELECT p.a, p.b, p.usd AS notional, x.usd AS "volumeA", y.usd AS "volumeB"
     FROM pairs p JOIN volumes x ON x.trader_id = p.a JOIN volumes y ON y.trader_id = p.b
     WHERE p.usd > 0.1 * greatest(x.usd, y.usd)`,
    [since],
    'read_traded_together',
  );
  return rows;
}

export interface FoundSurroundings {
  readonly traderId: number;
  readonly ring: boolean;
  readonly hedged: boolean;
}

/**
 * Replaces links and surroundings. Records of traders whose surroundings changed count as changed, so that the next
 * calculation gates them.
 * @returns traders whose surroundings changed.
 */
export async function storeEntities(
  database: Database,
  found: {
    readonly links: readonly WalletLink[];
    readonly surroundings: readonly FoundSurroundings[];
    readonly now: number;
  },
): Promise<number> {
  const { links, surroundings, now } = found;
  return database.transaction(async (tx) => {
    const columns = [links.map((l) => l.a), links.map((l) => l.b), links.map((l) => l.kind)];
    await tx.query(
      `DELETE FROM trader_links l WHERE NOT EXISTS (SELECT FROM unnest($1::int8[], $2::int8[], $3::text[])
         AS u (a, b, kind) WHERE (u.a, u.b, u.kind) = (l.a, l.b, l.kind))`,
      columns,
    );
    await tx.query(
      `INSERT INTO trader_links (a, b, kind, found_at)
       SELECT DISTINCT a, b, kind, $4::int8 FROM unnest($1::int8[], $2::int8[], $3::text[]) AS u (a, b, kind)
       ON CONFLICT DO NOTHING`,
      [...columns, now],
    );
    const { rows } = await tx.query<{ trader_id: number }>(
      `WITH wanted AS (SELECT * FROM unnest($1::int8[], $2::boolean[], $3::boolean[]) AS u (trader_id, ring, hedged)),
         gone AS (DELETE FROM trader_surroundings s WHERE NOT EXISTS (
           SELECT FROM wanted w WHERE w.trader_id = s.trader_id) RETURNING s.trader_id),
         written AS (INSERT INTO trader_surroundings AS s SELECT * FROM wanted
           ON CONFLICT (trader_id) DO UPDATE SET ring = excluded.ring, hedged = excluded.hedged
           WHERE (s.ring, s.hedged) <> (excluded.ring, excluded.hedged) RETURNING s.trader_id)
       UPDATE trader_records r SET version = nextval('trader_record_versions')
       FROM (SELECT trader_id FROM gone UNION SELECT trader_id FROM written) moved
       WHERE r.trader_id = moved.trader_id RETURNING r.trader_id`,
      [
        surroundings.map((s) => s.traderId),
        surroundings.map((s) => s.ring),
        surroundings.map((s) => s.hedged),
      ],
    );
    return rows.length;
  });
}

/** What was found of some traders; absent: nothing. */
export async function readSurroundings(
  db: Queryable,
  traderIds: readonly number[],
): Promise<Map<number, FoundSurroundings>> {
  const { rows } = await db.query<{ trader_id: number; ring: boolean; hedged: boolean }>(
    'SELECT trader_id, ring, hedged FROM trader_surroundings WHERE trader_id = ANY ($1::int8[])',
    [traderIds],
    'read_surroundings',
  );
  return new Map(
    rows.map((row) => [row.trader_id, { traderId: row.trader_id, ring: row.ring, hedged: row.hedged }]),
  );
}
