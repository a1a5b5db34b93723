import type { z } from 'zod';
import type { Address } from '../../domain/address.ts';
import { subAccountsSchema } from '../wire/history.ts';
import type { InfoRequest } from './request.ts';

/** Sub-accounts of a master; null when there are none. */
export const subAccounts = (user: Address): InfoRequest<z.infer<typeof subAccountsSchema>> => ({
  body: { type: 'subAccounts', user },
  schema: subAccountsSchema,
  weight: 20,
});
