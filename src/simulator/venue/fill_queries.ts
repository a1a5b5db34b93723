/** Fill answers (protocol reference 2.5): execution order inside one millisecond, newest 10,000 served. */
import type { Lots, MicroUsd, Ticks } from '../../domain/money.ts';
import type * as wire from './answers.ts';
import { wireFill } from './record_views.ts';
import type { FillRecord } from './records.ts';
import type { Account } from './state.ts';
import type { TimeRange } from './types.ts';

const PAGE = 2000;

/** Merges neighbouring fills of one order in one block; the price becomes their average on the tick grid. */
function aggregate(fills: readonly FillRecord[]): FillRecord[] {
  const out: FillRecord[] = [];
  for (const fill of fills) {
    const last = out[out.length - 1];
    if (
      last === undefined ||
      last.oid !== fill.oid ||
      last.time !== fill.time ||
      last.crossed !== fill.crossed
    ) {
      out.push(fill);
      continue;
    }
    const sz = last.sz + fill.sz;
    out[out.length - 1] = {
      ...last,
      px: Math.round((last.px * last.sz + fill.px * fill.sz) / sz) as Ticks,
      sz: sz as Lots,
      closedPnl: (last.closedPnl + fill.closedPnl) as MicroUsd,
      fee: (last.fee + fill.fee) as MicroUsd,
      builderFee:
        last.builderFee === null && fill.builderFee === null
          ? null
          : (((last.builderFee ?? 0) + (fill.builderFee ?? 0)) as MicroUsd),
    };
  }
  return out;
}

function firstAtOrAfter(fills: readonly FillRecord[], time: number): number {
  let low = 0;
  let high = fills.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((fills[middle] as FillRecord).time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function newestFills(
  account: Account | undefined,
  aggregateByTime: boolean,
  served: number,
): wire.WireFill[] {
  const fills = account?.fills.slice(-served) ?? [];
  const merged = aggregateByTime ? aggregate(fills) : fills;
  return merged.slice(-PAGE).reverse().map(wireFill);
}

export function fillsByTime(
  account: Account | undefined,
  range: TimeRange,
  options: { readonly aggregateByTime: boolean; readonly reversed: boolean },
  served: number,
): wire.WireFill[] {
  const fills = account?.fills.slice(-served) ?? [];
  const end =
    range.endTime === null || range.endTime === undefined
      ? fills.length
      : firstAtOrAfter(fills, range.endTime + 1);
  const selected = fills.slice(firstAtOrAfter(fills, range.startTime), end);
  const merged = options.aggregateByTime ? aggregate(selected) : selected;
  return (options.reversed ? [...merged].reverse() : merged).slice(0, PAGE).map(wireFill);
}

export function twapSlices(account: Account | undefined, range: TimeRange | null): wire.WireTwapSliceFill[] {
  const fills = account?.twapFills ?? [];
  const end = range?.endTime ?? Number.POSITIVE_INFINITY;
  const selected =
    range === null
      ? fills.slice(-PAGE).reverse()
      : fills.filter((f) => f.time >= range.startTime && f.time <= end).slice(0, PAGE);
  return selected.map((f) => ({ fill: wireFill(f), twapId: f.twapId ?? 0 }));
}
