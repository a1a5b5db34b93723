import { z } from 'zod';
import { decimalText, millis } from '../wire/primitives.ts';
import { type InfoRequest, perTwentyRows } from './request.ts';

const fundingRatesSchema = z.array(z.object({ time: millis, fundingRate: decimalText }));
type WireFundingRate = z.infer<typeof fundingRatesSchema>[number];

/** Rows of a full answer. */
const PAGE_ROWS = 500;

/** Funding rates of a coin that were paid from `startTime` to `endTime` (ms), oldest first. */
export const fundingHistory = (
  symbol: string,
  startTime: number,
  endTime: number,
): InfoRequest<WireFundingRate[]> => ({
  body: { type: 'fundingHistory', coin: symbol, startTime, endTime },
  schema: fundingRatesSchema,
  weight: 20,
  ...perTwentyRows(PAGE_ROWS),
});
