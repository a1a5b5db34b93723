import { z } from 'zod';
import { decimalSchema, timeSchema } from './values.ts';

export const accountValueQuerySchema = z.strictObject({
  from: z.coerce.number().pipe(timeSchema).optional().meta({ description: 'ms UTC; default 30 days ago' }),
  to: z.coerce.number().pipe(timeSchema).optional().meta({ description: 'ms UTC; default now' }),
  points: z.coerce
    .number()
    .int()
    .min(2)
    .max(2000)
    .default(500)
    .meta({ description: 'At most this many for each dex' }),
});

const accountValuePointSchema = z.object({
  time: timeSchema.meta({ description: "The venue's time of the state" }),
  accountValueUsd: decimalSchema,
  notionalUsd: decimalSchema.meta({ description: 'Sum of absolute position notionals' }),
});

/**
 * Each dex has its own margin account; values of different dexs are polled at different times and are not added up here.
 * But a unified account has one balance for all dexs: it has one series, of the balance with what all dexs add to it.
 */
export const accountValueSchema = z.object({
  from: timeSchema,
  to: timeSchema,
  series: z.array(
    z.object({
      dex: z.string().meta({ description: 'Empty: the first dex, or the account' }),
      covers: z.enum(['dex', 'account']).meta({
        description: 'account: a unified account, whose one series is of all dexs together',
      }),
      points: z
        .array(accountValuePointSchema)
        .meta({ description: 'Oldest first; the last of each interval' }),
    }),
  ),
});
export type AccountValue = z.infer<typeof accountValueSchema>;
