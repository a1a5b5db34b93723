/**
 * Reads an LZ4 frame of any writer: blocks that stand alone or lean on those before them, with or without sizes and
 * checksums. Checksums are not verified: a broken file shows in its lines, which are JSON.
 */
import { DomainError } from '../../domain/errors.ts';

const MAGIC = 0x184d_2204;
/** Frames that carry something else than content, to be skipped. */
const SKIPPABLE = 0x184d_2a50;
const LEAST_MATCH = 4;
const STORED = 0x8000_0000;

const broken = (what: string): DomainError => new DomainError('BAD_LZ4', `not a readable LZ4 frame: ${what}`);

/** Content that grows; matches of a block may reach back over the blocks before it. */
class Content {
  bytes = Buffer.allocUnsafe(1 << 20);
  length = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  reserve(more: number): void {
    const needed = this.length + more;
    if (needed > this.#most) throw broken(`its content has more than ${this.#most} bytes`);
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.min(this.#most, Math.max(2 * this.bytes.length, needed)));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

/**
 * The content of one or several frames.
 * @param most bytes of content at which a file is refused: it may claim anything.
 * @throws DomainError `BAD_LZ4`
 */
export function expandLz4(file: Buffer, most = 2 ** 31): Buffer {
  const content = new Content(most);
  let at = 0;
  while (at < file.length) {
    if (at + 8 > file.length) throw broken('it ends too early');
    const magic = file.readUInt32LE(at);
    if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE) at += 8 + file.readUInt32LE(at + 4);
    else if (magic === MAGIC) at = expandOne(file, at + 4, content);
    else throw broken('its header');
  }
  return content.bytes.subarray(0, content.length);
}

/** One frame from behind its magic number; returns where it ends. */
function expandOne(file: Buffer, start: number, content: Content): number {
  const flags = file[start] ?? 0;
  if (flags >> 6 !== 1) throw broken('its version');
  const blockChecksums = (flags & 0x10) !== 0;
  let at = start + 2 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0) + 1;
  for (;;) {
    if (at + 4 > file.length) throw broken('it ends too early');
    const size = file.readUInt32LE(at);
    at += 4;
    if (size === 0) break;
    const length = size & ~STORED & 0x7fff_ffff;
    if (at + length > file.length) throw broken('it ends too early');
    const block = file.subarray(at, at + length);
    if (size >= STORED) {
      content.reserve(length);
      content.length += block.copy(content.bytes, content.length);
    } else expandBlock(block, content);
    at += length + (blockChecksums ? 4 : 0);
  }
  return at + ((flags & 0x04) !== 0 ? 4 : 0);
}

function expandBlock(block: Buffer, content: Content): void {
  let at = 0;
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    if (nibble === 15)
      for (let byte = 255; byte === 255; length += byte) {
        if (at >= block.length) throw broken('a length leaves its block');
        byte = block[at++] as number;
      }
    return length;
  };
  while (at < block.length) {
    const token = block[at++] as number;
    const literals = lengthFrom(token >> 4);
    if (at + literals > block.length) throw broken('literals leave their block');
    content.reserve(literals);
    content.length += block.copy(content.bytes, content.length, at, at + literals);
    at += literals;
    if (at >= block.length) return;
    if (at + 2 > block.length) throw broken('an offset leaves its block');
    const offset = block.readUInt16LE(at);
    at += 2;
    const match = lengthFrom(token & 15) + LEAST_MATCH;
    copyMatch(content, offset, match);
  }
}

/** A match may overlap what it writes: then it repeats. */
function copyMatch(content: Content, offset: number, match: number): void {
  if (offset === 0 || offset > content.length) throw broken('a match begins before the content');
  content.reserve(match);
  const { bytes } = content;
  let to = content.length;
  if (offset >= match) bytes.copyWithin(to, to - offset, to - offset + match);
  else for (let k = 0; k < match; k++, to++) bytes[to] = bytes[to - offset] as number;
  content.length += match;
}
