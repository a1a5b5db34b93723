import { z } from 'zod';
import {
  addressSchema,
  coinSchema,
  countSchema,
  cursorSchema,
  decimalSchema,
  limitSchema,
  timeSchema,
} from './values.ts';

export const traderSortSchema = z.enum(['lastSeen', 'firstSeen', 'trades', 'notional', 'address']);
export type TraderSort = z.infer<typeof traderSortSchema>;

export const sortOrderSchema = z.enum(['asc', 'desc']);
export type SortOrder = z.infer<typeof sortOrderSchema>;

export const traderListQuerySchema = z.strictObject({
  limit: limitSchema(50, 200),
  cursor: cursorSchema.optional(),
  sort: traderSortSchema.default('lastSeen'),
  order: sortOrderSchema.default('desc'),
  search: z
    .string()
    .regex(/^(0x)?[0-9a-fA-F]{0,40}$/, 'must be the beginning of an address: 0x and hex digits')
    .optional()
    .meta({ description: 'Beginning of an address' }),
  watched: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Only traders on (or off) the watchlist' }),
});

export const traderRowSchema = z
  .object({
    address: addressSchema,
    firstSeenAt: timeSchema,
    lastSeenAt: timeSchema,
    tradeCount: countSchema,
    notionalUsd: decimalSchema.meta({ description: 'Traded notional that we have seen, USD' }),
    coinCount: countSchema.meta({ description: 'Number of different coins traded while we listened' }),
    lastTrackedAt: timeSchema.nullable().meta({ description: 'Last audit of the account, null if never' }),
    watched: z.boolean(),
  })
  .meta({ id: 'Trader' });
export type TraderRow = z.infer<typeof traderRowSchema>;

export const traderListSchema = z.object({
  items: z.array(traderRowSchema),
  nextCursor: cursorSchema.nullable().meta({ description: 'null on the last page' }),
  total: countSchema.meta({ description: 'All known traders, whatever the filter' }),
});
export type TraderList = z.infer<typeof traderListSchema>;

export const traderParamsSchema = z.strictObject({ address: addressSchema });

export const traderDetailSchema = traderRowSchema
  .extend({
    coins: z
      .array(coinSchema)
      .meta({ description: 'Coins of which a position is or was known, at most 500' }),
  })
  .meta({ id: 'TraderDetail' });
export type TraderDetail = z.infer<typeof traderDetailSchema>;
