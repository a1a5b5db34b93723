import type { z } from 'zod';
import type { Address } from '../../domain/address.ts';
import { userAbstractionSchema } from '../wire/account.ts';
import type { InfoRequest } from './request.ts';

/** How an account holds its balances. Weight 20: ask rarely and remember. */
export const userAbstraction = (user: Address): InfoRequest<z.infer<typeof userAbstractionSchema>> => ({
  body: { type: 'userAbstraction', user },
  schema: userAbstractionSchema,
  weight: 20,
});
