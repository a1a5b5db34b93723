/** Fill answers (protocol reference 2.5): execution order inside one millisecond, newest 10,000 served. */
import type * as wire from './answers.ts';
import { joined } from './history_port.ts';
import type { FillRecord } from './records.ts';
import type { Account } from './state.ts';
import type { TimeRange } from './types.ts';
import { aggregateFills, viewFill } from './views.ts';

const PAGE = 2000;

const newest = (account: Account, served: number): readonly FillRecord[] =>
  joined(account.past?.fills(), account.fills).slice(-served);

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
  const fills = account === undefined ? [] : newest(account, served);
  const merged = aggregateByTime ? aggregateFills(fills) : fills;
  return merged.slice(-PAGE).reverse().map(viewFill);
}

export function fillsByTime(
  account: Account | undefined,
  range: TimeRange,
  options: { readonly aggregateByTime: boolean; readonly reversed: boolean },
  served: number,
): wire.WireFill[] {
  const fills = account === undefined ? [] : newest(account, served);
  const end =
    range.endTime === null || range.endTime === undefined
      ? fills.length
      : firstAtOrAfter(fills, range.endTime + 1);
  const selected = fills.slice(firstAtOrAfter(fills, range.startTime), end);
  const merged = options.aggregateByTime ? aggregateFills(selected) : selected;
  return (options.reversed ? [...merged].reverse() : merged).slice(0, PAGE).map(viewFill);
}

export function twapSlices(account: Account | undefined, range: TimeRange | null): wire.WireTwapSliceFill[] {
  const fills = account === undefined ? [] : joined(account.past?.twapFills(), account.twapFills);
  const end = range?.endTime ?? Number.POSITIVE_INFINITY;
  const selected =
    range === null
      ? fills.slice(-PAGE).reverse()
      : fills.filter((f) => f.time >= range.startTime && f.time <= end).slice(0, PAGE);
  return selected.map((f) => ({ fill: viewFill(f), twapId: f.twapId ?? 0 }));
}
