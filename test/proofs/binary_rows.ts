/** Reads rows of `COPY … (FORMAT binary)` as PostgreSQL would, without the encoder's code. */
const HEADER_BYTES = 19;
const TWO_32 = 2 ** 32;
const BASE = 10_000;

/** One row at a time; the values of a row are read in their order. */
export class BinaryRows {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #at = HEADER_BYTES;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves to the next row; false at the end. */
  next(): boolean {
    const columns = this.#view.getInt16(this.#at);
    this.#at += 2;
    return columns >= 0;
  }

  skip(values: number): void {
    for (let i = 0; i < values; i++) this.#take();
  }

  /** Moves past the next value; returns where it begins. */
  #take(): number {
    const at = this.#at + 4;
    this.#at = at + Math.max(0, this.#view.getInt32(this.#at));
    return at;
  }

  /** int4 or int8. */
  int(): number {
    const at = this.#take();
    if (this.#at - at === 4) return this.#view.getInt32(at);
    return this.#view.getInt32(at) * TWO_32 + this.#view.getUint32(at + 4);
  }

  boolean(): boolean {
    return this.#bytes[this.#take()] === 1;
  }

  /** Which of the texts it is, -1 if none. */
  oneOf(texts: readonly string[]): number {
    const at = this.#take();
    const length = this.#at - at;
    return texts.findIndex((text) => text.length === length && this.#is(text, at));
  }

  #is(text: string, at: number): boolean {
    for (let i = 0; i < text.length; i++) if (this.#bytes[at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  bytes(): Uint8Array {
    const at = this.#take();
    return Uint8Array.from(this.#bytes.subarray(at, this.#at));
  }

  /** A numeric in units of 10^-decimals, which hold all of it; exact to 2^53 / 10,000. */
  scaled(decimals: number): number {
    const at = this.#take();
    const view = this.#view;
    const digits = view.getInt16(at);
    let value = 0;
    for (let i = 0; i < digits; i++) value = value * BASE + view.getInt16(at + 8 + i * 2);
    const shift = (view.getInt16(at + 2) - digits + 1) * 4 + decimals;
    value = shift >= 0 ? value * 10 ** shift : Math.round(value / 10 ** -shift);
    return view.getInt16(at + 4) === 0 ? value : -value;
  }

  bigScaled(decimals: number): bigint {
    const at = this.#take();
    const view = this.#view;
    const digits = view.getInt16(at);
    let value = 0n;
    for (let i = 0; i < digits; i++) value = value * BigInt(BASE) + BigInt(view.getInt16(at + 8 + i * 2));
    const shift = (view.getInt16(at + 2) - digits + 1) * 4 + decimals;
    value = shift >= 0 ? value * 10n ** BigInt(shift) : value / 10n ** BigInt(-shift);
    return view.getInt16(at + 4) === 0 ? value : -value;
  }

  /** int8[] */
  ints(): number[] {
    let at = this.#take();
    const view = this.#view;
    if (view.getInt32(at) === 0) return [];
    const count = view.getInt32(at + 12);
    const values: number[] = [];
    for (at += 24; values.length < count; at += 12)
      values.push(view.getInt32(at) * TWO_32 + view.getUint32(at + 4));
    return values;
  }
}
