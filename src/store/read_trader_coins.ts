import type { Queryable } from './database.ts';

/** Symbols of the coins of which a trader has or had a position, in the order of the alphabet, at most 500. */
export async function readTraderCoins(db: Queryable, traderId: number): Promise<string[]> {
  const { rows } = await db.query<{ symbol: string }>(
    `SELECT DISTINCT CASE WHEN c.dex = '' THEN c.name ELSE c.dex || ':' || c.name END AS symbol
     FROM positions JOIN coins c USING (coin_id) WHERE trader_id = $1 ORDER BY symbol LIMIT 500`,
    [traderId],
    'read_trader_coins',
  );
  return rows.map((row) => row.symbol);
}
