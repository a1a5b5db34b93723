/** The event log: rows as the stream role writes them. */
import { copyRows } from './binary_copy.ts';
import type { Transaction } from './database.ts';

/** Column order of encoded rows. */
const COLUMNS = `epoch, log_offset, trader_id, coin_id, kind, cause, size_before, size_after, price, notional_usd,
  realised_pnl_usd, cost_usd, episode, episode_pnl_usd, opened_at, known, trade_ids, exchange_time, received_at,
  committed_at`;

export const copyPositionChanges = (tx: Transaction, rows: Buffer): Promise<void> =>
  copyRows(tx, `position_changes (${COLUMNS})`, rows);
