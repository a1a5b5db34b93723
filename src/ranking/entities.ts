/**
 * Wallets that belong together: sub-accounts, vault leaders, transfers, common withdrawal addresses, and twins
 * that do the opposite of each other in the same minute. One leg of a hedge looks like a genius; two legs together
 * look like what they are.
 */

export type LinkKind = 'subAccount' | 'vaultLeader' | 'transfer' | 'withdrawal' | 'twin' | 'ring';

export interface Link {
  readonly a: number;
  readonly b: number;
  readonly kind: LinkKind;
}

/** Entity of every linked trader: the smallest trader id of its group. */
export function groupEntities(links: readonly Link[]): Map<number, number> {
  const parent = new Map<number, number>();
  const root = (id: number): number => {
    let at = id;
    for (let up = parent.get(at) ?? at; up !== at; up = parent.get(at) ?? at) {
      parent.set(at, parent.get(up) ?? up);
      at = up;
    }
    return at;
  };
  for (const { a, b } of links) {
    const [x, y] = [root(a), root(b)];
    parent.set(Math.max(x, y), Math.min(x, y));
    if (!parent.has(Math.min(x, y))) parent.set(Math.min(x, y), Math.min(x, y));
  }
  return new Map([...parent.keys()].map((id) => [id, root(id)]));
}

/** A change of position in one coin and minute, as signed notional. */
export interface MinuteChange {
  readonly trader: number;
  readonly coin: number;
  /** ms UTC divided by 60,000. */
  readonly minute: number;
  readonly notional: number;
}

export interface Twins {
  readonly a: number;
  readonly b: number;
  /** Correlation of their changes over every minute in which either moved. */
  readonly correlation: number;
  readonly together: number;
}

/** Minutes and coins with more traders than this say nothing about who belongs together. */
const CROWD = 40;
const LEAST_TOGETHER = 8;
const OPPOSITE = -0.8;

/**
 * Pairs whose changes are opposite (correlation below -0.8, no mean removed: a change of nothing is the natural
 * zero). Only pairs that met in at least eight quiet minutes are looked at, so the cost follows the data.
 */
export function oppositeTwins(changes: readonly MinuteChange[]): Twins[] {
  const sorted = [...changes].sort((p, q) => p.minute - q.minute || p.coin - q.coin || p.trader - q.trader);
  const energy = new Map<number, number>();
  const pairs = new Map<string, { a: number; b: number; dot: number; together: number }>();
  for (let from = 0; from < sorted.length; ) {
    const cell = new Map<number, number>();
    const { minute, coin } = sorted[from] as MinuteChange;
    for (; from < sorted.length; from++) {
      const change = sorted[from] as MinuteChange;
      if (change.minute !== minute || change.coin !== coin) break;
      cell.set(change.trader, (cell.get(change.trader) ?? 0) + change.notional);
    }
    for (const [trader, x] of cell) energy.set(trader, (energy.get(trader) ?? 0) + x * x);
    if (cell.size > 1 && cell.size <= CROWD) meet([...cell], pairs);
  }
  const twins: Twins[] = [];
  for (const { a, b, dot, together } of pairs.values()) {
    const norm = Math.sqrt((energy.get(a) ?? 0) * (energy.get(b) ?? 0));
    const correlation = norm > 0 ? dot / norm : 0;
    if (together >= LEAST_TOGETHER && correlation < OPPOSITE) twins.push({ a, b, correlation, together });
  }
  return twins;
}

/** Every two that moved in the same minute; traders in ascending order. */
function meet(
  members: readonly (readonly [number, number])[],
  pairs: Map<string, { a: number; b: number; dot: number; together: number }>,
): void {
  members.forEach(([a, x], i) => {
    for (const [b, y] of members.slice(i + 1)) {
      const key = `${a}:${b}`;
      const pair = pairs.get(key) ?? { a, b, dot: 0, together: 0 };
      pair.dot += x * y;
      pair.together++;
      pairs.set(key, pair);
    }
  });
}

/** Widths that linked wallets are compared at, in minutes: legs of one hedge need not move in the same one. */
const LINKED_WIDTHS = [1, 60, 240];
const LEAST_LINKED = 4;
/** A change of less than this part of the wallet's usual one is no move: rounding of a round trip, a rest. */
const MOVE = 0.1;

/** What is known of a linked wallet's changes. */
export interface WalletChanges {
  /** Before this minute (ms UTC / 60,000) nothing is known of it; -Infinity: everything is. */
  readonly since: number;
  /** [coin, minute, signed notional]. */
  readonly minutes: readonly (readonly [number, number, number])[];
}

/**
 * Whether one of two linked wallets does the opposite of the other: correlation of their changes below -0.8 in minutes,
 * hours or four hours. That they belong together is known, so a busy minute says as much as a quiet one, and four
 * common moves are enough.
 */
export function isLinkedHedge(a: WalletChanges, b: WalletChanges): boolean {
  const since = Math.max(a.since, b.since);
  return LINKED_WIDTHS.some((width) => {
    const from = Math.ceil(since / width) * width;
    const [x, y] = [cellsOf(a, width, from), cellsOf(b, width, from)];
    const [normX, normY] = [normOf(x), normOf(y)];
    const [leastX, leastY] = [MOVE * (normX / Math.sqrt(x.size)), MOVE * (normY / Math.sqrt(y.size))];
    let dot = 0;
    let together = 0;
    for (const [cell, dx] of x) {
      const dy = y.get(cell) ?? 0;
      dot += dx * dy;
      if (Math.abs(dx) >= leastX && Math.abs(dy) >= leastY && dy !== 0) together++;
    }
    return together >= LEAST_LINKED && dot < OPPOSITE * normX * normY;
  });
}

/** Changes by coin and span of `width` minutes. */
function cellsOf({ minutes }: WalletChanges, width: number, from: number): Map<string, number> {
  const cells = new Map<string, number>();
  for (const [coin, minute, notional] of minutes) {
    if (minute < from) continue;
    const cell = `${coin}:${Math.floor(minute / width)}`;
    cells.set(cell, (cells.get(cell) ?? 0) + notional);
  }
  return cells;
}

const normOf = (cells: ReadonlyMap<string, number>): number =>
  Math.sqrt([...cells.values()].reduce((sum, x) => sum + x * x, 0));

/** Notional that two traders exchanged with each other. */
export interface Counterparty {
  readonly a: number;
  readonly b: number;
  readonly notional: number;
}

const RING_SHARE = 0.3;

/**
 * Traders in a wash ring: pairs that exchanged more than 30 % of their volume, of both, with each other. Of one of them
 * alone it would say nothing: whoever trades little may have met the same market maker each time. `volume` is each
 * trader's total notional.
 */
export function washRings(pairs: readonly Counterparty[], volume: ReadonlyMap<number, number>): Link[] {
  return pairs
    .filter(({ a, b, notional }) => {
      const most = Math.max(volume.get(a) ?? 0, volume.get(b) ?? 0);
      return a === b || (most > 0 && notional > RING_SHARE * most);
    })
    .map(({ a, b }) => ({ a, b, kind: 'ring' }));
}
