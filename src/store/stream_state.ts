/** How far the stream role has come: read at its start, written in every flush. */
import type { Queryable } from './database.ts';

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

/** The stored state, made on first use; offsets and seqs begin at 1. */
export async function openStreamState(tx: Queryable, epoch: number, now: number): Promise<StreamState> {
  await tx.query(
    `INSERT INTO stream_state (${COLUMNS}, written_at) VALUES ($1, 0, 1, 1, 1, 1, 0, $2) ON CONFLICT DO NOTHING`,
    [epoch, now],
  );
  const state = await readStreamState(tx);
  if (state.epoch === epoch) return state;
  // A restored or reset database goes on under its new epoch, with offsets from 1.
  await tx.query('UPDATE stream_state SET epoch = $1, next_offset = 1, positions_through = 1', [epoch]);
  return readStreamState(tx);
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
