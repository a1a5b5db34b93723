import type { Address } from '../../domain/address.ts';
import { portfolioSchema, type WirePortfolio } from '../wire/history.ts';
import type { InfoRequest } from './request.ts';

/** Account value and PnL over a day, a week, a month and all time; the last four windows are perpetuals alone. */
export const portfolio = (user: Address): InfoRequest<WirePortfolio> => ({
  body: { type: 'portfolio', user },
  schema: portfolioSchema,
  weight: 20,
});
