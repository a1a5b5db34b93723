/**
 * Lines of the venue's public archive of fills. Two shapes, by age of the file: a block with all its events
 * (node_fills_by_block), or one `[address, fill]` (node_fills). A trade is in it twice, once for each side.
 */
import { z } from 'zod';
import type { WireUserFill } from '../wire/history.ts';
import { userFillsSchema } from '../wire/history.ts';

const eventSchema = z.tuple([z.string().regex(/^0x[0-9a-fA-F]{40}$/), z.unknown()]);
const lineSchema = z.union([z.object({ events: z.array(eventSchema) }), eventSchema]);

export interface ArchivedFill {
  /** Lower case. */
  readonly user: string;
  readonly fill: WireUserFill;
}

/** What a piece of an archive said, and how many of its lines or fills had another shape. */
export interface ArchivedFills {
  readonly fills: readonly ArchivedFill[];
  readonly unread: number;
}

/** The fills of one file's lines, in its order. */
export function archivedFills(text: string): ArchivedFills {
  const fills: ArchivedFill[] = [];
  let unread = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const events = eventsOf(line);
    if (events === null) unread++;
    for (const [user, raw] of events ?? []) {
      const taken = userFillsSchema.safeParse([raw]);
      const [fill] = taken.success ? taken.data : [];
      if (fill === undefined) unread++;
      else fills.push({ user: user.toLowerCase(), fill });
    }
  }
  return { fills, unread };
}

function eventsOf(line: string): readonly z.infer<typeof eventSchema>[] | null {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  const parsed = lineSchema.safeParse(json);
  if (!parsed.success) return null;
  return 'events' in parsed.data ? parsed.data.events : [parsed.data];
}
