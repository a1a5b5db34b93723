import { candlesSchema, type WireCandle } from '../wire/history.ts';
import type { InfoRequest } from './request.ts';

/** The venue keeps this many of each interval. */
const CANDLES_KEPT = 5000;
const ROWS_PER_WEIGHT = 60;

/** Candles of a coin that begin from `startTime` to `endTime` (ms), oldest first; the last may still be forming. */
export const candleSnapshot = (
  symbol: string,
  interval: '1h' | '1d',
  startTime: number,
  endTime: number,
): InfoRequest<WireCandle[]> => ({
  body: { type: 'candleSnapshot', req: { coin: symbol, interval, startTime, endTime } },
  schema: candlesSchema,
  weight: 20,
  maxWeight: 20 + Math.ceil(CANDLES_KEPT / ROWS_PER_WEIGHT),
  surcharge: (rows) => Math.ceil(rows.length / ROWS_PER_WEIGHT),
});
