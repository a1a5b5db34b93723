import type { z } from 'zod';
import { allMidsSchema } from '../wire/market.ts';
import { dexField, type InfoRequest } from './request.ts';

/** Mid price of every coin of one dex; the last trade's price where a book is empty. */
export const allMids = (dex = ''): InfoRequest<z.infer<typeof allMidsSchema>> => ({
  body: { type: 'allMids', ...dexField(dex) },
  schema: allMidsSchema,
  weight: 2,
});
