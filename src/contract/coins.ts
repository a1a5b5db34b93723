/** The perpetuals that the venue lists: what sizes and prices of each are rounded to. */
import { z } from 'zod';
import { coinSchema, countSchema } from './values.ts';

const coinDetailSchema = z
  .object({
    coin: coinSchema,
    sizeDecimals: countSchema.meta({
      description: 'Decimals of a size; a price has five significant figures and at most 6 - sizeDecimals',
    }),
    maxLeverage: countSchema,
    delisted: z.boolean(),
  })
  .meta({ id: 'Coin' });

export const coinListSchema = z.object({ items: z.array(coinDetailSchema) });
export type CoinList = z.infer<typeof coinListSchema>;
