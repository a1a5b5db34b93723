/**
 * Compares an account snapshot of the venue with the book as it was at the snapshot's time, and puts the book right.
 * Pure and deterministic.
 */
import { type ChangeColumns, ESTIMATED, EXACT, KNOWN, QUARANTINED, STALE } from '../domain/change_columns.ts';
import { type AveragePosition, afterFill, type PositionKnown } from '../domain/position.ts';
import type { PositionBook } from './position_book.ts';
import type { Delta } from './recent_deltas.ts';
import type { TraderDexState, TraderDexs } from './trader_dexs.ts';

/** Audits in a row that must agree before a trader leaves quarantine. */
const AGREEMENTS = 2;
/** An account whose equity is below this share of what the book thought it held has been liquidated. */
const WIPED_OUT = 0.01;
/** The venue cuts entry prices to a tick; so does what the book took over from it before. */
const ENTRY_ROUNDING_TICKS = 2;

/** A trader's open positions on one dex at one moment. Sizes in lots, cost in micro-USD (size times entry price). */
export interface Snapshot {
  readonly traderId: number;
  readonly dex: string;
  /** The venue's time, ms. */
  readonly time: number;
  /** USD; a statistic here. */
  readonly accountValue: number;
  readonly positions: ReadonlyMap<number, AveragePosition>;
}

/**
 * A transfer is none: accounts cannot hand positions to each other. Nor is an error of ours: a frame that was lost
 * without a sign leaves the same difference.
 */
export type DriftCause =
  /** A recorded gap of the feed lies between. */
  | 'feed_gap'
  /** The coin was delisted and settled without a trade. */
  | 'settlement'
  /** The account is empty: liquidated or deleveraged without a trade that we saw. */
  | 'liquidation'
  /** A frame lost without a sign, a backstop takeover, or an error of ours. */
  | 'unexplained';

export interface Drift {
  readonly coinId: number;
  /** Lots at the snapshot's time. */
  readonly bookSize: number;
  readonly venueSize: number;
  readonly known: PositionKnown;
  readonly cause: DriftCause;
}

export type Verdict =
  /** The snapshot cannot be compared: poll again. */
  | { readonly kind: 'again'; readonly reason: 'same_millisecond' | 'too_old' }
  | {
      readonly kind: 'judged';
      /** The first snapshot of this trader on this dex. */
      readonly seeded: boolean;
      readonly drifts: readonly Drift[];
      readonly state: TraderDexState;
      readonly nextOffset: number;
      /** Slots that were left out: to be stored no later than `state`, see `setAside`. */
      readonly aside: readonly number[];
      /** Slots that are in quarantine now: to be stored no later than `state`, or a crash would make them exact again. */
      readonly quarantined: readonly number[];
    };

export interface AuditContext {
  readonly book: PositionBook;
  readonly dexs: TraderDexs;
  readonly isDelisted: (coin: number) => boolean;
  /** Coins whose feed has passed the snapshot's time: others cannot be compared and stay as they are, unless delisted. */
  readonly isFollowed: (coin: number) => boolean;
  readonly changes: ChangeColumns;
  readonly nextOffset: number;
  /** Wall clock, ms. */
  readonly now: number;
}

interface Compared {
  readonly slot: number;
  readonly coin: number;
  readonly bookSize: number;
  readonly venue: AveragePosition;
  readonly after: readonly Delta[];
}

const FLAT: AveragePosition = { size: 0, cost: 0 };

/** Coins that matter for this snapshot: those that the venue lists and those that the book knows. */
export function auditedCoins(snapshot: Snapshot, book: PositionBook, dexs: TraderDexs): Set<number> {
  const coins = new Set(snapshot.positions.keys());
  for (const slot of book.slotsOf(snapshot.traderId)) {
    const coin = book.pairs.coinOf(slot);
    if (dexs.isOnDex(coin, snapshot.dex)) coins.add(coin);
  }
  return coins;
}

export function audit(snapshot: Snapshot, context: AuditContext): Verdict {
  const { book, dexs, isFollowed, isDelisted } = context;
  const all = [...auditedCoins(snapshot, book, dexs)];
  const coins = all.filter((coin) => isFollowed(coin) || isDelisted(coin));
  if (!book.recent.reaches(snapshot.time)) return { kind: 'again', reason: 'too_old' };
  // A server that lags behind the one that answered before: what that one corrected is not among the recent deltas.
  if (snapshot.time < (dexs.get(snapshot.traderId, snapshot.dex)?.seededAt ?? 0))
    return { kind: 'again', reason: 'too_old' };
  // A gap that ended after the snapshot may hide trades between the two.
  if (coins.some((coin) => book.exactSince(coin) > snapshot.time))
    return { kind: 'again', reason: 'too_old' };
  const slots = new Map(coins.map((coin) => [book.slot(snapshot.traderId, coin), coin]));
  const deltas = book.recent.since(snapshot.time, (slot) => slots.has(slot));
  const compared: Compared[] = [];
  for (const [slot, coin] of slots) {
    const after = deltas.get(slot) ?? [];
    if (after.some((delta) => delta.time === snapshot.time))
      return { kind: 'again', reason: 'same_millisecond' };
    const moved = after.reduce((sum, delta) => sum + delta.lots, 0);
    const venue = snapshot.positions.get(coin) ?? FLAT;
    compared.push({ slot, coin, bookSize: book.state(slot).size - moved, venue, after });
  }
  const others = all.filter((coin) => !coins.includes(coin));
  return settle(snapshot, compared, setAside(snapshot.traderId, others, book), context);
}

/**
 * Slots of coins that are left out, as they were known before this snapshot. What comes of their trades later, some of
 * them from before the snapshot, goes on from there: a slot that were only made then would begin flat at the snapshot.
 * A coin that was never followed needs none: when it is, no earlier snapshot vouches for it.
 */
function setAside(trader: number, coins: readonly number[], book: PositionBook): number[] {
  return coins.filter((coin) => book.exactSince(coin) > 0).map((coin) => book.slot(trader, coin));
}

function settle(
  snapshot: Snapshot,
  compared: readonly Compared[],
  aside: readonly number[],
  context: AuditContext,
): Verdict {
  const { book, dexs, changes, now } = context;
  const drifts = compared.flatMap((one) => driftOf(one, snapshot, context) ?? []);
  const before = dexs.get(snapshot.traderId, snapshot.dex);
  const inDoubt = drifts.some((drift) => drift.cause !== 'feed_gap');
  const agreements = inDoubt ? 0 : (before?.agreements ?? 0) + 1;
  const quarantined = inDoubt || (before?.quarantined === true && agreements < AGREEMENTS);
  const state: TraderDexState = { seededAt: snapshot.time, agreements, quarantined };
  dexs.set(snapshot.traderId, snapshot.dex, state);
  let { nextOffset } = context;
  for (const slot of aside)
    if (quarantined && book.knownOf(slot) === EXACT) book.mark(slot, QUARANTINED, 0, nextOffset);
  for (const { slot, bookSize, venue, after } of compared) {
    const wasExact = book.knownOf(slot) === EXACT;
    book.mark(slot, quarantined ? QUARANTINED : EXACT, snapshot.time, nextOffset);
    const { size, cost } = after.reduce<AveragePosition>(
      (position, delta) => afterFill(position, delta.lots, delta.price),
      venue,
    );
    // The same size again at another price is another position: a round trip that nobody saw lies between.
    const isSame = Math.abs(book.state(slot).cost - cost) <= ENTRY_ROUNDING_TICKS * Math.abs(size);
    if (bookSize === venue.size && wasExact && isSame) continue;
    nextOffset = book.correct(slot, { size, cost, time: snapshot.time, now }, changes, nextOffset);
  }
  const slots = quarantined ? compared.map(({ slot }) => slot) : [];
  return {
    kind: 'judged',
    seeded: before === undefined,
    drifts,
    state,
    nextOffset,
    aside,
    quarantined: slots,
  };
}

/** A difference that the book should not have had: what was never seeded cannot drift. */
function driftOf(one: Compared, snapshot: Snapshot, context: AuditContext): Drift | undefined {
  const known = context.book.knownOf(one.slot);
  if (one.bookSize === one.venue.size || known === ESTIMATED) return undefined;
  return {
    coinId: one.coin,
    bookSize: one.bookSize,
    venueSize: one.venue.size,
    known: KNOWN[known] as PositionKnown,
    cause: causeOf(one, known, snapshot, context),
  };
}

function causeOf(one: Compared, known: number, snapshot: Snapshot, context: AuditContext): DriftCause {
  if (one.venue.size === 0 && context.isDelisted(one.coin)) return 'settlement';
  if (known === STALE) return 'feed_gap';
  if (one.venue.size === 0) {
    const held = context.book.state(one.slot).cost / 1e6;
    if (snapshot.positions.size === 0 && snapshot.accountValue < held * WIPED_OUT) return 'liquidation';
  }
  return 'unexplained';
}
