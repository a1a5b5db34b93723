/** Non-funding ledger rows. */
import { sampleAccount } from './equity.ts';
import { hashNow } from './execution.ts';
import type { LedgerDelta, LedgerRecord } from './records.ts';
import type { Account, State } from './state.ts';

const ROWS_KEPT = 5_000;

export function recordLedger(s: State, account: Account, delta: LedgerDelta): void {
  const record: LedgerRecord = { user: account.address, time: s.time, hash: hashNow(s), delta };
  s.events.ledger.push(record);
  s.events.touched.add(account.address);
  if (delta.type !== 'liquidation') sampleAccount(s, account);
  account.ledger.push(record);
  if (account.ledger.length > 2 * ROWS_KEPT) account.ledger.splice(0, account.ledger.length - ROWS_KEPT);
}
