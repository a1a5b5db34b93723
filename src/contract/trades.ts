import { z } from 'zod';
import { addressSchema, coinSchema, countSchema, decimalSchema, limitSchema, timeSchema } from './values.ts';

const sideSchema = z.enum(['buy', 'sell']);

/** One public match of two traders. */
export const tradeSchema = z
  .object({
    coin: coinSchema,
    tradeId: countSchema,
    time: timeSchema.meta({ description: 'Exchange time, ms' }),
    price: decimalSchema,
    size: decimalSchema,
    notionalUsd: decimalSchema,
    side: sideSchema.meta({ description: "The aggressor's side" }),
    buyer: addressSchema,
    seller: addressSchema,
  })
  .meta({ id: 'Trade' });
export type Trade = z.infer<typeof tradeSchema>;

export const recentTradesQuerySchema = z.strictObject({ limit: limitSchema(50, 500) });
export const recentTradesSchema = z.object({
  items: z.array(tradeSchema).meta({ description: 'Newest first' }),
});
export type RecentTrades = z.infer<typeof recentTradesSchema>;
