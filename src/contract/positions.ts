/** Positions and their changes: what the event log carries. */
import { z } from 'zod';
import { addressSchema, cellSchema, coinSchema, countSchema, decimalSchema, timeSchema } from './values.ts';

/** How a position is known: seeded and chained; never seeded; a gap may have touched it; drift was found. */
export const knownSchema = z.enum(['exact', 'estimated', 'stale', 'quarantined']);
export type Known = z.infer<typeof knownSchema>;

export const changeKindSchema = z.enum(['opened', 'increased', 'reduced', 'closed', 'flipped']);
export type ChangeKind = z.infer<typeof changeKindSchema>;

/**
 * What made us believe the change: trades of the feed, an audit that corrected the book, or a new precision of the
 * coin, under which its positions are followed anew.
 */
const changeCauseSchema = z.enum(['trades', 'audit', 'new_precision']);

export const positionSchema = z
  .object({
    coin: coinSchema,
    size: decimalSchema.meta({ description: 'Signed: positive long, negative short' }),
    entryPrice: cellSchema.meta({ description: 'Average entry price' }),
    realisedPnlUsd: cellSchema.meta({ description: 'Of this episode, before fees' }),
    known: knownSchema,
    openedAt: timeSchema.nullable().meta({ description: 'Start of the episode, null if before our time' }),
    changedAt: timeSchema,
    verifiedAt: timeSchema.nullable().meta({ description: 'Last audit that agreed' }),
  })
  .meta({ id: 'Position' });
export type Position = z.infer<typeof positionSchema>;

export const positionChangeSchema = z
  .object({
    epoch: countSchema,
    offset: countSchema,
    trader: addressSchema,
    coin: coinSchema,
    kind: changeKindSchema,
    cause: changeCauseSchema,
    sizeBefore: decimalSchema,
    sizeAfter: decimalSchema,
    price: decimalSchema
      .nullable()
      .meta({ description: 'Average of the fills; null where an audit corrected' }),
    notionalUsd: decimalSchema.nullable(),
    realisedPnlUsd: cellSchema.meta({
      description: 'Before fees; na where nothing was closed, unknown where an audit corrected',
    }),
    known: knownSchema.meta({ description: 'As of this change; later it can differ without one' }),
    tradeIds: z.array(countSchema),
    exchangeTime: timeSchema,
    receivedAt: timeSchema,
    committedAt: timeSchema,
  })
  .meta({ id: 'PositionChange' });
export type PositionChange = z.infer<typeof positionChangeSchema>;
