import { metaSchema, type WireMeta } from '../wire/market.ts';
import { dexField, type InfoRequest } from './request.ts';

/** The perpetuals of one dex ('' is the first), in asset index order, delisted ones included. */
export const meta = (dex = ''): InfoRequest<WireMeta> => ({
  body: { type: 'meta', ...dexField(dex) },
  schema: metaSchema,
  weight: 20,
});
