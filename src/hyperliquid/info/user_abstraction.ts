import type { z } from 'zod';
import type { Address } from '../../domain/address.ts';
import { userAbstractionSchema } from '../wire/account.ts';
import type { InfoRequest } from './request.ts';

/** Modes whose equity is in the spot account: the per-dex summaries say nothing about them. */
export const isUnified = (mode: string | null): boolean =>
  mode === 'unifiedAccount' || mode === 'portfolioMargin';

/** How an account holds its balances. Weight 20: ask rarely and remember. */
export const userAbstraction = (user: Address): InfoRequest<z.infer<typeof userAbstractionSchema>> => ({
  body: { type: 'userAbstraction', user },
  schema: userAbstractionSchema,
  weight: 20,
});
