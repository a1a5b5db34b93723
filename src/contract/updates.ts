/**
 * WS /ws/v1/updates. JSON text frames, one object each, told apart by `type`.
 *
 * Connect with subprotocol "autotrade.v1". A browser is known by its session cookie and Origin; a program sends
 * `Authorization: Bearer <token>`, or a single-use ticket as the extra subprotocol "ticket.<value>". The server
 * speaks first: `hello`. Topics `stats`, `services`, `trades`, `traders` are views: frames are coalesced and a
 * later one replaces an earlier one. Channels of position changes are a log: nothing is skipped without a `reset`.
 */
import { z } from 'zod';
import { changeKindSchema, positionChangeSchema, positionSchema } from './positions.ts';
import { networkSchema, serviceSchema, statsSchema } from './stats.ts';
import { traderRowSchema } from './traders.ts';
import { tradeSchema } from './trades.ts';
import { addressSchema, coinSchema, countSchema, logPlaceSchema, timeSchema } from './values.ts';

export const UPDATES_PATH = '/ws/v1/updates';
export const UPDATES_PROTOCOL = 'autotrade.v1';

export const viewTopicSchema = z.enum(['stats', 'services', 'trades', 'traders']);
export type ViewTopic = z.infer<typeof viewTopicSchema>;

/** Which changes: all conditions given must hold; none given means all changes of all traders. */
export const changeFilterSchema = z.strictObject({
  trader: addressSchema.optional(),
  coin: coinSchema.optional(),
  kinds: z.array(changeKindSchema).min(1).max(5).optional(),
});
export type ChangeFilter = z.infer<typeof changeFilterSchema>;

/** `id` is the caller's own name of the request; it comes back in the answer. */
const requestIdSchema = z.string().min(1).max(64);

export const clientMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribe'),
    id: requestIdSchema,
    topics: z.array(viewTopicSchema).min(1).max(4),
  }),
  z.strictObject({
    type: z.literal('unsubscribe'),
    id: requestIdSchema,
    topics: z.array(viewTopicSchema).min(1).max(4),
  }),
  z.strictObject({
    type: z.literal('follow'),
    id: requestIdSchema,
    filter: changeFilterSchema,
    after: logPlaceSchema
      .optional()
      .meta({ description: 'Resume behind this place; without it a snapshot comes first' }),
  }),
  z.strictObject({ type: z.literal('unfollow'), id: requestIdSchema, channel: z.string().min(1).max(200) }),
  z.strictObject({ type: z.literal('ping'), id: requestIdSchema }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

/** Why the log cannot simply continue: load the snapshot that follows. */
export const resetReasonSchema = z.enum([
  'EPOCH_CHANGED',
  'PLACE_TOO_OLD',
  'PLACE_IN_FUTURE',
  'BACKLOG_TOO_LONG',
]);
export type ResetReason = z.infer<typeof resetReasonSchema>;

/** Why the server hangs up: WebSocket close code and meaning. The reason text of the close frame is the key. */
export const CLOSE_REASONS = {
  SERVER_STOPPING: [1001, 'The server stops or restarts; connect again and resume.'],
  MESSAGE_TOO_LARGE: [1009, 'A message was larger than 16 KiB.'],
  MESSAGE_INVALID: [4400, 'More than ten messages were not understood.'],
  SESSION_ENDED: [4401, 'Signed out, or the session or token expired or was revoked.'],
  TOO_SLOW: [4408, 'The reader is slower than the stream; connect again and resume.'],
  NO_ANSWER: [4410, 'Two pings in a row were not answered.'],
  RATE_LIMITED: [4429, 'Too many messages.'],
} as const satisfies Record<string, readonly [number, string]>;
export type CloseReason = keyof typeof CLOSE_REASONS;

export const serverMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    serverTime: timeSchema,
    version: z.string(),
    network: networkSchema,
    simulated: z.boolean(),
    world: z.string(),
    log: logPlaceSchema.nullable(),
    pingEveryMs: countSchema.meta({ description: 'Nothing for twice as long means: the connection is dead' }),
  }),
  z.object({ type: z.literal('subscribed'), id: z.string(), topics: z.array(viewTopicSchema) }),
  z.object({ type: z.literal('unsubscribed'), id: z.string(), topics: z.array(viewTopicSchema) }),
  z.object({ type: z.literal('pong'), id: z.string(), serverTime: timeSchema }),
  z.object({ type: z.literal('heartbeat'), serverTime: timeSchema }),
  z.object({
    type: z.literal('refused'),
    id: z
      .string()
      .nullable()
      .meta({ description: 'The request that was refused; null if the message carried none' }),
    channel: z
      .string()
      .nullable()
      .meta({ description: 'For a follow, also one that was confirmed before: its channel; else null' }),
    code: z.string(),
    message: z.string(),
  }),
  z.object({ type: z.literal('stats'), data: statsSchema }),
  z.object({ type: z.literal('services'), items: z.array(serviceSchema) }),
  z.object({
    type: z.literal('trades'),
    items: z.array(tradeSchema).meta({ description: 'Oldest first' }),
    skipped: countSchema.meta({ description: 'Trades left out of this view since the last frame' }),
  }),
  z.object({
    type: z.literal('traders'),
    items: z.array(traderRowSchema).meta({ description: 'New or changed since the last frame' }),
    fresh: countSchema.meta({ description: 'How many traders were discovered since the last frame' }),
    total: countSchema,
    skipped: countSchema.meta({ description: 'Changed traders left out of this frame' }),
  }),
  z.object({ type: z.literal('followed'), id: z.string(), channel: z.string(), filter: changeFilterSchema }),
  z.object({ type: z.literal('unfollowed'), id: z.string(), channel: z.string() }),
  z.object({
    type: z.literal('snapshot'),
    channel: z.string(),
    at: logPlaceSchema,
    positions: z
      .array(positionSchema)
      .nullable()
      .meta({ description: 'For a trader: open positions; else null' }),
    recent: z.array(positionChangeSchema).meta({ description: 'Newest matching changes, oldest first' }),
  }),
  z.object({
    type: z.literal('changes'),
    channel: z.string(),
    epoch: countSchema,
    after: countSchema.meta({
      description:
        'Everything in (after, upto] that matches is here. Equals the place before it: the `upto` or snapshot, or `after` of the follow',
    }),
    upto: countSchema,
    items: z
      .array(positionChangeSchema)
      .meta({ description: 'Empty if nothing matches: only the place moves' }),
  }),
  z.object({ type: z.literal('reset'), channel: z.string(), reason: resetReasonSchema }),
]);
export type ServerMessage = z.infer<typeof serverMessageSchema>;
