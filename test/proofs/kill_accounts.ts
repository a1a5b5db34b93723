/** What the tables say about every trade and every position, against what the venue made. */

import type { Address } from '../../src/domain/address.ts';
import { coinSymbol } from '../../src/domain/coin.ts';
import type { TradeRecord } from '../../src/simulator/venue/records.ts';
import type { VenueQueries } from '../../src/simulator/venue/types.ts';
import type { Database } from '../../src/store/database.ts';

export interface Accounted {
  readonly stored: number;
  /** Not stored, inside a recorded gap. */
  readonly inGaps: number;
  /** Sides of stored trades that came after the audit whose snapshot had them already: no change of their own. */
  readonly inSnapshots: number;
}

interface Gap {
  readonly coin_id: number;
  readonly from_time: number;
  readonly to_time: number;
}

/**
 * @param watchedSince what was made by then (the venue's time, ms) need not be there: nobody had watched yet.
 * @throws Error naming the first trade, side or change that is not as it must be.
 */
export async function everyTradeIsAccountedFor(
  database: Database,
  made: readonly TradeRecord[],
  watchedSince: number,
): Promise<Accounted> {
  await theLogIsWhole(database);
  const ids = new Map((await coinsOf(database)).map(({ id, symbol }) => [symbol, id]));
  const { keys: stored, inSnapshots } = await tradesOf(database);
  const gaps = (await database.query<Gap>('SELECT coin_id, from_time, to_time FROM feed_gaps')).rows;
  const counts = { stored: stored.size, inGaps: 0, inSnapshots };
  for (const { coin, tid, time } of made) {
    const coinId = ids.get(coin.symbol) ?? 0;
    if (stored.delete(`${coinId} ${tid}`) || time <= watchedSince) continue;
    if (!gaps.some((gap) => gap.coin_id === coinId && gap.from_time <= time && time <= gap.to_time))
      throw new Error(`trade ${tid} of ${coin.symbol} at ${time} is neither stored nor in a gap`);
    counts.inGaps++;
  }
  if (stored.size > 0) throw new Error(`${stored.size} stored trades were never made`);
  return counts;
}

const coinsOf = async (database: Database) =>
  (
    await database.query<{ coin_id: number; dex: string; name: string }>(
      'SELECT coin_id, dex, name FROM coins',
    )
  ).rows.map((row) => ({ id: row.coin_id, symbol: coinSymbol(row) }));

interface TradeSides {
  readonly coin_id: number | null;
  readonly trade_id: number;
  readonly bought: number;
  readonly sold: number;
  /** Whether a snapshot that had come before the trade did is of a state with it. */
  readonly buyer_seen: boolean;
  readonly seller_seen: boolean;
}

const seen = (side: 'buyer' | 'seller') => `EXISTS (
  SELECT FROM account_snapshots a JOIN coins c USING (dex)
  WHERE c.coin_id = t.coin_id AND a.trader_id = t.${side}_id AND a.state_time >= t.time AND a.received_at <= t.received_at)
  AS ${side}_seen`;

/**
 * "coin id, trade id" of every stored trade. A side is in one change; or in none, where an audit had put the position
 * right with a state that already had the trade (a frame that was lost and is replayed): counted twice it would be
 * wrong. @throws Error if one is neither.
 */
async function tradesOf(database: Database): Promise<{ keys: Set<string>; inSnapshots: number }> {
  const { rows } = await database.query<TradeSides>(
    `WITH sides AS (
       SELECT coin_id, trade_id, count(*) FILTER (WHERE size_after > size_before) AS bought,
         count(*) FILTER (WHERE size_after < size_before) AS sold
       FROM position_changes, unnest(trade_ids) AS trade_id GROUP BY 1, 2)
     SELECT t.coin_id, trade_id, coalesce(s.bought, 0) AS bought, coalesce(s.sold, 0) AS sold,
       coalesce(s.bought, 0) = 0 AND ${seen('buyer')}, coalesce(s.sold, 0) = 0 AND ${seen('seller')}
     FROM trades t FULL JOIN sides s USING (coin_id, trade_id)`,
  );
  const keys = new Set<string>();
  let inSnapshots = 0;
  for (const { coin_id, trade_id, bought, sold, buyer_seen, seller_seen } of rows) {
    const key = `${coin_id} ${trade_id}`;
    if (coin_id === null) throw new Error('a change names a trade that is not stored');
    if (bought > 1 || sold > 1 || (bought === 0 && !buyer_seen) || (sold === 0 && !seller_seen))
      throw new Error(
        `trade ${trade_id} of coin ${coin_id} is in ${bought} buying and ${sold} selling changes`,
      );
    inSnapshots += Number(buyer_seen) + Number(seller_seen);
    if (keys.has(key)) throw new Error(`trade ${key} is stored twice`);
    keys.add(key);
  }
  return { keys, inSnapshots };
}

/** Offsets are dense from 1 on in one epoch, and every change begins where the one before it ended. */
async function theLogIsWhole(database: Database): Promise<void> {
  const { rows } = await database.query<{ count: number; last: number; epochs: number; breaks: number }>(
    `SELECT count(*) AS count, coalesce(max(log_offset), 0) AS last, count(DISTINCT epoch) AS epochs,
       count(*) FILTER (WHERE size_before <> before) AS breaks
     FROM (SELECT epoch, log_offset, size_before, lag(size_after, 1, 0)
             OVER (PARTITION BY trader_id, coin_id ORDER BY log_offset) AS before FROM position_changes) log`,
  );
  const { count = -1, last = 0, epochs = 0, breaks = 0 } = rows[0] ?? {};
  if (count !== last || epochs !== 1) throw new Error(`${count} changes, the last has offset ${last}`);
  if (breaks > 0) throw new Error(`${breaks} changes do not begin where the one before them ended`);
}

/** Positions in which the fold of the log and the venue differ. */
export async function foldDifferences(
  database: Database,
  venue: Pick<VenueQueries, 'clearinghouseState' | 'dexNames'>,
): Promise<
  { readonly trader: string; readonly coin: string; readonly logged: number; readonly venue: number }[]
> {
  const { rows } = await database.query<{ address: Buffer; dex: string; name: string; size: string }>(
    `SELECT t.address, c.dex, c.name, p.size_after::text AS size
     FROM traders t LEFT JOIN LATERAL (
       SELECT DISTINCT ON (coin_id) coin_id, size_after FROM position_changes WHERE trader_id = t.trader_id
       ORDER BY coin_id, log_offset DESC) p ON true LEFT JOIN coins c USING (coin_id)`,
  );
  const logged = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const address = `0x${row.address.toString('hex')}`;
    const sizes = logged.get(address) ?? new Map<string, number>();
    logged.set(address, sizes);
    if (row.name !== null && Number(row.size) !== 0) sizes.set(coinSymbol(row), Number(row.size));
  }
  const differences: { trader: string; coin: string; logged: number; venue: number }[] = [];
  for (const [trader, sizes] of logged) {
    const held = new Map<string, number>();
    for (const dex of venue.dexNames())
      for (const { position } of venue.clearinghouseState(trader as Address, dex).assetPositions)
        held.set(position.coin, Number(position.szi));
    for (const coin of new Set([...sizes.keys(), ...held.keys()])) {
      const both = { logged: sizes.get(coin) ?? 0, venue: held.get(coin) ?? 0 };
      if (both.logged !== both.venue) differences.push({ trader, coin, ...both });
    }
  }
  return differences;
}
