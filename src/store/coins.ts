/** Perpetuals: written by the stream role when the venue's list changes. */
import type { CoinKey } from '../domain/coin.ts';
import { coinSymbol } from '../domain/coin.ts';
import type { ListedCoin } from '../domain/listed_coin.ts';
import type { Queryable } from './database.ts';

export interface StoredCoin extends ListedCoin {
  readonly maxLeverage: number;
  readonly delisted: boolean;
}

/** A perpetual as the venue lists it now. */
export interface VenueCoin extends CoinKey {
  readonly sizeDecimals: number;
  readonly maxLeverage: number;
  readonly delisted: boolean;
}

interface CoinRow {
  coin_id: number;
  dex: string;
  name: string;
  size_decimals: number;
  max_leverage: number;
  delisted: boolean;
}

const toCoin = (row: CoinRow): StoredCoin => ({
  id: row.coin_id,
  dex: row.dex,
  name: row.name,
  symbol: coinSymbol(row),
  sizeDecimals: row.size_decimals,
  maxLeverage: row.max_leverage,
  delisted: row.delisted,
});

/** All coins under their current ids, delisted ones included; with `retired` also their former ids, first. */
export async function readCoins(db: Queryable, retired = false): Promise<StoredCoin[]> {
  const { rows } = await db.query<CoinRow>(
    `SELECT coin_id, dex, name, size_decimals, max_leverage, delisted FROM coins
     ${retired ? '' : 'WHERE retired_at IS NULL'} ORDER BY retired_at NULLS LAST, coin_id`,
  );
  return rows.map(toCoin);
}

/**
 * Brings the table to the venue's list: new coins get the next ids, changed ones are updated, one whose precision
 * changed is retired and goes on under a new id, one that the venue no longer names counts as delisted.
 * @param dexs the dexs that `venue` covers; coins of others stay as they are.
 * @returns all coins afterwards.
 */
export async function syncCoins(
  tx: Queryable,
  venue: readonly VenueCoin[],
  dexs: ReadonlySet<string>,
  now: number,
): Promise<StoredCoin[]> {
  const stored = new Map((await readCoins(tx)).map((coin) => [coin.symbol, coin]));
  const { rows } = await tx.query<{ next: number }>(
    'SELECT coalesce(max(coin_id), 0) + 1 AS next FROM coins',
  );
  let nextId = rows[0]?.next ?? 1;
  const listed = new Set<string>();
  for (const coin of venue) {
    const symbol = coinSymbol(coin);
    listed.add(symbol);
    const known = stored.get(symbol);
    if (known !== undefined && known.sizeDecimals === coin.sizeDecimals) {
      if (known.maxLeverage !== coin.maxLeverage || known.delisted !== coin.delisted) {
        await tx.query('UPDATE coins SET max_leverage = $2, delisted = $3 WHERE coin_id = $1', [
          known.id,
          coin.maxLeverage,
          coin.delisted,
        ]);
      }
      continue;
    }
    if (known !== undefined)
      await tx.query('UPDATE coins SET retired_at = $2 WHERE coin_id = $1', [known.id, now]);
    await tx.query(
      `INSERT INTO coins (coin_id, dex, name, size_decimals, max_leverage, delisted, first_seen_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [nextId++, coin.dex, coin.name, coin.sizeDecimals, coin.maxLeverage, coin.delisted, now],
    );
  }
  for (const coin of stored.values()) {
    if (listed.has(coin.symbol) || coin.delisted || !dexs.has(coin.dex)) continue;
    await tx.query('UPDATE coins SET delisted = true WHERE coin_id = $1', [coin.id]);
  }
  return readCoins(tx);
}

/** Ids of the coins that were watched when the stream last looked. */
export async function readWatchedCoins(db: Queryable): Promise<Set<number>> {
  const { rows } = await db.query<{ coin_id: number }>(
    'SELECT coin_id FROM coins WHERE watched_since IS NOT NULL AND retired_at IS NULL',
  );
  return new Set(rows.map((row) => row.coin_id));
}

/** Notes which coins (by id) are watched from now on. */
export async function setWatchedCoins(tx: Queryable, coinIds: readonly number[], now: number): Promise<void> {
  await tx.query(
    `UPDATE coins SET watched_since = CASE WHEN coin_id = ANY ($1::int4[]) THEN $2::int8 END
     WHERE (coin_id = ANY ($1::int4[])) <> (watched_since IS NOT NULL)`,
    [coinIds, now],
  );
}
