/** How far the stream role has come: read at its start, written in every flush. */
import type { Queryable } from './database.ts';
import { StoreError } from './errors.ts';

export interface StreamState {
  readonly epoch: number;
  /** Flushes so far; tells whether one whose commit was not answered was committed. */
  readonly flushes: number;
  readonly nextOffset: number;
  readonly nextSeq: number;
  /** Position changes before this offset are in `positions`. */
  readonly positionsThrough: number;
  /** Trades before this seq are in the totals of `traders`. */
  readonly tradersThrough: number;
  /** ms: the feed was last known to be whole; 0 if it never was. */
  readonly aliveUntil: number;
}

interface StateRow {
  epoch: number;
  flushes: number;
  next_offset: number;
  next_seq: number;
  positions_through: number;
  traders_through: number;
  alive_until: number;
}

const toState = (row: StateRow): StreamState => ({
  epoch: row.epoch,
  flushes: row.flushes,
  nextOffset: row.next_offset,
  nextSeq: row.next_seq,
  positionsThrough: row.positions_through,
  tradersThrough: row.traders_through,
  aliveUntil: row.alive_until,
});

const COLUMNS = 'epoch, flushes, next_offset, next_seq, positions_through, traders_through, alive_until';

/**
 * The stored state, made on first use; offsets and seqs begin at 1. A later epoch than the stored one begins here.
 * @throws StoreError `STORE_EPOCH_PAST` when the log is in a later epoch: it never goes back, because the offsets of an
 *   epoch that was left are taken.
 */
export async function openStreamState(tx: Queryable, epoch: number, now: number): Promise<StreamState> {
  await tx.query(
    `INSERT INTO stream_state (${COLUMNS}, written_at) VALUES ($1, 0, 1, 1, 1, 1, 0, $2) ON CONFLICT DO NOTHING`,
    [epoch, now],
  );
  const state = await readStreamState(tx);
  if (state.epoch === epoch) return state;
  if (epoch < state.epoch) {
    throw new StoreError(
      'STORE_EPOCH_PAST',
      `the event log is in epoch ${state.epoch}, this process would go back to ${epoch}, which it read before another ` +
        'epoch began: start it again. If it says so after a restart, the tables world and stream_state come from ' +
        'different backups: restore both from the same one.',
    );
  }
  await foldLog(tx, state);
  await beginStreamEpoch(tx, epoch);
  return readStreamState(tx);
}

/** A restored or reset log goes on under its new epoch, with offsets from 1. What the old one held beyond `positions` is not read again. */
export async function beginStreamEpoch(tx: Queryable, epoch: number): Promise<void> {
  await tx.query('UPDATE stream_state SET epoch = $1, next_offset = 1, positions_through = 1', [epoch]);
}

/** Traders whose positions one statement touches: so that none takes long, however large the book. */
const TRADERS_AT_ONCE = 50_000;

/**
 * Brings the checkpoint to the end of its epoch's log and cuts it loose from its offsets: those of the next epoch are
 * smaller, and what is logged there would count as older than the row. As recovery reads the log: how a position was
 * verified stays, and what a gap made stale is told by the gap.
 */
async function foldLog(tx: Queryable, { epoch, positionsThrough }: StreamState): Promise<void> {
  await tx.query(
    `INSERT INTO positions (trader_id, coin_id, size, cost_usd, episode, episode_pnl_usd, opened_at, changed_at, known,
       verified_at, log_offset)
     SELECT DISTINCT ON (trader_id, coin_id) trader_id, coin_id, size_after, cost_usd, episode, episode_pnl_usd, opened_at,
       exchange_time, CASE known WHEN 'stale' THEN 'exact' ELSE known END, NULL::int8, log_offset
     FROM position_changes WHERE epoch = $1 AND log_offset >= $2
     ORDER BY trader_id, coin_id, log_offset DESC
     ON CONFLICT (trader_id, coin_id) DO UPDATE SET size = excluded.size, cost_usd = excluded.cost_usd,
       episode = excluded.episode, episode_pnl_usd = excluded.episode_pnl_usd, opened_at = excluded.opened_at,
       changed_at = excluded.changed_at, known = excluded.known, log_offset = excluded.log_offset
     WHERE excluded.log_offset > positions.log_offset`,
    [epoch, positionsThrough],
  );
  const { rows } = await tx.query<{ last: number | null }>('SELECT max(trader_id) AS last FROM positions');
  for (let from = 0; from <= (rows[0]?.last ?? -1); from += TRADERS_AT_ONCE) {
    await tx.query(
      'UPDATE positions SET log_offset = 0 WHERE trader_id >= $1 AND trader_id < $2 AND log_offset <> 0',
      [from, from + TRADERS_AT_ONCE],
    );
  }
}

export async function readStreamState(tx: Queryable): Promise<StreamState> {
  const { rows } = await tx.query<StateRow>(`SELECT ${COLUMNS} FROM stream_state`, [], 'read_stream_state');
  const [row] = rows;
  if (row === undefined) throw new Error('stream_state is empty: the stream role has never started here');
  return toState(row);
}

export async function writeStreamState(tx: Queryable, state: StreamState, now: number): Promise<void> {
  await tx.query(
    `UPDATE stream_state SET flushes = $1, next_offset = $2, next_seq = $3, positions_through = $4,
       traders_through = $5, alive_until = $6, written_at = $7`,
    [
      state.flushes,
      state.nextOffset,
      state.nextSeq,
      state.positionsThrough,
      state.tradersThrough,
      state.aliveUntil,
      now,
    ],
    'write_stream_state',
  );
}
