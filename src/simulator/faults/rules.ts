/** Faults as data: what may go wrong, to which requests or frames, how often and for how long. */
import { z } from 'zod';

const share = z.number().min(0).max(1).default(1);
const milliseconds = z.number().int().min(0).max(86_400_000);

/** Codes that a close frame may carry, and 1006 for none. The library beneath throws at any other. */
const closeCode = z
  .number()
  .int()
  .refine(
    (code) =>
      (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005) || (code >= 3000 && code <= 4999),
    'must be 1000 to 1003, 1006 to 1014 or 3000 to 4999: no close frame carries another code',
  )
  .default(1006);

const where = {
  /** Tells rules of one kind apart; part of every fate. */
  name: z.string().max(64).optional(),
  /** Probability of each request or frame, decided by seed and identity alone. */
  share,
  /** At most this many firings; makes the fate depend on the order of requests, so leave it out in seeded runs. */
  count: z.number().int().min(1).optional(),
  /** The rule ends by itself after this long. */
  forMs: milliseconds.optional(),
};
const ofRequest = {
  ...where,
  path: z.enum(['/info', '/exchange']).optional(),
  /** The /info type or the action's type. */
  type: z.string().max(64).optional(),
  /** Address of a question's `user`, or of the account that an action is for. */
  user: z.string().max(42).optional(),
  ip: z.string().max(64).optional(),
};
const ofFrame = {
  ...where,
  channel: z.string().max(64).optional(),
  coin: z.string().max(64).optional(),
  user: z.string().max(42).optional(),
};

export const faultRule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http-status'),
    ...ofRequest,
    status: z.number().int().min(400).max(599),
    retryAfterSeconds: z.number().int().min(0).optional(),
    stage: z.enum(['before', 'after']).default('before'),
  }),
  z.strictObject({
    kind: z.literal('html'),
    ...ofRequest,
    status: z.number().int().min(200).max(599).default(200),
    stage: z.enum(['before', 'after']).default('before'),
  }),
  z.strictObject({ kind: z.literal('truncate'), ...ofRequest }),
  z.strictObject({ kind: z.literal('slow'), ...ofRequest, delayMs: milliseconds }),
  z.strictObject({ kind: z.literal('timeout'), ...ofRequest, stage: z.enum(['before', 'after']) }),
  z.strictObject({ kind: z.literal('reset'), ...ofRequest, stage: z.enum(['before', 'after']) }),
  z.strictObject({ kind: z.literal('lagging-replica'), ...ofRequest, lagMs: milliseconds }),
  z.strictObject({
    kind: z.literal('schema-drift'),
    ...ofRequest,
    drift: z.enum([
      'null',
      'number-as-string',
      'string-as-number',
      'extra-field',
      'missing-field',
      'prototype',
    ]),
  }),
  z.strictObject({ kind: z.literal('drop-frame'), ...ofFrame }),
  z.strictObject({ kind: z.literal('duplicate-frame'), ...ofFrame }),
  z.strictObject({ kind: z.literal('reorder-frame'), ...ofFrame }),
  z.strictObject({ kind: z.literal('delay-frame'), ...ofFrame, delayMs: milliseconds }),
  z.strictObject({
    kind: z.literal('close-socket'),
    ...ofFrame,
    code: closeCode,
  }),
  z.strictObject({ kind: z.literal('silent-stall'), ...ofFrame }),
  z.strictObject({ kind: z.literal('half-open'), ...where }),
  z.strictObject({ kind: z.literal('refuse-subscribe'), ...ofFrame, error: z.string().max(200).optional() }),
  z.strictObject({
    kind: z.literal('refuse-connect'),
    ...where,
    status: z.number().int().min(400).max(599).default(502),
  }),
]);

export type FaultRule = z.infer<typeof faultRule>;
export type FaultKind = FaultRule['kind'];

/** A rule as tests write it: everything with a default may be left out. */
export type FaultRuleInput = z.input<typeof faultRule>;
