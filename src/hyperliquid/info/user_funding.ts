import type { Address } from '../../domain/address.ts';
import { userFundingsSchema, type WireUserFunding } from '../wire/history.ts';
import { type InfoRequest, perTwentyRows } from './request.ts';

/** Rows of a full answer. */
export const FUNDING_PAGE_ROWS = 500;

/** Funding of a user from `startTime` to `endTime` (ms, both inclusive), oldest first; negative was paid. */
export const userFunding = (
  user: Address,
  startTime: number,
  endTime: number,
): InfoRequest<WireUserFunding[]> => ({
  body: { type: 'userFunding', user, startTime, endTime },
  schema: userFundingsSchema,
  weight: 20,
  ...perTwentyRows(FUNDING_PAGE_ROWS),
});
