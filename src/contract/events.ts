/** The event log over REST: pages, one trader's history, export. */
import { z } from 'zod';
import { changeKindSchema, positionChangeSchema, positionSchema } from './positions.ts';
import { addressSchema, coinSchema, cursorSchema, limitSchema, logPlaceTextSchema } from './values.ts';

/** "opened,closed": one kind or several, comma-separated. */
const kindsSchema = z
  .string()
  .regex(/^[a-z]+(,[a-z]+){0,4}$/, 'must be kinds separated by commas, for example opened,closed')
  .transform((text) => text.split(','))
  .pipe(z.array(changeKindSchema))
  .optional()
  .meta({ description: `Kinds of changes, comma-separated: ${changeKindSchema.options.join(', ')}` });

const filterShape = {
  trader: addressSchema.optional(),
  coin: coinSchema.optional(),
  kinds: kindsSchema,
};

export const eventListQuerySchema = z.strictObject({
  ...filterShape,
  after: logPlaceTextSchema.optional(),
  limit: limitSchema(100, 1000),
});

export const eventListSchema = z.object({
  items: z.array(positionChangeSchema).meta({ description: 'In the order of the log' }),
  next: logPlaceTextSchema
    .nullable()
    .meta({ description: 'Ask for what comes after this; null before the log has begun' }),
  more: z.boolean().meta({ description: 'There is more already: ask again at once' }),
});
export type EventList = z.infer<typeof eventListSchema>;

export const traderEventsQuerySchema = z.strictObject({
  coin: coinSchema.optional(),
  kinds: kindsSchema,
  cursor: cursorSchema.optional(),
  limit: limitSchema(50, 500),
});

export const traderEventsSchema = z.object({
  items: z.array(positionChangeSchema).meta({ description: 'Newest first' }),
  nextCursor: cursorSchema.nullable(),
});
export type TraderEvents = z.infer<typeof traderEventsSchema>;

export const traderPositionsSchema = z.object({
  at: logPlaceTextSchema.nullable().meta({ description: 'Place in the log that these positions include' }),
  items: z.array(positionSchema).meta({ description: 'Open positions' }),
});
export type TraderPositions = z.infer<typeof traderPositionsSchema>;

export const eventExportQuerySchema = z.strictObject({
  ...filterShape,
  after: logPlaceTextSchema.optional(),
  format: z.enum(['csv', 'ndjson']).default('csv'),
  limit: limitSchema(100_000, 1_000_000),
});
