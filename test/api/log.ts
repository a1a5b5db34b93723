/** The event log as the stream role writes it: changes with dense offsets, state and news in one transaction. */
import type { Database } from '../../src/store/database.ts';
import { publishNews } from '../../src/store/news.ts';
import { EPOCH } from './market.ts';

export interface ChangeSeed {
  readonly trader: number;
  readonly coin?: number;
  readonly kind?: 'opened' | 'increased' | 'reduced' | 'closed' | 'flipped';
  readonly before?: string;
  readonly after?: string;
  readonly pnl?: string;
  /** Trades in it (default 1). */
  readonly trades?: number;
  readonly known?: 'exact' | 'estimated' | 'stale' | 'quarantined';
}

/** Begins the log (of a later epoch if told). */
export async function beginLog(db: Database, epoch = EPOCH): Promise<void> {
  await db.query(
    `INSERT INTO stream_state (epoch, flushes, next_offset, next_seq, positions_through, traders_through, alive_until, written_at)
     VALUES ($1, 0, 1, 1, 1, 1, $1, $1)
     ON CONFLICT (singleton) DO UPDATE SET epoch = excluded.epoch, next_offset = 1, positions_through = 1`,
    [epoch],
  );
}

/** Appends in one flush; returns the new head. */
export async function appendChanges(
  db: Database,
  changes: readonly ChangeSeed[],
  time = EPOCH,
): Promise<number> {
  const { rows } = await db.query<{ epoch: number; next_offset: number }>(
    'SELECT epoch, next_offset FROM stream_state',
  );
  const { epoch, next_offset: first } = rows[0] as { epoch: number; next_offset: number };
  await db.query('SELECT create_offset_partition($1, $2, $3)', ['position_changes', epoch, first]);
  const column = <T>(pick: (seed: ChangeSeed) => T) => changes.map(pick);
  return db.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO position_changes (epoch, log_offset, trader_id, coin_id, kind, cause, size_before, size_after, price,
         notional_usd, realised_pnl_usd, cost_usd, episode, episode_pnl_usd, opened_at, known, trade_ids, exchange_time,
         received_at, committed_at)
       SELECT $1, $2 + u.i - 1, u.trader, u.coin, u.kind::position_change_kind, 'trades', u.before::numeric, u.after::numeric, 100, 50,
         u.pnl::numeric, abs(u.after::numeric) * 100, 1, u.pnl::numeric, $3, u.known::position_known,
         ARRAY(SELECT u.i + (n - 1) * 1000000000000 FROM generate_series(1, u.trades) n), $3, $3, $3
       FROM unnest($4::int8[], $5::int4[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
         $11::int4[])
         WITH ORDINALITY AS u (trader, coin, kind, before, after, pnl, known, trades, i)`,
      [
        epoch,
        first,
        time,
        column((seed) => seed.trader),
        column((seed) => seed.coin ?? 1),
        column((seed) => seed.kind ?? 'opened'),
        column((seed) => seed.before ?? '0'),
        column((seed) => seed.after ?? '1.50'),
        column((seed) => seed.pnl ?? '0'),
        column((seed) => seed.known ?? 'exact'),
        column((seed) => seed.trades ?? 1),
      ],
    );
    const next = first + changes.length;
    await tx.query('UPDATE stream_state SET next_offset = $1, flushes = flushes + 1', [next]);
    await publishNews(tx, 'changes', { epoch, offset: next - 1 });
    return next - 1;
  });
}
