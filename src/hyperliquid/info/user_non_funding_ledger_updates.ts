import type { Address } from '../../domain/address.ts';
import { ledgerUpdatesSchema, type WireLedgerUpdate } from '../wire/history.ts';
import { type InfoRequest, perTwentyRows } from './request.ts';

/** Rows of a full answer: 2000 were seen, 500 is what the documents say of time ranges in general. */
const MAX_ROWS = 2000;
/** An answer with fewer rows is the last one. */
export const LEDGER_PAGE_ROWS = 500;

/** Deposits, withdrawals, transfers, vaults, liquidations from `startTime` to `endTime` (ms, both inclusive). */
export const userNonFundingLedgerUpdates = (
  user: Address,
  startTime: number,
  endTime: number,
): InfoRequest<WireLedgerUpdate[]> => ({
  body: { type: 'userNonFundingLedgerUpdates', user, startTime, endTime },
  schema: ledgerUpdatesSchema,
  weight: 20,
  ...perTwentyRows(MAX_ROWS),
});
