import type { Address } from '../../domain/address.ts';
import { clearinghouseStateSchema, type WireClearinghouseState } from '../wire/account.ts';
import { dexField, type InfoRequest } from './request.ts';

/** Positions and margin of one account on one dex. An agent wallet's address answers as an empty account. */
export const clearinghouseState = (user: Address, dex = ''): InfoRequest<WireClearinghouseState> => ({
  body: { type: 'clearinghouseState', user, ...dexField(dex) },
  schema: clearinghouseStateSchema,
  weight: 2,
});
