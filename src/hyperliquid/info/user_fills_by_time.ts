import type { Address } from '../../domain/address.ts';
import { userFillsSchema, type WireUserFill } from '../wire/history.ts';
import { type InfoRequest, perTwentyRows } from './request.ts';

/** Rows of a full answer. */
const MAX_ROWS = 2000;

/**
 * Fills of a user from `startTime` to `endTime` (ms, both inclusive), oldest first, at most 2000; inside one
 * millisecond in the order of execution. The venue keeps about the newest 10,000.
 */
export const userFillsByTime = (
  user: Address,
  startTime: number,
  endTime: number,
): InfoRequest<WireUserFill[]> => ({
  body: { type: 'userFillsByTime', user, startTime, endTime },
  schema: userFillsSchema,
  weight: 20,
  ...perTwentyRows(MAX_ROWS),
});
