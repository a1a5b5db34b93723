/** Stored metrics of everybody in a window, read as columns: too many to be parts of the published board. */
import { to as copyTo } from 'pg-copy-streams';
import type { Database } from './database.ts';
import { storeError } from './errors.ts';

export interface MetricColumnsQuery {
  /** Days; 0 is the whole record. */
  readonly windowDays: number;
  /** Of the published board: rows of traders are only written together with one. */
  readonly version: number;
  /** As they are stored; letters only. */
  readonly names: readonly string[];
}

/**
 * Hands `take` every trader of the window, in no order, with its values of `names`: NaN where there is none. The
 * values are in one array that is used again.
 * @returns false, and nobody was handed over, when another version is published by now.
 * @throws StoreError
 */
export async function readMetricColumns(
  database: Pick<Database, 'transaction'>,
  { windowDays, version, names }: MetricColumnsQuery,
  take: (trader: number, values: Float64Array) => void,
): Promise<boolean> {
  const wrong = names.find((name) => !/^[a-zA-Z]+$/.test(name));
  if (wrong !== undefined) throw new RangeError(`not the name of a metric: ${wrong}`);
  // One view of the data for both: the version says what the rows are.
  return database.transaction(
    async (tx) => {
      const { rows } = await tx.query<{ version: number }>(
        'SELECT version FROM leaderboard_snapshots WHERE window_days = $1',
        [windowDays],
        'read_board_version',
      );
      if (rows[0]?.version !== version) return false;
      try {
        // COPY takes no parameters, and its binary form comes in pieces without a text or an object for each row.
        const values = names.map((name) => `(metrics->'${name}'->>'value')::float8`);
        const source = tx.client.query(
          copyTo(`COPY (SELECT trader_id, ${values.join(', ')} FROM leaderboard_metrics
            WHERE window_days = ${Math.trunc(windowDays)}) TO STDOUT (FORMAT binary)`),
        );
        const reader = new ColumnReader(names.length, take);
        for await (const piece of source) reader.read(piece as Buffer);
      } catch (error) {
        throw storeError(error);
      }
      return true;
    },
    { isolation: 'repeatable read' },
  );
}

/** Of the stream: a signature, flags and the length of what may follow them. */
const HEAD = 19;
/** Of a row: number of columns, then the length and the value of the trader's id. */
const ROW_HEAD = 2 + 4 + 8;

/** Reads rows of an id and so many floats out of COPY's binary format, whatever pieces it comes in. */
class ColumnReader {
  readonly #values: Float64Array;
  readonly #take: (trader: number, values: Float64Array) => void;
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;

  constructor(columns: number, take: (trader: number, values: Float64Array) => void) {
    this.#values = new Float64Array(columns);
    this.#take = take;
  }

  read(piece: Buffer): void {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let at = 0;
    if (!this.#begun) {
      if (bytes.length < HEAD) {
        this.#rest = bytes;
        return;
      }
      this.#begun = true;
      at = HEAD;
    }
    for (let next = this.#row(bytes, at); next > at; next = this.#row(bytes, at)) at = next;
    this.#rest = bytes.subarray(at);
  }

  /** Where the row at `at` ends; `at` itself when it is not whole yet, or is the end of all. */
  #row(bytes: Buffer, at: number): number {
    if (bytes.length < at + ROW_HEAD) return at;
    const trader = Number(bytes.readBigInt64BE(at + 6));
    let end = at + ROW_HEAD;
    for (let k = 0; k < this.#values.length; k++) {
      if (bytes.length < end + 4) return at;
      const length = bytes.readInt32BE(end);
      end += 4;
      if (length > 0 && bytes.length < end + length) return at;
      this.#values[k] = length > 0 ? bytes.readDoubleBE(end) : Number.NaN;
      end += Math.max(0, length);
    }
    this.#take(trader, this.#values);
    return end;
  }
}
