import type { z } from 'zod';
import { perpDexsSchema } from '../wire/market.ts';
import type { InfoRequest } from './request.ts';

/** All perpetual dexs in index order; null is the first dex. */
export const perpDexs = (): InfoRequest<z.infer<typeof perpDexsSchema>> => ({
  body: { type: 'perpDexs' },
  schema: perpDexsSchema,
  weight: 20,
});
