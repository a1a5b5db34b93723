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

/** The mode of a trader's account if it was asked after `since` (ms UTC); undefined: not known. @throws StoreError */
export async function readMode(db: Queryable, traderId: number, since: number): Promise<string | undefined> {
  const { rows } = await db.query<{ mode: string }>(
    'SELECT mode FROM account_modes WHERE trader_id = $1 AND checked_at > $2',
    [traderId, since],
    'read_mode',
  );
  return rows[0]?.mode;
}

/**
 * Keeps the mode as the venue has just told it (`now`, ms UTC). A trader in the table is asked again every day, so one
 * whose balances are where everybody's are is put there by those who want to know.
 * @throws StoreError
 */
export async function noteMode(
  db: Queryable,
  told: {
    readonly traderId: number;
    readonly mode: string;
    readonly unified: boolean;
    readonly now: number;
  },
): Promise<void> {
  const { traderId, mode, unified, now } = told;
  await db.query(
    `WITH known AS (UPDATE account_modes SET mode = $2, checked_at = $3 WHERE trader_id = $1 RETURNING 1)
     INSERT INTO account_modes (trader_id, mode, checked_at) SELECT $1, $2, $3
     WHERE $4 AND NOT EXISTS (SELECT FROM known) ON CONFLICT (trader_id) DO NOTHING`,
    [traderId, mode, now, unified],
    'note_mode',
  );
}
