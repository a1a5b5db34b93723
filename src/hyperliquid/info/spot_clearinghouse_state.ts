import type { z } from 'zod';
import type { Address } from '../../domain/address.ts';
import { spotClearinghouseStateSchema } from '../wire/account.ts';
import type { InfoRequest } from './request.ts';

/** Spot balances; for unified accounts this is where equity and holds are. */
export const spotClearinghouseState = (
  user: Address,
): InfoRequest<z.infer<typeof spotClearinghouseStateSchema>> => ({
  body: { type: 'spotClearinghouseState', user },
  schema: spotClearinghouseStateSchema,
  weight: 2,
});
