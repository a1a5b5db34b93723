/** Details of traders beside their records, and the addresses that their ledgers name. */
import type { Queryable } from './database.ts';

/** Plain JSON of the ranking's: what the venue told, and what the feed added since. */
export interface StoredDetails {
  readonly base: unknown;
  readonly seen: unknown;
}

export async function readDetails(
  db: Queryable,
  traderIds: readonly number[],
): Promise<Map<number, StoredDetails>> {
  const { rows } = await db.query<{ trader_id: number; base: unknown; seen: unknown }>(
    'SELECT trader_id, base, seen FROM trader_details WHERE trader_id = ANY ($1::int8[])',
    [traderIds],
    'read_details',
  );
  return new Map(rows.map((row) => [row.trader_id, { base: row.base, seen: row.seen }]));
}

/** What the venue told; what the feed had added goes. */
export async function writeDetails(tx: Queryable, traderId: number, base: unknown): Promise<void> {
  await tx.query(
    `INSERT INTO trader_details (trader_id, base) VALUES ($1, $2::jsonb)
     ON CONFLICT (trader_id) DO UPDATE SET base = excluded.base, seen = NULL`,
    [traderId, JSON.stringify(base)],
    'write_details',
  );
}

export async function writeSeenDetails(tx: Queryable, traderId: number, seen: unknown): Promise<void> {
  await tx.query(
    'UPDATE trader_details SET seen = $2::jsonb WHERE trader_id = $1',
    [traderId, JSON.stringify(seen)],
    'write_seen_details',
  );
}

/** Adds links; a wallet that was close once stays so. */
export async function writeLedgerLinks(
  tx: Queryable,
  traderId: number,
  links: readonly { readonly address: string; readonly kind: string }[],
): Promise<void> {
  if (links.length === 0) return;
  await tx.query(
    `INSERT INTO ledger_links (trader_id, address, kind)
     SELECT $1, decode(substr(address, 3), 'hex'), kind FROM unnest($2::text[], $3::text[]) AS u (address, kind)
     ON CONFLICT DO NOTHING`,
    [traderId, links.map((link) => link.address), links.map((link) => link.kind)],
    'write_ledger_links',
  );
}
