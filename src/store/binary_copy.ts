/**
 * Rows for `COPY … FROM STDIN (FORMAT binary)`, encoded into growing buffers. The fastest way into PostgreSQL: no text
 * is made of numbers on this side and none is read on the other.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Transaction } from './database.ts';
import { storeError } from './errors.ts';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_BYTES = SIGNATURE.length + 8;
const INT8_OID = 20;
const INT4_OID = 23;
const FLOAT4_OID = 700;
const TWO_32 = 2 ** 32;
/** numeric: digits of base 10,000. */
const BASE = 10_000;
const NEGATIVE = 0x4000;
/** Encoded bytes that are handed to the connection at once. */
const PIECE_BYTES = 1 << 16;

/**
 * Rows that are encoded while the database takes them, so that both work at the same time; each try encodes them anew.
 * They must not change until they are written.
 */
export interface RowSource {
  readonly count: number;
  /** One whole message in pieces. */
  readonly pieces: () => Iterable<Buffer>;
}

/** Scratch for the digits of one numeric, least significant first: enough for 10^40. */
const groups = new Int32Array(12);
/** 10^0 to 10^12: `**` of a variable costs as much as the rest of a value. */
const POWERS = Array.from({ length: 13 }, (_, exponent) => Number(`1e${exponent}`));
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** value / unit, rounded down, of safe integers from 0 on: the quotient alone may round up to the next integer. */
function quotient(value: number, unit: number): number {
  const rounded = Math.floor(value / unit);
  return rounded * unit > value ? rounded - 1 : rounded;
}

export class BinaryCopy {
  readonly #columns: number;
  #buffer: Buffer;
  #view: DataView;
  #at = HEADER_BYTES;
  #rows = 0;

  constructor(columns: number, expectedBytes = 1 << 16) {
    this.#columns = columns;
    this.#buffer = Buffer.allocUnsafe(expectedBytes);
    this.#view = viewOf(this.#buffer);
    SIGNATURE.copy(this.#buffer);
    this.#buffer.fill(0, SIGNATURE.length, HEADER_BYTES);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Begins a row; exactly as many values as there are columns must follow. */
  row(): void {
    this.#reserve(2);
    this.#view.setInt16(this.#at, this.#columns);
    this.#at += 2;
    this.#rows++;
  }

  null(): void {
    this.#reserve(4);
    this.#view.setInt32(this.#at, -1);
    this.#at += 4;
  }

  int2(value: number): void {
    this.#reserve(6);
    this.#view.setInt32(this.#at, 2);
    this.#view.setInt16(this.#at + 4, value);
    this.#at += 6;
  }

  int4(value: number): void {
    this.#reserve(8);
    this.#view.setInt32(this.#at, 4);
    this.#view.setInt32(this.#at + 4, value);
    this.#at += 8;
  }

  /** A safe integer. */
  int8(value: number): void {
    this.#reserve(12);
    this.#view.setInt32(this.#at, 8);
    this.#setInt8(this.#at + 4, value);
    this.#at += 12;
  }

  boolean(value: boolean): void {
    this.#reserve(5);
    this.#view.setInt32(this.#at, 1);
    this.#buffer[this.#at + 4] = value ? 1 : 0;
    this.#at += 5;
  }

  /** Text or the label of an enum, ASCII only. */
  ascii(value: string): void {
    this.#reserve(4 + value.length);
    this.#view.setInt32(this.#at, value.length);
    for (let i = 0; i < value.length; i++) this.#buffer[this.#at + 4 + i] = value.charCodeAt(i);
    this.#at += 4 + value.length;
  }

  /** `length` bytes that `fill` writes at the offset that it is given. */
  bytea(length: number, fill: (target: Uint8Array, offset: number) => void): void {
    this.#reserve(4 + length);
    this.#view.setInt32(this.#at, length);
    fill(this.#buffer, this.#at + 4);
    this.#at += 4 + length;
  }

  int8Array(values: ArrayLike<number>, from: number, to: number): void {
    this.#beginArray(INT8_OID, 8, to - from);
    for (let i = from; i < to; i++) {
      this.#view.setInt32(this.#at, 8);
      this.#setInt8(this.#at + 4, values[i] as number);
      this.#at += 12;
    }
  }

  int4Array(values: ArrayLike<number>, from: number, to: number): void {
    this.#beginArray(INT4_OID, 4, to - from);
    for (let i = from; i < to; i++) {
      this.#view.setInt32(this.#at, 4);
      this.#view.setInt32(this.#at + 4, values[i] as number);
      this.#at += 8;
    }
  }

  float4Array(values: ArrayLike<number>, from: number, to: number): void {
    this.#beginArray(FLOAT4_OID, 4, to - from);
    for (let i = from; i < to; i++) {
      this.#view.setInt32(this.#at, 4);
      this.#view.setFloat32(this.#at + 4, values[i] as number);
      this.#at += 8;
    }
  }

  /** Makes room for an array without nulls and writes all of it but its elements, each a length and a value. */
  #beginArray(oid: number, bytesEach: number, count: number): void {
    const elements = count * (4 + bytesEach);
    this.#reserve(24 + elements);
    const view = this.#view;
    const at = this.#at;
    view.setInt32(at, count === 0 ? 12 : 20 + elements);
    view.setInt32(at + 4, count === 0 ? 0 : 1);
    view.setInt32(at + 8, 0);
    view.setInt32(at + 12, oid);
    if (count > 0) {
      view.setInt32(at + 16, count);
      view.setInt32(at + 20, 1);
    }
    this.#at = at + (count === 0 ? 16 : 24);
  }

  /** numeric: the integer `value` (safe) times 10^-decimals, of which there are at most 12. */
  scaled(value: number, decimals: number): void {
    const magnitude = Math.abs(value);
    const unit = POWERS[decimals] as number;
    // Exact throughout: products and differences of safe integers. `%` would be a call for each value beyond 2^31.
    let whole = quotient(magnitude, unit);
    const fractionGroups = (decimals + 3) >> 2;
    let fraction = (magnitude - whole * unit) * (POWERS[fractionGroups * 4 - decimals] as number);
    let count = 0;
    for (let i = 0; i < fractionGroups; i++) {
      const rest = quotient(fraction, BASE);
      groups[count++] = fraction - rest * BASE;
      fraction = rest;
    }
    while (whole > 0) {
      const rest = quotient(whole, BASE);
      groups[count++] = whole - rest * BASE;
      whole = rest;
    }
    this.#numeric(count, fractionGroups, value < 0, decimals);
  }

  /** As `scaled` for a value that may be beyond 2^53. */
  bigScaled(value: bigint, decimals: number): void {
    const magnitude = value < 0n ? -value : value;
    if (magnitude <= MAX_SAFE) {
      this.scaled(Number(value), decimals);
      return;
    }
    const unit = 10n ** BigInt(decimals);
    const fractionGroups = Math.ceil(decimals / 4);
    let rest =
      (magnitude / unit) * 10n ** BigInt(fractionGroups * 4) +
      (magnitude % unit) * 10n ** BigInt(fractionGroups * 4 - decimals);
    let count = 0;
    while (rest > 0n && count < groups.length) {
      groups[count++] = Number(rest % 10_000n);
      rest /= 10_000n;
    }
    while (count < fractionGroups) groups[count++] = 0;
    this.#numeric(count, fractionGroups, value < 0n, decimals);
  }

  /** Writes the groups (least significant first, `fractionGroups` of them behind the point) without idle zeros. */
  #numeric(count: number, fractionGroups: number, negative: boolean, decimals: number): void {
    let high = count;
    while (high > 0 && groups[high - 1] === 0) high--;
    let low = 0;
    while (low < high && groups[low] === 0) low++;
    const digits = high - low;
    this.#reserve(12 + digits * 2);
    const view = this.#view;
    const at = this.#at;
    view.setInt32(at, 8 + digits * 2);
    view.setInt16(at + 4, digits);
    view.setInt16(at + 6, digits === 0 ? 0 : high - fractionGroups - 1);
    view.setInt16(at + 8, negative && digits > 0 ? NEGATIVE : 0);
    view.setInt16(at + 10, decimals);
    for (let i = 0; i < digits; i++) view.setInt16(at + 12 + i * 2, groups[high - 1 - i] as number);
    this.#at = at + 12 + digits * 2;
  }

  #setInt8(at: number, value: number): void {
    const high = Math.floor(value / TWO_32);
    this.#view.setInt32(at, high);
    this.#view.setUint32(at + 4, value - high * TWO_32);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const buffer = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(buffer, 0, 0, this.#at);
    this.#buffer = buffer;
    this.#view = viewOf(buffer);
  }

  /** Ends the message and returns what of it was not taken; may be sent any number of times. */
  finish(): Buffer {
    this.#reserve(2);
    this.#view.setInt16(this.#at, -1);
    return this.#buffer.subarray(0, this.#at + 2);
  }

  /** Once a piece is full: the message up to here, which goes on in a buffer of its own. To be called between rows. */
  takeFull(): Buffer | undefined {
    if (this.#at < PIECE_BYTES) return undefined;
    const piece = this.#buffer.subarray(0, this.#at);
    this.#buffer = Buffer.allocUnsafe(this.#buffer.length);
    this.#view = viewOf(this.#buffer);
    this.#at = 0;
    return piece;
  }
}

/** Rows 0 to `count` - 1 of `columns` columns each; `encode` writes one. */
export function rowSource(
  columns: number,
  count: number,
  encode: (copy: BinaryCopy, at: number) => void,
): RowSource {
  function* pieces(): Generator<Buffer> {
    const copy = new BinaryCopy(columns, Math.min(PIECE_BYTES + (1 << 12), 64 + count * 400));
    for (let at = 0; at < count; at++) {
      copy.row();
      encode(copy, at);
      const piece = copy.takeFull();
      if (piece !== undefined) yield piece;
    }
    yield copy.finish();
  }
  return { count, pieces };
}

const viewOf = (buffer: Buffer): DataView =>
  new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);

/**
 * Writes rows. `target` is our own text ("trades (coin_id, …)"), never outside input.
 * @throws StoreError
 */
export async function copyRows(tx: Transaction, target: string, rows: RowSource): Promise<void> {
  try {
    const pieces = Readable.from(rows.pieces(), { objectMode: true, highWaterMark: 1 });
    await pipeline(pieces, tx.client.query(copyFrom(`COPY ${target} FROM STDIN (FORMAT binary)`)));
  } catch (error) {
    throw storeError(error);
  }
}
