/** Judges from what was seen of wallets which belong together and which of them hide a hedge or a ring. Pure. */
import { MINUTES } from './details.ts';
import {
  type Counterparty,
  isLinkedHedge,
  type MinuteChange,
  oppositeTwins,
  type WalletChanges,
  washRings,
} from './entities.ts';

/** Two wallets and what links them. */
interface Pair {
  readonly a: number;
  readonly b: number;
  readonly kind: string;
}

/** Changes of a trader's positions by minute, as `Details` keeps them. */
interface TraderMinutes {
  readonly traderId: number;
  readonly minutes: unknown;
}

/** What was seen. */
export interface Sightings {
  /** Pairs that a ledger names. */
  readonly ledger: readonly Pair[];
  /** Of the traders who are compared with one another. */
  readonly minutes: readonly TraderMinutes[];
  /** Of the members of `ledger`. */
  readonly linkedMinutes: readonly TraderMinutes[];
  /** Pairs that traded with each other of late, USD, and all that each of them traded. */
  readonly together: readonly (Counterparty & { readonly volumeA: number; readonly volumeB: number })[];
}

export interface WalletFindings {
  readonly links: readonly Pair[];
  /** Traders of whom something was found. */
  readonly surroundings: readonly {
    readonly traderId: number;
    readonly ring: boolean;
    readonly hedged: boolean;
  }[];
}

type Minutes = WalletChanges['minutes'];

export function judgeWallets({ ledger, minutes, linkedMinutes, together }: Sightings): WalletFindings {
  const twins = oppositeTwins(changesOf(minutes)).map(
    ({ a, b }): Pair => ({ a: Math.min(a, b), b: Math.max(a, b), kind: 'twin' }),
  );
  const volumes = new Map(
    together.flatMap(({ a, b, volumeA, volumeB }) => [[a, volumeA] as const, [b, volumeB] as const]),
  );
  // Whoever trades with himself is no pair, but a ring all the same.
  const rings = washRings(together, volumes);
  const hedged = membersOf([...twins, ...linkedHedges(ledger, linkedMinutes)]);
  const ringed = membersOf(rings);
  return {
    links: [...ledger, ...twins, ...rings.filter(({ a, b }) => a !== b)],
    surroundings: [...new Set([...hedged, ...ringed])].map((traderId) => ({
      traderId,
      ring: ringed.has(traderId),
      hedged: hedged.has(traderId),
    })),
  };
}

export const membersOf = (pairs: readonly { readonly a: number; readonly b: number }[]): Set<number> =>
  new Set(pairs.flatMap(({ a, b }) => [a, b]));

/** Pairs of a ledger in which one wallet does the opposite of the other. */
function linkedHedges(ledger: readonly Pair[], seen: readonly TraderMinutes[]): readonly Pair[] {
  const known = new Map<number, WalletChanges>();
  for (const { traderId, minutes } of seen) {
    const rows = minutes as Minutes;
    const since = rows.length < MINUTES ? Number.NEGATIVE_INFINITY : (rows[0]?.[1] ?? 0);
    known.set(traderId, { since, minutes: rows });
  }
  return ledger.filter((link) => {
    const [a, b] = [known.get(link.a), known.get(link.b)];
    return a !== undefined && b !== undefined && isLinkedHedge(a, b);
  });
}

const changesOf = (seen: readonly TraderMinutes[]): MinuteChange[] =>
  seen.flatMap(({ traderId, minutes }) =>
    (minutes as Minutes).map(([coin, minute, notional]) => ({ trader: traderId, coin, minute, notional })),
  );
