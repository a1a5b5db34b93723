import type { z } from 'zod';
import { exchangeStatusSchema } from '../wire/market.ts';
import type { InfoRequest } from './request.ts';

/** The venue's clock and special conditions. */
export const exchangeStatus = (): InfoRequest<z.infer<typeof exchangeStatusSchema>> => ({
  body: { type: 'exchangeStatus' },
  schema: exchangeStatusSchema,
  weight: 2,
});
