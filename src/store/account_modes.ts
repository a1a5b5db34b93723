/** Whose way of holding balances (`userAbstraction`) is worth its weight: rank candidates; watched traders are anyway. */
import type { Queryable } from './database.ts';

/** Asks for the modes of these traders, once a day each from then on. @throws StoreError */
export async function wantModes(db: Queryable, traderIds: readonly number[]): Promise<void> {
  if (traderIds.length === 0) return;
  await db.query(
    'INSERT INTO account_modes (trader_id) SELECT DISTINCT unnest($1::int8[]) ON CONFLICT DO NOTHING',
    [traderIds],
    'want_modes',
  );
}
