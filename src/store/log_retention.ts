/** Retention of the event log: whole partitions that are old, never past what the stream role still needs. */
import type { Database } from './database.ts';
import { dropOffsetPartitionsBefore } from './partitions.ts';
import { readLogSpan } from './read_changes.ts';
import { readStreamState } from './stream_state.ts';

const TABLE = 'position_changes';

/**
 * Drops each partition whose newest change was committed before the time (ms, our clock), oldest first, and those of
 * older epochs. Kept whatever its age is what the checkpoint of positions has not passed: a stream that starts reads
 * it back. Readers that were behind find their place gone and say so (PLACE_TOO_OLD): `readLogSpan` knows at once.
 * @returns the names of the dropped partitions
 * @throws StoreError `STORE_TIMEOUT` (retryable) when readers hold the log for more than 5 s.
 */
export async function dropChangesBefore(database: Database, committedBefore: number): Promise<string[]> {
  const span = await readLogSpan(database);
  if (span === undefined) return [];
  const size = await partitionSize(database);
  const { positionsThrough } = await readStreamState(database);
  let keepFrom = 0;
  for (let end = (Math.floor(span.first / size) + 1) * size; end <= positionsThrough; end += size) {
    if (!(await isOlder(database, { epoch: span.epoch, end }, committedBefore))) break;
    keepFrom = end;
  }
  return dropOffsetPartitionsBefore(database, TABLE, { epoch: span.epoch, offset: keepFrom });
}

async function partitionSize(database: Database): Promise<number> {
  const { rows } = await database.query<{ span: number }>(
    'SELECT span FROM partitioned_tables WHERE table_name = $1',
    [TABLE],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`${TABLE} is not registered as partitioned`);
  return row.span;
}

/** Whether all changes before the offset `end` were committed before the time. */
async function isOlder(
  database: Database,
  { epoch, end }: { readonly epoch: number; readonly end: number },
  committedBefore: number,
): Promise<boolean> {
  const { rows } = await database.query<{ committed_at: number }>(
    `SELECT committed_at FROM position_changes WHERE epoch = $1 AND log_offset < $2
     ORDER BY log_offset DESC LIMIT 1`,
    [epoch, end],
  );
  const [newest] = rows;
  return newest !== undefined && newest.committed_at < committedBefore;
}
