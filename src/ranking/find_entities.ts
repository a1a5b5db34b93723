/** Finds which wallets belong together and which of them hide a hedge or a ring, and stores both. */
import type { Clock } from '../runtime/clock.ts';
import type { Database } from '../store/database.ts';
import { readLedgerPairs, readMinutes, readTradedTogether, storeEntities } from '../store/entities.ts';
import { judgeWallets, membersOf } from './wallet_links.ts';

/** Traders whose changes are compared, the most important first. */
const COMPARED = 5_000;
const RING_MS = 86_400_000;
/** What was found stands for as long as the gates look back. */
const KEPT_MS = 90 * 86_400_000;

export interface EntitiesReport {
  readonly links: number;
  readonly hedged: number;
  readonly rings: number;
  /** Traders whose gates must be looked at again. */
  readonly moved: number;
}

export async function findEntities(database: Database, clock: Clock): Promise<EntitiesReport> {
  const now = clock.now();
  const ledger = await readLedgerPairs(database);
  const { links, surroundings } = judgeWallets({
    ledger,
    minutes: await readMinutes(database, COMPARED),
    linkedMinutes: await readMinutes(database, COMPARED, [...membersOf(ledger)]),
    together: await readTradedTogether(database, now - RING_MS),
  });
  const moved = await storeEntities(database, { links, surroundings, now, keptMs: KEPT_MS });
  return {
    links: links.length,
    hedged: surroundings.filter(({ hedged }) => hedged).length,
    rings: surroundings.filter(({ ring }) => ring).length,
    moved,
  };
}
