/** Frames of the WebSocket, both directions, as far as the public feed needs them. */
import { z } from 'zod';
import { coinText } from './primitives.ts';

/** What a subscription is; the venue echoes it with defaults filled in. */
const subscriptionSchema = z.object({ type: z.string().max(64), coin: coinText.optional() });

export const subscriptionResponseSchema = z.object({
  channel: z.literal('subscriptionResponse'),
  data: z.object({ method: z.enum(['subscribe', 'unsubscribe']), subscription: subscriptionSchema }),
});

/** Limit errors do not echo the request; "Already subscribed: {json}" and "Invalid subscription {json}" do. */
export const errorFrameSchema = z.object({ channel: z.literal('error'), data: z.string() });

/** Any frame: enough to tell which channel it is of. */
export const anyFrameSchema = z.object({ channel: z.string().max(64) });
