/**
 * Values that every message is built from. In JSON decimals are strings, and times (ms since the Unix epoch, UTC),
 * offsets, counts and ids are numbers. Responses are plain objects, so a newer server may add fields; requests are
 * strict, so a misspelt field is refused instead of ignored.
 */
import { z } from 'zod';

/** 0x and 40 hex digits; answered in lower case. */
export const addressSchema = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x followed by 40 hex digits')
  .meta({ description: 'Account address: 0x and 40 hex digits' });

/** An exact decimal number as text, for example "-12.5". */
export const decimalSchema = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .meta({ description: 'Exact decimal number as text' });

/** Milliseconds since the Unix epoch, UTC. */
export const timeSchema = z.int().nonnegative().meta({ description: 'ms since the Unix epoch, UTC' });

export const countSchema = z.int().nonnegative();

/** The venue's symbol of a perpetual: "BTC", or "dex:NAME" on a builder's dex. */
export const coinSchema = z.string().min(1).max(80).meta({ description: 'Coin symbol: BTC, or dex:NAME' });

/** How far a number can be trusted. Zero, unknown and not applicable are three different things. */
const cellStateSchema = z.enum(['ok', 'zero', 'na', 'unknown', 'partial', 'stale']);

/** One number together with what is known about it; `v` is null exactly when the state is `na` or `unknown`. */
export const cellSchema = z
  .object({
    v: decimalSchema.nullable(),
    state: cellStateSchema,
    reason: z.string().optional().meta({ description: 'Why it is not simply a number' }),
    asOf: timeSchema.optional(),
    n: countSchema.optional().meta({ description: 'Sample size' }),
  })
  .meta({ id: 'Cell' });
export type Cell = z.infer<typeof cellSchema>;

/** Opaque place in a listing; made by the server, only ever handed back to it. */
export const cursorSchema = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[A-Za-z0-9_-]+$/, 'must be a cursor from an earlier answer');

/** "epoch:offset": a place in the event log. The offset is the last one that the reader has. */
export const logPlaceTextSchema = z
  .string()
  .regex(/^\d{1,15}:\d{1,15}$/, 'must be epoch:offset, for example 1:4200')
  .meta({ description: 'epoch:offset of the last event that the reader has' });

/** A place in the event log: everything up to and including `offset` of `epoch` has been seen. */
export const logPlaceSchema = z.object({ epoch: countSchema, offset: countSchema }).meta({ id: 'LogPlace' });
export type LogPlace = z.infer<typeof logPlaceSchema>;

/** A page size out of a query string. */
export const limitSchema = (standard: number, most: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(most)
    .default(standard)
    .meta({ description: `1 to ${most}` });
