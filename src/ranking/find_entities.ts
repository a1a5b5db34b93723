/** Finds which wallets belong together and which of them hide a hedge or a ring, and stores both. */
import type { Clock } from '../runtime/clock.ts';
import type { Database } from '../store/database.ts';
import {
  readLedgerPairs,
  readMinutes,
  readTradedTogether,
  storeEntities,
  type WalletLink,
} from '../store/entities.ts';
import { MINUTES } from './details.ts';
import {
  isLinkedHedge,
  type MinuteChange,
  oppositeTwins,
  type WalletChanges,
  washRings,
} from './entities.ts';

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
  const twins = oppositeTwins(await changes(database)).map(
    ({ a, b }): WalletLink => ({ a: Math.min(a, b), b: Math.max(a, b), kind: 'twin' }),
  );
  const together = await readTradedTogether(database, now - RING_MS);
  const volumes = new Map(
    together.flatMap(({ a, b, volumeA, volumeB }) => [[a, volumeA] as const, [b, volumeB] as const]),
  );
  // Whoever trades with himself is no pair, but a ring all the same.
  const rings = washRings(together, volumes);
  const legs = await linkedHedges(database, ledger);
  const hedged = new Set([...twins, ...legs].flatMap(({ a, b }) => [a, b]));
  const ringed = new Set(rings.flatMap(({ a, b }) => [a, b]));
  const surroundings = [...new Set([...hedged, ...ringed])].map((traderId) => ({
    traderId,
    ring: ringed.has(traderId),
    hedged: hedged.has(traderId),
  }));
  const links = [...ledger, ...twins, ...rings.filter(({ a, b }) => a !== b)];
  const moved = await storeEntities(database, { links, surroundings, now, keptMs: KEPT_MS });
  return { links: links.length, hedged: hedged.size, rings: ringed.size, moved };
}

/** Pairs of a ledger in which one wallet does the opposite of the other. */
async function linkedHedges(database: Database, ledger: readonly WalletLink[]): Promise<WalletLink[]> {
  const members = [...new Set(ledger.flatMap(({ a, b }) => [a, b]))];
  const known = new Map<number, WalletChanges>();
  for (const { traderId, minutes } of await readMinutes(database, COMPARED, members)) {
    const rows = minutes as WalletChanges['minutes'];
    const since = rows.length < MINUTES ? Number.NEGATIVE_INFINITY : (rows[0]?.[1] ?? 0);
    known.set(traderId, { since, minutes: rows });
  }
  return ledger.filter((link) => {
    const [a, b] = [known.get(link.a), known.get(link.b)];
    return a !== undefined && b !== undefined && isLinkedHedge(a, b);
  });
}

async function changes(database: Database): Promise<MinuteChange[]> {
  const out: MinuteChange[] = [];
  for (const { traderId, minutes } of await readMinutes(database, COMPARED)) {
    for (const [coin, minute, notional] of minutes as readonly (readonly [number, number, number])[]) {
      out.push({ trader: traderId, coin, minute, notional });
    }
  }
  return out;
}
