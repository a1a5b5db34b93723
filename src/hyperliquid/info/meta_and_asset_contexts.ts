import type { z } from 'zod';
import { metaAndAssetCtxsSchema } from '../wire/market.ts';
import { dexField, type InfoRequest } from './request.ts';

/** `meta` with prices, funding and open interest of each perpetual, aligned by index. */
export const metaAndAssetContexts = (dex = ''): InfoRequest<z.infer<typeof metaAndAssetCtxsSchema>> => ({
  body: { type: 'metaAndAssetCtxs', ...dexField(dex) },
  schema: metaAndAssetCtxsSchema,
  weight: 20,
});
