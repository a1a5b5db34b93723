/**
 * LZ4 frames, written and read: the format of the public archive's files (frame format 1.6.1, block format 1.5.1).
 * Blocks are independent and at most 4 MiB; the header and the content carry their xxHash-32.
 */
import { DomainError } from '../../domain/errors.ts';

const MAGIC = 0x184d_2204;
const BLOCK_BYTES = 4 * 1024 * 1024;
/** Version 01, independent blocks, content checksum. */
const FLAGS = 0b0110_0100;
/** Blocks of up to 4 MiB. */
const BLOCK_DESCRIPTOR = 0b0111_0000;
const STORED = 0x8000_0000;
const HASH_BITS = 16;
const MIN_MATCH = 4;
/** The last five bytes are literals, and no match begins in the last twelve. */
const LAST_LITERALS = 5;
const MATCH_LIMIT = 12;

const P1 = 2_654_435_761;
const P2 = 2_246_822_519;
const P3 = 3_266_489_917;
const P4 = 668_265_263;
const P5 = 374_761_393;
const rotate = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

/** xxHash-32 with seed 0. */
export function xxHash32(data: Buffer): number {
  let at = 0;
  let hash: number;
  if (data.length >= 16) {
    const lanes = [(P1 + P2) | 0, P2 | 0, 0, -P1 | 0];
    for (; at + 16 <= data.length; at += 16)
      for (let lane = 0; lane < 4; lane++) {
        const sum = ((lanes[lane] as number) + Math.imul(data.readInt32LE(at + 4 * lane), P2)) | 0;
        lanes[lane] = Math.imul(rotate(sum, 13), P1);
      }
    const [a, b, c, d] = lanes as [number, number, number, number];
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
  } else hash = P5;
  hash = (hash + data.length) | 0;
  for (; at + 4 <= data.length; at += 4)
    hash = Math.imul(rotate((hash + Math.imul(data.readInt32LE(at), P3)) | 0, 17), P4);
  for (; at < data.length; at++)
    hash = Math.imul(rotate((hash + Math.imul(data[at] as number, P5)) | 0, 11), P1);
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A length of fifteen or more goes on in bytes of 255. @returns where the next byte goes */
function writeLength(out: Buffer, at: number, length: number): number {
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) out[at++] = 255;
  out[at++] = rest;
  return at;
}

/** One block. @returns its size, or 0 when it would not get smaller. */
function compressBlock(source: Buffer, out: Buffer, table: Int32Array): number {
  const { length } = source;
  table.fill(-1);
  let anchor = 0;
  let to = 0;
  for (let at = 0; at < length - MATCH_LIMIT; ) {
    const word = source.readInt32LE(at);
    const slot = Math.imul(word, P1) >>> (32 - HASH_BITS);
    const candidate = table[slot] as number;
    table[slot] = at;
    if (candidate < 0 || at - candidate > 65_535 || source.readInt32LE(candidate) !== word) {
      at += 1 + ((at - anchor) >> 6);
      continue;
    }
    let end = at + MIN_MATCH;
    for (
      let from = candidate + MIN_MATCH;
      end < length - LAST_LITERALS && source[from] === source[end];
      from++
    )
      end++;
    to = writeSequence(source, out, to, { anchor, at, offset: at - candidate, match: end - at });
    if (to + (length - end) + 16 > out.length) return 0;
    at = end;
    anchor = end;
  }
  const literals = length - anchor;
  if (to + literals + Math.ceil(literals / 255) + 1 >= length) return 0;
  out[to++] = Math.min(15, literals) << 4;
  if (literals >= 15) to = writeLength(out, to, literals);
  source.copy(out, to, anchor, length);
  return to + literals;
}

function writeSequence(
  source: Buffer,
  out: Buffer,
  start: number,
  sequence: {
    readonly anchor: number;
    readonly at: number;
    readonly offset: number;
    readonly match: number;
  },
): number {
  const literals = sequence.at - sequence.anchor;
  const extra = sequence.match - MIN_MATCH;
  let to = start;
  out[to++] = (Math.min(15, literals) << 4) | Math.min(15, extra);
  if (literals >= 15) to = writeLength(out, to, literals);
  source.copy(out, to, sequence.anchor, sequence.at);
  to += literals;
  to = out.writeUInt16LE(sequence.offset, to);
  return extra >= 15 ? writeLength(out, to, extra) : to;
}

/** The content as one LZ4 frame. */
export function compressFrame(content: Buffer): Buffer {
  const header = Buffer.alloc(7);
  header.writeUInt32LE(MAGIC, 0);
  header[4] = FLAGS;
  header[5] = BLOCK_DESCRIPTOR;
  header[6] = (xxHash32(header.subarray(4, 6)) >>> 8) & 0xff;
  const parts: Buffer[] = [header];
  const table = new Int32Array(1 << HASH_BITS);
  const out = Buffer.alloc(BLOCK_BYTES + 64 * 1024);
  for (let at = 0; at < content.length; at += BLOCK_BYTES) {
    const block = content.subarray(at, at + BLOCK_BYTES);
    const size = compressBlock(block, out, table);
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32LE(size === 0 ? (block.length | STORED) >>> 0 : size, 0);
    parts.push(prefix, size === 0 ? block : Buffer.from(out.subarray(0, size)));
  }
  const end = Buffer.alloc(8);
  end.writeUInt32LE(xxHash32(content), 4);
  parts.push(end);
  return Buffer.concat(parts);
}

const broken = (what: string): DomainError => new DomainError('BAD_LZ4', `not a readable LZ4 frame: ${what}`);

function expandBlock(block: Buffer): Buffer {
  const out = Buffer.alloc(BLOCK_BYTES);
  let to = 0;
  const extended = (from: number, nibble: number): [number, number] => {
    let length = nibble;
    let at = from;
    if (nibble === 15)
      for (let byte = 255; byte === 255; length += byte) {
        if (at >= block.length) throw broken('a length leaves its block');
        byte = block[at++] as number;
      }
    return [length, at];
  };
  for (let at = 0; at < block.length; ) {
    const token = block[at++] as number;
    const [literals, start] = extended(at, token >> 4);
    if (start + literals > block.length || to + literals > out.length)
      throw broken('literals leave their block');
    to += block.copy(out, to, start, start + literals);
    at = start + literals;
    if (at >= block.length) break;
    const offset = block.readUInt16LE(at);
    const [match, next] = extended(at + 2, token & 15);
    if (offset === 0 || offset > to || to + match + MIN_MATCH > out.length)
      throw broken('a match leaves its block');
    for (let k = 0; k < match + MIN_MATCH; k++, to++) out[to] = out[to - offset] as number;
    at = next;
  }
  return out.subarray(0, to);
}

/** What `compressFrame` wrote. @throws DomainError `BAD_LZ4` for anything else that it does not understand. */
export function expandFrame(frame: Buffer): Buffer {
  if (frame.length < 15 || frame.readUInt32LE(0) !== MAGIC || frame[4] !== FLAGS) throw broken('its header');
  if (frame[6] !== ((xxHash32(frame.subarray(4, 6)) >>> 8) & 0xff))
    throw broken('the checksum of its header');
  const parts: Buffer[] = [];
  let at = 7;
  for (;;) {
    if (at + 4 > frame.length) throw broken('it ends too early');
    const size = frame.readUInt32LE(at);
    at += 4;
    if (size === 0) break;
    const length = size & 0x7fff_ffff;
    if (at + length > frame.length) throw broken('it ends too early');
    const block = frame.subarray(at, at + length);
    parts.push(size >= STORED ? block : expandBlock(block));
    at += length;
  }
  const content = Buffer.concat(parts);
  if (at + 4 > frame.length || frame.readUInt32LE(at) !== xxHash32(content))
    throw broken('the checksum of its content');
  return content;
}
