/**
 * Republishes the event log to the Redis channel `trade_events`, for consumers outside of this program.
 *
 * The place in the log is kept in Redis beside the channel and moved in the same atomic step that publishes, from
 * the place it was read at: any number of republishers may run, each event is published once and in order. What
 * retention took away before it was published, a new epoch, and a start without a place, are announced.
 */
import type { Redis } from 'ioredis';
import { errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { LogPosition, NewsListener } from '../store/news.ts';

/** Name kept from the original design. */
export const TRADE_EVENTS_CHANNEL = 'trade_events';

export interface LogEvent {
  readonly offset: number;
  /** JSON-ready; epoch, offset and the world are added. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The log as the republisher reads it. */
export interface EventLog {
  /** Current epoch, oldest kept and newest offset; undefined before the first start of the writer. */
  span(): Promise<{ readonly epoch: number; readonly first: number; readonly head: number } | undefined>;
  /** Events after the position, oldest first, at most `limit`. */
  read(after: LogPosition, limit: number): Promise<readonly LogEvent[]>;
}

export interface RepublisherOptions {
  readonly redis: Redis;
  readonly log: Logger;
  readonly news: NewsListener;
  /** The topic whose news wakes it. */
  readonly topic: string;
  readonly events: EventLog;
  /** Said in every message, and part of the key of the cursor. */
  readonly world: { readonly network: string; readonly worldId: string };
}

const BATCH = 500;

/** KEYS: cursor. ARGV: expected cursor ('' for none), next cursor, channel, messages. Returns 1, or 0 if another was first. */
const PUBLISH = `
local current = redis.call('GET', KEYS[1])
if not current then current = '' end
if current ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
for i = 4, #ARGV do redis.call('PUBLISH', ARGV[3], ARGV[i]) end
return 1
`;

/** Begins with the events that come after its first start. Returns the function that ends it. */
export function startRepublisher(options: RepublisherOptions): () => void {
  let stopped = false;
  const unsubscribe = options.news.subscribe(options.topic, async () => {
    try {
      while (!stopped && (await step(options)));
    } catch (error) {
      // The next look tries again from the same cursor.
      options.log.warn({ error: errorMessage(error) }, 'cannot republish events');
    }
  });
  return () => {
    stopped = true;
    unsubscribe();
  };
}

/** Publishes one batch; true if there may be more. */
async function step(options: RepublisherOptions): Promise<boolean> {
  const { redis, events, world } = options;
  const key = `autotrade:${world.network}:${world.worldId}:trade_events:cursor`;
  const span = await events.span();
  if (span === undefined) return false;
  const stored = (await redis.get(key)) ?? '';
  const plan = await nextBatch(events, parseCursor(stored), span);
  if (plan === undefined) return false;
  const messages = plan.messages.map((message) =>
    JSON.stringify({ ...world, epoch: span.epoch, ...message }),
  );
  const next = `${span.epoch} ${plan.next}`;
  await redis.eval(PUBLISH, 1, key, stored, next, TRADE_EVENTS_CHANNEL, ...messages);
  return plan.next < span.head;
}

interface Plan {
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  /** Offset of the cursor after it. */
  readonly next: number;
}

async function nextBatch(
  events: EventLog,
  cursor: LogPosition | undefined,
  span: { readonly epoch: number; readonly first: number; readonly head: number },
): Promise<Plan | undefined> {
  // The first start, or a Redis that has lost the place: what came before is not published, and that is said.
  if (cursor === undefined) {
    return { messages: [{ type: 'reset', reason: 'start', to: span.head }], next: span.head };
  }
  if (cursor.epoch !== span.epoch) {
    return { messages: [{ type: 'reset', reason: 'epoch' }], next: span.first - 1 };
  }
  if (cursor.offset < span.first - 1) {
    const lost = { type: 'reset', reason: 'retention', from: cursor.offset + 1, to: span.first - 1 };
    return { messages: [lost], next: span.first - 1 };
  }
  if (cursor.offset >= span.head) return undefined;
  const found = await events.read(cursor, BATCH);
  const last = found.at(-1);
  // Offsets are dense: a hole was dropped between the two reads, and the next look announces it.
  if (last === undefined || found[0]?.offset !== cursor.offset + 1) return undefined;
  return {
    messages: found.map((event) => ({ type: 'change', offset: event.offset, ...event.body })),
    next: last.offset,
  };
}

function parseCursor(text: string): LogPosition | undefined {
  const [epoch, offset] = text.split(' ').map(Number);
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(offset)
    ? { epoch: epoch as number, offset: offset as number }
    : undefined;
}
