/** Account state of /info. */
import { z } from 'zod';
import { coinText, decimalText, millis } from './primitives.ts';

const marginSummarySchema = z.object({
  accountValue: decimalText,
  totalNtlPos: decimalText,
  totalRawUsd: decimalText,
  totalMarginUsed: decimalText,
});

const leverageSchema = z.object({
  type: z.enum(['cross', 'isolated']),
  value: z.number(),
  rawUsd: decimalText.optional(),
});

const positionSchema = z.object({
  coin: coinText,
  szi: decimalText,
  entryPx: decimalText.nullish(),
  positionValue: decimalText,
  unrealizedPnl: decimalText,
  liquidationPx: decimalText.nullish(),
  marginUsed: decimalText,
  leverage: leverageSchema,
  cumFunding: z.object({ sinceOpen: decimalText }).optional(),
});

/** `clearinghouseState` of one user on one dex; only open positions are listed. */
export const clearinghouseStateSchema = z.object({
  marginSummary: marginSummarySchema,
  crossMarginSummary: marginSummarySchema,
  withdrawable: decimalText,
  assetPositions: z.array(z.object({ position: positionSchema })),
  time: millis,
});
export type WireClearinghouseState = z.infer<typeof clearinghouseStateSchema>;

/** `spotClearinghouseState`: balances; where a unified account keeps its equity. */
export const spotClearinghouseStateSchema = z.object({
  balances: z.array(
    z.object({ coin: coinText, token: z.number().int().optional(), total: decimalText, hold: decimalText }),
  ),
});

/** `userAbstraction`: "disabled" is the classic account with separate balances. */
export const userAbstractionSchema = z.enum([
  'unifiedAccount',
  'portfolioMargin',
  'disabled',
  'default',
  'dexAbstraction',
]);
