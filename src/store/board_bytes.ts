/**
 * The bytes of published boards, by COPY in rows that fill a page each: a board of a million traders is 70 MiB, and
 * what PostgreSQL does for a larger value (cutting it into pieces of two KiB, each with an index entry) takes it twice
 * as long.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Transaction } from './database.ts';
import { storeError } from './errors.ts';

/** With its header and keys a row of these bytes fits into a page of 8 KiB. */
const PART_BYTES = 8_000;
/** Parts in one piece of the stream. */
const AT_ONCE = 128;
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = Buffer.from([0xff, 0xff]);
/** Number of columns, then length and value of each: window (2 bytes), part (4 bytes), and the length of the bytes. */
const ROW_HEAD = 2 + 6 + 8 + 4;

/**
 * Stores the parts of one window in place of those before.
 * @returns how many there are. @throws StoreError
 */
export async function writeBoardBytes(
  tx: Transaction,
  windowDays: number,
  pieces: readonly Uint8Array[],
): Promise<number> {
  await tx.query('DELETE FROM leaderboard_snapshot_parts WHERE window_days = $1', [windowDays]);
  try {
    const target = tx.client.query(
      copyFrom('COPY leaderboard_snapshot_parts (window_days, part, bytes) FROM STDIN (FORMAT binary)'),
    );
    await pipeline(Readable.from(copyRows(windowDays, pieces), { objectMode: false }), target);
  } catch (error) {
    throw storeError(error);
  }
  const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  return Math.ceil(bytes / PART_BYTES);
}

/** The rows in the binary format of COPY, 128 at a time. */
function* copyRows(windowDays: number, pieces: readonly Uint8Array[]): Generator<Buffer> {
  yield SIGNATURE;
  const reader = new Pieces(pieces);
  let part = 0;
  while (reader.left > 0) {
    const rows = Buffer.allocUnsafe(AT_ONCE * (ROW_HEAD + PART_BYTES));
    let at = 0;
    for (let k = 0; k < AT_ONCE && reader.left > 0; k++) {
      const length = Math.min(PART_BYTES, reader.left);
      at = rows.writeInt16BE(3, at);
      at = rows.writeInt32BE(2, at);
      at = rows.writeInt16BE(windowDays, at);
      at = rows.writeInt32BE(4, at);
      at = rows.writeInt32BE(part++, at);
      at = rows.writeInt32BE(length, at);
      reader.copy(rows, at, length);
      at += length;
    }
    yield rows.subarray(0, at);
  }
  yield END;
}

/** Several arrays read as one. */
class Pieces {
  readonly #pieces: readonly Uint8Array[];
  #piece = 0;
  #at = 0;
  left: number;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
    this.left = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  }

  copy(target: Uint8Array, offset: number, length: number): void {
    for (let done = 0; done < length; ) {
      const piece = this.#pieces[this.#piece] as Uint8Array;
      const take = Math.min(length - done, piece.byteLength - this.#at);
      target.set(piece.subarray(this.#at, this.#at + take), offset + done);
      done += take;
      this.#at += take;
      if (this.#at < piece.byteLength) continue;
      this.#piece++;
      this.#at = 0;
    }
    this.left -= length;
  }
}
