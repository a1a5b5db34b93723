/** l2Book levels summed to fewer significant figures. */
import { type Fields, undeserialisable } from '../wire/backend.ts';
import { priceDecimals, wireDecimal } from './decimals.ts';
import type { WireBook, WireLevel } from './types.ts';

/** Levels per side that l2Book shows, and its fast variant. */
export const BOOK_LEVELS = 20;
export const FAST_BOOK_LEVELS = 5;

export interface Aggregation {
  readonly nSigFigs: number | null;
  readonly mantissa: number | null;
}

/** @throws RequestRefused 422 unless nSigFigs is 2-5 or null, and mantissa 1, 2 or 5 with nSigFigs 5. */
export function parseAggregation(request: Fields): Aggregation {
  const nSigFigs = request['nSigFigs'] ?? null;
  const mantissa = request['mantissa'] ?? null;
  if (nSigFigs !== null && !(typeof nSigFigs === 'number' && [2, 3, 4, 5].includes(nSigFigs)))
    throw undeserialisable('invalid value for `nSigFigs`');
  if (mantissa !== null && !(nSigFigs === 5 && typeof mantissa === 'number' && [1, 2, 5].includes(mantissa)))
    throw undeserialisable('invalid value for `mantissa`');
  return { nSigFigs, mantissa };
}

function bucketed(
  levels: readonly WireLevel[],
  step: number,
  scales: readonly [number, number],
  up: boolean,
) {
  const [priceScale, sizeScale] = scales;
  const sums = new Map<number, { size: number; n: number }>();
  for (const level of levels) {
    const price = Math.round(Number(level.px) * priceScale);
    const bucket = (up ? Math.ceil(price / step) : Math.floor(price / step)) * step;
    const sum = sums.get(bucket) ?? { size: 0, n: 0 };
    sum.size += Math.round(Number(level.sz) * sizeScale);
    sum.n += level.n;
    sums.set(bucket, sum);
  }
  return sums;
}

/** The book at the asked precision, best `depth` levels a side; bids round down and asks up. */
export function aggregateBook(
  book: WireBook,
  { nSigFigs, mantissa }: Aggregation,
  szDecimals: number,
  depth: number,
): WireBook {
  const [bids, asks] = book.levels;
  if (nSigFigs === null) return { time: book.time, levels: [bids.slice(0, depth), asks.slice(0, depth)] };
  const decimals = priceDecimals(szDecimals);
  const scales = [10 ** decimals, 10 ** szDecimals] as const;
  const best = Number((bids[0] ?? asks[0])?.px ?? 0) * scales[0];
  const digits = Math.floor(Math.log10(Math.max(1, best))) + 1;
  const step = Math.max(1, 10 ** (digits - nSigFigs) * (mantissa ?? 1));
  const side = (levels: readonly WireLevel[], up: boolean): WireLevel[] =>
    [...bucketed(levels, step, scales, up)].slice(0, depth).map(([price, sum]) => ({
      px: wireDecimal(price, decimals),
      sz: wireDecimal(sum.size, szDecimals),
      n: sum.n,
    }));
  return { time: book.time, levels: [side(bids, false), side(asks, true)] };
}
