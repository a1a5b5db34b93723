/**
 * Puts fills into execution order. The venue's order inside one millisecond is the execution order, but pages
 * can repeat and mirrors can shuffle; `startPosition` says which fill came after which, so the order inside one
 * (time, coin) group is the path that starts at the position before it and uses every fill once.
 */
import type { Fill } from './fill.ts';

export interface OrderedFills {
  /** By time, chained inside each millisecond as far as the data allows. */
  readonly fills: Fill[];
  /** Fills that were there more than once (same coin, time, trade id and size) and were dropped. */
  readonly duplicates: number;
}

/** Sorts (stable, by time), removes duplicates and restores the chain inside each millisecond. */
export function orderFills(input: readonly Fill[]): OrderedFills {
  const unique = withoutDuplicates(input);
  const sorted = isByTime(unique) ? unique : [...unique].sort((a, b) => a.time - b.time);
  const position = new Map<number, number>();
  const fills: Fill[] = [];
  for (let from = 0; from < sorted.length; ) {
    const time = sorted[from]?.time;
    let to = from + 1;
    while (to < sorted.length && sorted[to]?.time === time) to++;
    appendGroup(sorted, from, to, position, fills);
    from = to;
  }
  return { fills, duplicates: input.length - unique.length };
}

function isByTime(fills: readonly Fill[]): boolean {
  let last = Number.NEGATIVE_INFINITY;
  for (const fill of fills) {
    if (fill.time < last) return false;
    last = fill.time;
  }
  return true;
}

function withoutDuplicates(input: readonly Fill[]): readonly Fill[] {
  const seen = new Set<string>();
  const unique = input.filter((fill) => {
    const key = `${fill.coin}:${fill.time}:${fill.tradeId}:${fill.size}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return unique;
}

/** Appends the fills of one millisecond; only coins whose given order does not chain are re-ordered. */
function appendGroup(
  sorted: readonly Fill[],
  from: number,
  to: number,
  position: Map<number, number>,
  out: Fill[],
): void {
  const coins = new Map<number, Fill[]>();
  for (let i = from; i < to; i++) {
    const fill = sorted[i];
    if (fill === undefined) continue;
    const list = coins.get(fill.coin);
    if (list) list.push(fill);
    else coins.set(fill.coin, [fill]);
  }
  for (const [coin, list] of coins) {
    const start = position.get(coin) ?? firstPosition(sorted, from, coin);
    const chained = chains(list, start) ? list : rechain(list, start);
    for (const fill of chained) out.push(fill);
    const last = chained[chained.length - 1];
    if (last) position.set(coin, last.startPosition + last.size);
  }
}

/**
 * The position of a coin before its first known fill. Fills of one millisecond that return to where they began chain
 * from any of their positions; the first millisecond that does not return says where all before it began. Undefined
 * where none does: then the order as given is all that is known.
 */
function firstPosition(sorted: readonly Fill[], from: number, coin: number): number | undefined {
  const balance = new Map<number, number>();
  let time = sorted[from]?.time;
  for (let i = from; i < sorted.length; i++) {
    const fill = sorted[i];
    if (fill === undefined || fill.coin !== coin) continue;
    if (fill.time !== time) {
      const start = departure(balance);
      if (start !== undefined) return start;
      balance.clear();
      time = fill.time;
    }
    const end = fill.startPosition + fill.size;
    balance.set(fill.startPosition, (balance.get(fill.startPosition) ?? 0) + 1);
    balance.set(end, (balance.get(end) ?? 0) - 1);
  }
  return departure(balance);
}

/** The first position that more fills leave than reach. */
function departure(balance: ReadonlyMap<number, number>): number | undefined {
  for (const [position, surplus] of balance) if (surplus > 0) return position;
  return undefined;
}

function chains(list: readonly Fill[], start: number | undefined): boolean {
  let at = start ?? list[0]?.startPosition;
  for (const fill of list) {
    if (fill.startPosition !== at) return false;
    at = fill.startPosition + fill.size;
  }
  return true;
}

/**
 * Hierholzer's path over positions as nodes and fills as edges: linear in the number of fills. Where no single
 * path uses all fills, the pieces follow one another and the episode engine sees the breaks.
 */
function rechain(list: readonly Fill[], start: number | undefined): Fill[] {
  const outgoing = new Map<number, Fill[]>();
  const balance = new Map<number, number>();
  for (let i = list.length - 1; i >= 0; i--) {
    const fill = list[i];
    if (fill === undefined) continue;
    const end = fill.startPosition + fill.size;
    const edges = outgoing.get(fill.startPosition);
    if (edges) edges.push(fill);
    else outgoing.set(fill.startPosition, [fill]);
    balance.set(fill.startPosition, (balance.get(fill.startPosition) ?? 0) + 1);
    balance.set(end, (balance.get(end) ?? 0) - 1);
  }
  const result: Fill[] = [];
  let next = start !== undefined && outgoing.has(start) ? start : firstNode(list, balance);
  while (result.length < list.length && next !== undefined) {
    for (const fill of pathFrom(next, outgoing, balance)) result.push(fill);
    next = result.length < list.length ? firstNode(list, balance, outgoing) : undefined;
  }
  return result;
}

/** Where a path must begin: a node with more fills leaving than arriving, else any node with a fill left. */
function firstNode(
  list: readonly Fill[],
  balance: ReadonlyMap<number, number>,
  outgoing?: ReadonlyMap<number, Fill[]>,
): number | undefined {
  let any: number | undefined;
  for (const fill of list) {
    if (outgoing && (outgoing.get(fill.startPosition)?.length ?? 0) === 0) continue;
    if ((balance.get(fill.startPosition) ?? 0) > 0) return fill.startPosition;
    any ??= fill.startPosition;
  }
  return any;
}

function pathFrom(start: number, outgoing: Map<number, Fill[]>, balance: Map<number, number>): Fill[] {
  const stack: { node: number; via: Fill | undefined }[] = [{ node: start, via: undefined }];
  const path: Fill[] = [];
  for (let top = stack[stack.length - 1]; top !== undefined; top = stack[stack.length - 1]) {
    const fill = outgoing.get(top.node)?.pop();
    if (fill !== undefined) {
      const end = fill.startPosition + fill.size;
      balance.set(fill.startPosition, (balance.get(fill.startPosition) ?? 0) - 1);
      balance.set(end, (balance.get(end) ?? 0) + 1);
      stack.push({ node: end, via: fill });
    } else {
      stack.pop();
      if (top.via) path.push(top.via);
    }
  }
  return path.reverse();
}
