/**
 * The bytes of published boards, by COPY in rows that fill a page each: a board of a million traders is 80 MiB, and
 * what PostgreSQL does for a larger value (cutting it into pieces of two KiB, each with an index entry) takes it twice
 * as long.
 *
 * They lie in one of two tables, the slots: a publication fills the one that is not published.
 */
import { pipeline } from 'node:stream/promises';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Database, Transaction } from './database.ts';
import { storeError } from './errors.ts';

/** With its header and keys a row of these bytes fits into a page of 8 KiB. */
const PART_BYTES = 8_000;
/** Parts in one piece of the stream. */
const AT_ONCE = 128;
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = Buffer.from([0xff, 0xff]);
/** Number of columns, then length and value of each: part, window, and the length of the bytes. */
const ROW_HEAD = 2 + 8 + 6 + 4;

/** Stands for a window where parts are for all windows. */
const ALL_WINDOWS = -1;

const tableOf = (slot: number): string => `leaderboard_parts_${slot === 0 ? 0 : 1}`;

/** Begins a publication, after which no other can begin until the transaction ends; returns the slot to fill. */
export async function openSlot(tx: Transaction): Promise<number> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('leaderboard publication', 0))`);
  const { rows } = await tx.query<{ slot: number }>('SELECT empty_leaderboard_slot() AS slot');
  return rows[0]?.slot ?? 0;
}

/**
 * Writes the parts of one window, or those for all windows, into a slot.
 * @returns how many bytes they are. @throws StoreError
 */
export async function writeBoardBytes(
  tx: Transaction,
  { slot, windowDays = ALL_WINDOWS }: { readonly slot: number; readonly windowDays?: number },
  pieces: readonly Uint8Array[],
): Promise<number> {
  try {
    const target = tx.client.query(
      copyFrom(`COPY ${tableOf(slot)} (part, window_days, bytes) FROM STDIN (FORMAT binary)`),
    );
    await pipeline(copyRows(windowDays, new Pieces(pieces)), target);
  } catch (error) {
    throw storeError(error);
  }
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}

/**
 * The rows in the binary format of COPY, 128 at a time, all out of one buffer: new memory for half a gigabyte costs
 * more than what is done with it. A piece that fills the buffer is more than a stream takes without making its source
 * wait until the socket has none of it left, so the buffer is free when the next is asked for.
 */
function* copyRows(windowDays: number, reader: Pieces): Generator<Buffer> {
  yield SIGNATURE;
  const rows = Buffer.allocUnsafeSlow(AT_ONCE * (ROW_HEAD + PART_BYTES));
  let part = 0;
  while (reader.left > 0) {
    let at = 0;
    for (let k = 0; k < AT_ONCE && reader.left > 0; k++) {
      const length = Math.min(PART_BYTES, reader.left);
      at = rows.writeInt16BE(3, at);
      at = rows.writeInt32BE(4, at);
      at = rows.writeInt32BE(part++, at);
      at = rows.writeInt32BE(2, at);
      at = rows.writeInt16BE(windowDays, at);
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

/** Publications between a look at the head and at the parts, beyond which something is wrong. */
const TRIES = 5;

interface Place {
  readonly slot: number;
  readonly bytes: number;
}

/**
 * The bytes of the published board of a window and those for all windows, of one version; undefined when there is none.
 * Emptying a slot is seen at once by whoever reads it late: then there are not as many as the head says, and both are
 * read again.
 * @throws StoreError
 */
export async function readBoardBytes(
  database: Pick<Database, 'transaction'>,
  windowDays: number,
): Promise<ArrayBuffer | undefined> {
  for (let tried = 0; tried < TRIES; tried++) {
    const found = await database.transaction(async (tx) => {
      const { rows } = await tx.query<Place>(
        'SELECT slot, bytes FROM leaderboard_snapshots WHERE window_days = $1',
        [windowDays],
        'read_board_place',
      );
      const [place] = rows;
      return place === undefined ? 'none' : readParts(tx, windowDays, place);
    });
    if (found === 'none') return undefined;
    if (found !== 'moved') return found;
  }
  return undefined;
}

/** By COPY, in its binary format: in a result bytes come as text, twice as many, to be read from two digits each. */
async function readParts(
  tx: Transaction,
  windowDays: number,
  { slot, bytes }: Place,
): Promise<ArrayBuffer | 'moved'> {
  const whole = new WholeBoard(bytes);
  try {
    const source = tx.client.query(
      copyTo(`COPY (SELECT bytes FROM ${tableOf(slot)}
        WHERE window_days IN (${Math.trunc(windowDays)}, ${ALL_WINDOWS})
        ORDER BY window_days DESC, part)
        TO STDOUT (FORMAT binary)`),
    );
    for await (const piece of source) whole.take(piece as Buffer);
  } catch (error) {
    throw storeError(error);
  }
  return whole.complete ? whole.buffer : 'moved';
}

/** Number of columns, and length of the only one. */
const OUT_HEAD = 2 + 4;

/** Puts the parts out of COPY's binary format together, whatever pieces it comes in. */
class WholeBoard {
  readonly buffer: ArrayBuffer;
  readonly #bytes: Uint8Array;
  /** Bytes of a head that are to be passed over or read, and those of the part that follow. */
  readonly #head = Buffer.alloc(OUT_HEAD);
  #passing = SIGNATURE.length;
  #headAt = 0;
  #partLeft = 0;
  #at = 0;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
    this.buffer = this.#bytes.buffer as ArrayBuffer;
  }

  get complete(): boolean {
    return this.#at === this.#bytes.length && this.#partLeft === 0;
  }

  take(piece: Buffer): void {
    let from = 0;
    while (from < piece.length) {
      const left = piece.length - from;
      if (this.#passing > 0) {
        const passed = Math.min(left, this.#passing);
        this.#passing -= passed;
        from += passed;
      } else if (this.#partLeft > 0) {
        const taken = Math.min(left, this.#partLeft);
        // More than the head has said can only be another version's: left out, and not complete.
        if (this.#at + taken <= this.#bytes.length)
          this.#bytes.set(piece.subarray(from, from + taken), this.#at);
        this.#at += taken;
        this.#partLeft -= taken;
        from += taken;
      } else {
        this.#head[this.#headAt++] = piece[from++] as number;
        if (this.#headAt < OUT_HEAD) continue;
        this.#headAt = 0;
        this.#partLeft = this.#head.readInt32BE(2);
      }
    }
  }
}
