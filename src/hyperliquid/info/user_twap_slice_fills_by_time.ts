import type { Address } from '../../domain/address.ts';
import { twapSliceFillsSchema, type WireTwapSliceFill } from '../wire/history.ts';
import { type InfoRequest, perTwentyRows } from './request.ts';

/** Rows of a full answer. */
const MAX_ROWS = 2000;

/**
 * Fills of a user's TWAP orders from `startTime` to `endTime` (ms, both inclusive), oldest first. They are missing
 * from `userFillsByTime`, and the venue keeps them for about 13 days.
 */
export const userTwapSliceFillsByTime = (
  user: Address,
  startTime: number,
  endTime: number,
): InfoRequest<WireTwapSliceFill[]> => ({
  body: { type: 'userTwapSliceFillsByTime', user, startTime, endTime },
  schema: twapSliceFillsSchema,
  weight: 20,
  ...perTwentyRows(MAX_ROWS),
});
