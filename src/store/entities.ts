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

export interface TraderMinutes {
  readonly traderId: number;
  readonly minutes: unknown;
}

/**
 * Changes by minute of the traders who matter most: [coin, minute, notional] each, as stored.
 * @param among only these; null: everybody
 */
export async function readMinutes(
  db: Queryable,
  limit: number,
  among: readonly number[] | null = null,
): Promise<TraderMinutes[]> {
  const { rows } = await db.query<{ trader_id: number; minutes: unknown }>(
    `SELECT trader_id, (d.base -> 'minutes') || coalesce(d.seen -> 'minutes', '[]') AS minutes
     FROM trader_details d LEFT JOIN trader_history h USING (trader_id)
     WHERE $2::int8[] IS NULL OR trader_id = ANY ($2::int8[])
     ORDER BY h.priority DESC NULLS LAST, trader_id LIMIT $1`,
    [limit, among],
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

/** Links by what wallets did. They stay for as long as the gates look back; a ledger tells its own each time. */
const FOUND_KINDS = `('twin', 'ring')`;
/** What is found again and again is noted this often. */
const NOTED_MS = 3_600_000;

/**
 * Takes in what was found now: links of ledgers are replaced; rings, twins and what they say of a trader stand until
 * they have not been found for `keptMs`. Records of traders whose surroundings changed count as changed, so that the
 * next calculation gates them.
 * @returns traders whose surroundings changed.
 */
export async function storeEntities(
  database: Database,
  found: {
    readonly links: readonly WalletLink[];
    readonly surroundings: readonly FoundSurroundings[];
    readonly now: number;
    readonly keptMs: number;
  },
): Promise<number> {
  const { links, surroundings, now, keptMs } = found;
  return database.transaction(async (tx) => {
    await storeLinks(tx, links, now, now - keptMs);
    const { rows } = await tx.query<{ trader_id: number }>(
      `WITH found AS (SELECT * FROM unnest($1::int8[], $2::boolean[], $3::boolean[]) AS u (trader_id, ring, hedged)),
         latest AS (SELECT trader_id, coalesce(s.ring, false) AS was_ring, coalesce(s.hedged, false) AS was_hedged,
             CASE WHEN f.ring THEN $4 ELSE s.ring_found_at END AS ring_at,
             CASE WHEN f.hedged THEN $4 ELSE s.hedge_found_at END AS hedge_at
           FROM found f FULL JOIN trader_surroundings s USING (trader_id)),
         wanted AS (SELECT *, coalesce(ring_at > $5, false) AS ring, coalesce(hedge_at > $5, false) AS hedged
           FROM latest),
         gone AS (DELETE FROM trader_surroundings s USING wanted w
           WHERE w.trader_id = s.trader_id AND NOT w.ring AND NOT w.hedged),
         written AS (INSERT INTO trader_surroundings AS s (trader_id, ring, hedged, ring_found_at, hedge_found_at)
           SELECT trader_id, ring, hedged, ring_at, hedge_at FROM wanted WHERE ring OR hedged
           ON CONFLICT (trader_id) DO UPDATE SET ring = excluded.ring, hedged = excluded.hedged,
             ring_found_at = excluded.ring_found_at, hedge_found_at = excluded.hedge_found_at
           WHERE (s.ring, s.hedged) <> (excluded.ring, excluded.hedged)
             OR excluded.ring_found_at > s.ring_found_at + ${NOTED_MS}
             OR excluded.hedge_found_at > s.hedge_found_at + ${NOTED_MS})
       UPDATE trader_records r SET version = nextval('trader_record_versions')
       FROM wanted w WHERE r.trader_id = w.trader_id AND (w.ring, w.hedged) <> (w.was_ring, w.was_hedged)
       RETURNING r.trader_id`,
      [
        surroundings.map((s) => s.traderId),
        surroundings.map((s) => s.ring),
        surroundings.map((s) => s.hedged),
        now,
        now - keptMs,
      ],
    );
    return rows.length;
  });
}

async function storeLinks(
  tx: Queryable,
  links: readonly WalletLink[],
  now: number,
  keptAfter: number,
): Promise<void> {
  const columns = [links.map((l) => l.a), links.map((l) => l.b), links.map((l) => l.kind)];
  await tx.query(
    `DELETE FROM trader_links l WHERE (l.kind NOT IN ${FOUND_KINDS} OR l.found_at <= $4)
       AND NOT EXISTS (SELECT FROM unnest($1::int8[], $2::int8[], $3::text[])
         AS u (a, b, kind) WHERE (u.a, u.b, u.kind) = (l.a, l.b, l.kind))`,
    [...columns, keptAfter],
  );
  await tx.query(
    `INSERT INTO trader_links AS l (a, b, kind, found_at)
     SELECT DISTINCT a, b, kind, $4::int8 FROM unnest($1::int8[], $2::int8[], $3::text[]) AS u (a, b, kind)
     ON CONFLICT (a, b, kind) DO UPDATE SET found_at = excluded.found_at
     WHERE l.kind IN ${FOUND_KINDS} AND excluded.found_at > l.found_at + ${NOTED_MS}`,
    [...columns, now],
  );
}

/** What was found of some traders; absent: nothing. */
export async function readSurroundings(
  db: Queryable,
  traderIds: readonly number[],
): Promise<Map<number, FoundSurroundings>> {
  const { rows } = await db.query<{ trader_id: number; ring: boolean; hedged: boolean }>(
    'SELECT trader_id, ring, hedged FROM trader_surroundings WHERE trader_id = ANY ($1::int8[]) ORDER BY trader_id',
    [traderIds],
    'read_surroundings',
  );
  return new Map(
    rows.map((row) => [row.trader_id, { traderId: row.trader_id, ring: row.ring, hedged: row.hedged }]),
  );
}
