import { tradesSchema, type WireTrade } from '../wire/market.ts';
import type { InfoRequest } from './request.ts';

/** Rows after which the venue was never seen to answer; 2000 is its page size elsewhere. */
const MAX_ROWS = 2000;
const ROWS_PER_WEIGHT = 20;

/** The newest trades of one coin, both users named, newest first. */
export const recentTrades = (symbol: string): InfoRequest<WireTrade[]> => ({
  body: { type: 'recentTrades', coin: symbol },
  schema: tradesSchema,
  weight: 20,
  maxWeight: 20 + MAX_ROWS / ROWS_PER_WEIGHT,
  surcharge: (rows) => Math.ceil(rows.length / ROWS_PER_WEIGHT),
});
