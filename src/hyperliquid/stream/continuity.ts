/** Do the venue's newest trades of a coin join what we have, or is something missing between? Pure. */
import { TradeColumns } from '../../domain/trade_columns.ts';
import type { TradeMemory } from '../../domain/trade_memory.ts';

/** Trades that the venue repeats after a subscribe; fewer than this is all that it has. */
const REPLAYED = 30;

/** A span of exchange time (ms, both ends included) in which trades may be missing. */
export interface Gap {
  readonly coin: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export type Join =
  | { readonly joined: true }
  | { readonly joined: false; readonly from: number; readonly to: number };

/**
 * @param rows newest trades of the coin as the venue lists them, without holes between them.
 * @param coveredUntil exchange time up to which the coin was watched although it may not have traded; undefined
 *   if it never was.
 * @param now exchange time now, the end of a gap that nothing bounds.
 */
export function join(
  memory: TradeMemory,
  coin: number,
  rows: TradeColumns,
  coveredUntil: number | undefined,
  now: number,
): Join {
  let oldest = Number.POSITIVE_INFINITY;
  let isKnown = false;
  for (let at = 0; at < rows.length; at++) {
    const time = rows.time[at] as number;
    isKnown ||= memory.has(coin, time, rows.tradeId[at] as number);
    if (time < oldest) oldest = time;
  }
  const latest = memory.latest(coin);
  const from = latest ?? coveredUntil;
  if (from === undefined) return { joined: true };
  const to = Number.isFinite(oldest) ? oldest : now;
  // What we had is in the list, so all that came after it is in the list too.
  const reaches = isKnown || (latest === undefined && (rows.length < REPLAYED || to <= from));
  const floor = memory.floor(coin);
  if (reaches && from >= floor) return { joined: true };
  // The list reaches back, but what came before the floor cannot be told from what we had.
  if (reaches) return { joined: false, from, to: floor };
  return { joined: false, from: Math.min(from, to), to: Math.max(from, to, floor) };
}

/** Exchange time (ms) of the oldest row. */
export function oldestOf(rows: TradeColumns | undefined): number | undefined {
  let oldest: number | undefined;
  for (let at = 0; at < (rows?.length ?? 0); at++)
    oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, rows?.time[at] as number);
  return oldest;
}

/** Rows of both by time; where both have a block, the first one's order goes first and the other repeats it. */
export function mergeByTime(first: TradeColumns, second: TradeColumns, coin: number): TradeColumns {
  const merged = new TradeColumns();
  let i = 0;
  for (let at = 0; at < second.length; at++) {
    if (second.coin[at] !== coin) continue;
    while (i < first.length && (first.time[i] as number) <= (second.time[at] as number))
      merged.pushFrom(first, i++);
    merged.pushFrom(second, at);
  }
  while (i < first.length) merged.pushFrom(first, i++);
  return merged;
}
