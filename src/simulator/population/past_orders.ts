/** Orders and TWAPs of the past, read back from their fills: all of them were filled. */
import type { Lots, MicroUsd } from '../../domain/money.ts';
import type { FillRecord, OrderUpdateRecord, TwapRecord } from '../venue/records.ts';

/** Between two slices, and before the first. */
const SLICE_MS = 30_000;

function groupedBy<K>(fills: readonly FillRecord[], keyOf: (fill: FillRecord) => K): FillRecord[][] {
  const groups = new Map<K, FillRecord[]>();
  for (const fill of fills) {
    const group = groups.get(keyOf(fill));
    if (group === undefined) groups.set(keyOf(fill), [fill]);
    else group.push(fill);
  }
  return [...groups.values()];
}

const sizeOf = (fills: readonly FillRecord[]): Lots => fills.reduce((sum, { sz }) => sum + sz, 0) as Lots;

/** By the time of the last fill. @param fills of one account without TWAP slices, oldest first */
export function ordersOf(fills: readonly FillRecord[]): OrderUpdateRecord[] {
  const orders = groupedBy(fills, (fill) => fill.oid).map((group): OrderUpdateRecord => {
    const [first] = group as [FillRecord, ...FillRecord[]];
    const last = group.at(-1) ?? first;
    const order = {
      user: first.user,
      coin: first.coin,
      oid: first.oid,
      cloid: null,
      side: first.side,
      limitPx: last.px,
      sz: 0 as Lots,
      origSz: sizeOf(group),
      timestamp: first.time,
      reduceOnly: false,
      tif: first.crossed ? ('Ioc' as const) : ('Gtc' as const),
      trigger: null,
      isPositionTpsl: false,
      children: [],
    };
    return { order, status: 'filled', statusTimestamp: last.time };
  });
  return orders.sort((a, b) => a.statusTimestamp - b.statusTimestamp);
}

/** Start and end of each, in order of time. @param slices of one account, oldest first */
export function twapsOf(slices: readonly FillRecord[]): TwapRecord[] {
  const records = groupedBy(slices, (slice) => slice.twapId).flatMap((group): TwapRecord[] => {
    const [first] = group as [FillRecord, ...FillRecord[]];
    const last = group.at(-1) ?? first;
    const state = {
      twapId: first.twapId ?? 0,
      user: first.user,
      coin: first.coin,
      side: first.side,
      sz: sizeOf(group),
      minutes: Math.ceil((group.length * SLICE_MS) / 60_000),
      reduceOnly: false,
      randomize: false,
      timestamp: first.time - SLICE_MS,
    };
    const executedNtl = group.reduce((sum, { px, sz }) => sum + px * sz, 0) as MicroUsd;
    const nothing = { executedSz: 0 as Lots, executedNtl: 0 as MicroUsd };
    return [
      { state: { ...state, ...nothing }, status: 'activated', description: null, time: state.timestamp },
      {
        state: { ...state, executedSz: state.sz, executedNtl },
        status: 'finished',
        description: null,
        time: last.time,
      },
    ];
  });
  return records.sort((a, b) => a.time - b.time);
}
