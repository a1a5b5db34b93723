/** Market metadata of /info: which perpetuals exist and what they are worth. */
import { z } from 'zod';
import { coinText, decimalText, millis, sideText, wholeNumber } from './primitives.ts';

const perpSchema = z.object({
  name: coinText,
  szDecimals: z.number().int().min(0).max(6),
  maxLeverage: z.number().positive(),
  marginTableId: z.number().int().optional(),
  onlyIsolated: z.boolean().optional(),
  isDelisted: z.boolean().optional(),
  marginMode: z.string().max(40).optional(),
});

/** `meta`: a perpetual's place in `universe` is its asset index; delisted ones stay in place. */
export const metaSchema = z.object({ universe: z.array(perpSchema) });
export type WireMeta = z.infer<typeof metaSchema>;

const assetContextSchema = z.object({
  funding: decimalText,
  openInterest: decimalText,
  prevDayPx: decimalText,
  dayNtlVlm: decimalText,
  oraclePx: decimalText,
  markPx: decimalText,
  midPx: decimalText.nullish(),
});

/** `metaAndAssetCtxs`: the contexts are aligned with the universe by index. */
export const metaAndAssetCtxsSchema = z.tuple([metaSchema, z.array(assetContextSchema)]);

/** `perpDexs`: null stands for the first dex. */
export const perpDexsSchema = z.array(z.object({ name: z.string().min(1).max(64) }).nullable());

/** `allMids`: coin to mid price. */
export const allMidsSchema = z.record(coinText, decimalText);

/** One trade, as in `recentTrades` and in the trades channel. `users` is [buyer, seller]; `side` is the aggressor's. */
export const tradeSchema = z.object({
  coin: coinText,
  side: sideText,
  px: decimalText,
  sz: decimalText,
  time: millis,
  hash: z.string().max(80),
  tid: wholeNumber,
  users: z.tuple([z.string(), z.string()]),
});
export type WireTrade = z.infer<typeof tradeSchema>;
export const tradesSchema = z.array(tradeSchema);
