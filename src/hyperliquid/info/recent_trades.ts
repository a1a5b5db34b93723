import { tradesSchema, type WireTrade } from '../wire/market.ts';
import type { InfoRequest } from './request.ts';

/**
 * The venue shows a short snapshot of no published length; our own venue shows 200 trades. A longer answer is
 * charged when it has come: to take the worst case of the venue's other lists (2000 rows) beforehand asks for 120 of a
 * full window, and a gap then stays open for want of weight that would not have been spent.
 */
const MAX_ROWS = 200;
const ROWS_PER_WEIGHT = 20;

/** The newest trades of one coin, both users named, newest first. */
export const recentTrades = (symbol: string): InfoRequest<WireTrade[]> => ({
  body: { type: 'recentTrades', coin: symbol },
  schema: tradesSchema,
  weight: 20,
  maxWeight: 20 + MAX_ROWS / ROWS_PER_WEIGHT,
  surcharge: (rows) => Math.ceil(rows.length / ROWS_PER_WEIGHT),
});
