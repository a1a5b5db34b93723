/** Lines of the archive: one block of the venue each, with every fill of everybody in it. */
import { z } from 'zod';
import { userFillsSchema, type WireUserFill } from '../wire/history.ts';

const lineSchema = z.object({ events: z.array(z.tuple([z.string().max(64), z.unknown()])) });
const NEWLINE = 0x0a;
/** A line longer than this is no block. */
const MOST_LINE_BYTES = 64 * 1024 * 1024;

export interface ArchivedFill {
  /** 0x and 40 hex digits, lower case. */
  readonly address: string;
  readonly fill: WireUserFill;
}

export interface LineCounts {
  lines: number;
  fills: number;
  /** Lines or fills that are not as described. */
  unread: number;
}

/** Text lines of a stream of bytes. */
async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let held = 0;
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...rest, piece.subarray(from, end)]).toString('utf8');
      rest = [];
      held = 0;
      from = end + 1;
    }
    if (from < piece.length) {
      rest.push(piece.subarray(from));
      held += piece.length - from;
      if (held > MOST_LINE_BYTES) throw new RangeError('a line of the archive does not end');
    }
  }
  if (held > 0) yield Buffer.concat(rest).toString('utf8');
}

/** Fills of the addresses that `wanted` says, in the archive's order. What is not as described is counted. */
export async function* archivedFills(
  pieces: AsyncIterable<Buffer>,
  wanted: (address: string) => boolean,
  counts: LineCounts,
): AsyncGenerator<ArchivedFill> {
  for await (const line of linesOf(pieces)) {
    if (line.trim() === '') continue;
    counts.lines++;
    const block = parsed(line);
    if (block === null) {
      counts.unread++;
      continue;
    }
    for (const [user, event] of block.events) {
      const address = user.toLowerCase();
      if (!wanted(address)) continue;
      const fill = userFillsSchema.safeParse([event]);
      if (fill.success && fill.data[0] !== undefined) {
        counts.fills++;
        yield { address, fill: fill.data[0] };
      } else counts.unread++;
    }
  }
}

function parsed(line: string): z.infer<typeof lineSchema> | null {
  try {
    const block = lineSchema.safeParse(JSON.parse(line));
    return block.success ? block.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
