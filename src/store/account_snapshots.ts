/** Account snapshots: workers insert them, the stream role judges each once. */
import type { Database, Queryable } from './database.ts';
import { publishNews } from './news.ts';
import { ensureDayPartitions, utcDay } from './partitions.ts';

export interface SnapshotPosition {
  readonly coinId: number;
  /** Decimal texts as the venue gave them: signed size in coin units, average entry price in USD. */
  readonly size: string;
  readonly entryPrice: string;
}

export interface NewSnapshot {
  readonly traderId: number;
  readonly dex: string;
  /** The venue's time of the state, ms. */
  readonly stateTime: number;
  readonly requestedAt: number;
  readonly receivedAt: number;
  /** Decimal USD texts. */
  readonly accountValueUsd: string;
  readonly notionalUsd: string;
  readonly marginUsedUsd: string;
  readonly withdrawableUsd: string;
  readonly positions: readonly SnapshotPosition[];
}

/** Stores snapshots and puts them before the stream role. */
export async function insertSnapshots(database: Database, snapshots: readonly NewSnapshot[]): Promise<void> {
  if (snapshots.length === 0) return;
  const days = snapshots.map((one) => utcDay(one.stateTime));
  await ensureDayPartitions(database, 'account_snapshots', days);
  await database.transaction(async (tx) => {
    let newest = 0;
    for (const one of snapshots) {
      const { rows } = await tx.query<{ id: number }>(
        `WITH stored AS (
           INSERT INTO account_snapshots (snapshot_id, trader_id, dex, state_time, requested_at, received_at,
             account_value_usd, notional_usd, margin_used_usd, withdrawable_usd, coin_ids, sizes, entry_prices)
           VALUES (nextval('account_snapshot_ids'), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::numeric[],
             $12::numeric[])
           RETURNING snapshot_id, state_time)
         INSERT INTO snapshot_inbox SELECT snapshot_id, state_time FROM stored RETURNING snapshot_id AS id`,
        [
          one.traderId,
          one.dex,
          one.stateTime,
          one.requestedAt,
          one.receivedAt,
          one.accountValueUsd,
          one.notionalUsd,
          one.marginUsedUsd,
          one.withdrawableUsd,
          one.positions.map((position) => position.coinId),
          one.positions.map((position) => position.size),
          one.positions.map((position) => position.entryPrice),
        ],
        'insert_snapshot',
      );
      newest = rows[0]?.id ?? newest;
    }
    await publishNews(tx, 'snapshots', { epoch: 0, offset: newest });
  });
}

export interface StoredSnapshot extends NewSnapshot {
  readonly snapshotId: number;
  /** Of positions that were left out because whoever polled did not know the coin. */
  readonly unknownSymbols: readonly string[];
}

interface SnapshotRow {
  snapshot_id: number;
  trader_id: number;
  dex: string;
  state_time: number;
  requested_at: number;
  received_at: number;
  account_value_usd: string;
  notional_usd: string;
  margin_used_usd: string;
  withdrawable_usd: string;
  coin_ids: number[];
  sizes: string[];
  entry_prices: string[];
  unknown_symbols: string[];
}

/** Snapshots that wait for judgement, oldest first; `except` are in hand already. */
export async function readSnapshotInbox(
  db: Queryable,
  except: readonly number[],
  limit: number,
): Promise<StoredSnapshot[]> {
  const { rows } = await db.query<SnapshotRow>(
    `SELECT s.snapshot_id, s.trader_id, s.dex, s.state_time, s.requested_at, s.received_at, s.account_value_usd,
       s.notional_usd, s.margin_used_usd, s.withdrawable_usd, s.coin_ids,
       s.sizes::text[] AS sizes, s.entry_prices::text[] AS entry_prices,
       ARRAY (SELECT u ->> 'symbol' FROM jsonb_array_elements(s.unread) u WHERE u ->> 'why' = 'unknown_coin')
         AS unknown_symbols
     FROM (SELECT snapshot_id, state_time FROM snapshot_inbox WHERE snapshot_id <> ALL ($1::int8[])
           ORDER BY snapshot_id LIMIT $2) i
     JOIN account_snapshots s USING (snapshot_id, state_time) ORDER BY s.snapshot_id`,
    [except, limit],
    'read_snapshot_inbox',
  );
  return rows.map((row) => ({
    snapshotId: row.snapshot_id,
    traderId: row.trader_id,
    dex: row.dex,
    stateTime: row.state_time,
    requestedAt: row.requested_at,
    receivedAt: row.received_at,
    accountValueUsd: row.account_value_usd,
    notionalUsd: row.notional_usd,
    marginUsedUsd: row.margin_used_usd,
    withdrawableUsd: row.withdrawable_usd,
    unknownSymbols: row.unknown_symbols,
    positions: row.coin_ids.map((coinId, i) => ({
      coinId,
      size: row.sizes[i] ?? '0',
      entryPrice: row.entry_prices[i] ?? '0',
    })),
  }));
}
