/**
 * Reads LZ4 frames (format 1.6) from a stream of bytes, block by block, so that an hour of the archive (hundreds of MB
 * when expanded) never stands in memory as a whole. Independent and linked blocks, several frames one after another,
 * skippable frames; block and header checksums are stepped over, sizes are bounded.
 */
import { AppError } from '../../runtime/errors.ts';

const MAGIC = 0x184d_2204;
const SKIPPABLE = 0x184d_2a50;
const STORED = 0x8000_0000;
/** Matches reach back this far at most. */
const WINDOW = 65_536;
/** By the code of the frame's header. */
const BLOCK_BYTES = [0, 0, 0, 0, 65_536, 262_144, 1_048_576, 4_194_304];

const damaged = (why: string) => new AppError('LZ4_DAMAGED', `not a whole LZ4 frame: ${why}`);

/** Takes exact counts of bytes out of chunks of any size. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** @returns undefined at the end of the stream. @throws AppError `LZ4_DAMAGED` when it ends within. */
  async take(count: number): Promise<Buffer | undefined> {
    const parts = [this.#rest];
    let have = this.#rest.length;
    while (have < count) {
      const { done, value } = await this.#chunks.next();
      if (done === true) break;
      parts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      have += value.byteLength;
    }
    const all = parts.length === 1 ? this.#rest : Buffer.concat(parts);
    if (all.length < count) {
      this.#rest = Buffer.alloc(0);
      if (all.length === 0) return undefined;
      throw damaged('it ends too early');
    }
    this.#rest = all.subarray(count);
    return all.subarray(0, count);
  }

  async need(count: number): Promise<Buffer> {
    const bytes = count === 0 ? Buffer.alloc(0) : await this.take(count);
    if (bytes === undefined) throw damaged('it ends too early');
    return bytes;
  }
}

/** The content, in pieces. @throws AppError `LZ4_DAMAGED` */
export async function* expandFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(chunks);
  for (;;) {
    const magic = await reader.take(4);
    if (magic === undefined) return;
    const value = magic.readUInt32LE(0);
    if (value >>> 4 === SKIPPABLE >>> 4) {
      await reader.need((await reader.need(4)).readUInt32LE(0));
      continue;
    }
    if (value !== MAGIC) throw damaged('it begins with other bytes');
    yield* expandFrame(reader);
  }
}

async function* expandFrame(reader: ByteReader): AsyncGenerator<Buffer> {
  const header = await reader.need(2);
  const [flags = 0, descriptor = 0] = header;
  if (flags >>> 6 !== 1) throw damaged('another version');
  const linked = (flags & 0x20) === 0;
  const blockChecksum = (flags & 0x10) !== 0;
  const contentChecksum = (flags & 0x04) !== 0;
  const most = BLOCK_BYTES[(descriptor >>> 4) & 7] ?? 0;
  if (most === 0) throw damaged('an unknown block size');
  if ((flags & 0x01) !== 0) throw new AppError('LZ4_DICTIONARY', 'LZ4 frames with a dictionary are not read');
  // The size of the content, if it is told, and the checksum of the header.
  await reader.need(((flags & 0x08) === 0 ? 0 : 8) + 1);
  let window: Buffer = Buffer.alloc(0);
  for (;;) {
    const word = (await reader.need(4)).readUInt32LE(0);
    if (word === 0) break;
    const size = word & ~STORED & 0x7fff_ffff;
    if (size > most) throw damaged('a block larger than its frame allows');
    const bytes = await reader.need(size);
    if (blockChecksum) await reader.need(4);
    const block = word >= STORED ? Buffer.from(bytes) : expandBlock(bytes, window, most);
    if (linked) {
      const joined = block.length >= WINDOW ? block : Buffer.concat([window, block]);
      window = Buffer.from(joined.subarray(Math.max(0, joined.length - WINDOW)));
    }
    yield block;
  }
  if (contentChecksum) await reader.need(4);
}

/** @param before what matches may reach back to; empty for independent blocks. */
function expandBlock(source: Buffer, before: Buffer, most: number): Buffer {
  const out = Buffer.allocUnsafe(before.length + most);
  before.copy(out);
  let to = before.length;
  let at = 0;
  const length = (nibble: number): number => {
    if (nibble < 15) return nibble;
    let sum = nibble;
    for (let byte = 255; byte === 255; ) {
      byte = source[at++] ?? -1;
      if (byte < 0) throw damaged('a length without an end');
      sum += byte;
    }
    return sum;
  };
  while (at < source.length) {
    const token = source[at++] ?? 0;
    const literals = length(token >>> 4);
    if (at + literals > source.length || to + literals > out.length)
      throw damaged('literals beyond the block');
    source.copy(out, to, at, at + literals);
    at += literals;
    to += literals;
    if (at === source.length) break;
    const offset = (source[at] ?? 0) | ((source[at + 1] ?? 0) << 8);
    at += 2;
    const count = length(token & 15) + 4;
    if (offset === 0 || offset > to || to + count > out.length) throw damaged('a match out of reach');
    // A match may overlap what it writes, so it is copied byte by byte where it does.
    if (offset >= count) out.copyWithin(to, to - offset, to - offset + count);
    else for (let i = 0; i < count; i++) out[to + i] = out[to + i - offset] ?? 0;
    to += count;
  }
  return out.subarray(before.length, to);
}
