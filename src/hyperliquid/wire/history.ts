/** A user's past on /info: fills, funding, ledger, portfolio, sub-accounts; and candles. */
import { z } from 'zod';
import { coinText, decimalText, millis, sideText, wholeNumber } from './primitives.ts';

const liquidationSchema = z.object({
  liquidatedUser: z.string().max(64).nullish(),
  markPx: decimalText.nullish(),
  method: z.string().max(32).nullish(),
});

/** One fill of the asked user. `dir` is for display: only its words for forced closes are looked at. */
const userFillSchema = z.object({
  coin: coinText,
  px: decimalText,
  sz: decimalText,
  side: sideText,
  time: millis,
  startPosition: decimalText,
  dir: z.string().max(64),
  closedPnl: decimalText,
  oid: wholeNumber,
  crossed: z.boolean(),
  fee: decimalText,
  tid: wholeNumber,
  feeToken: z.string().max(32),
  twapId: wholeNumber.nullish(),
  liquidation: liquidationSchema.nullish(),
});
export const userFillsSchema = z.array(userFillSchema);
export type WireUserFill = z.infer<typeof userFillSchema>;

export const twapSliceFillsSchema = z.array(z.object({ fill: userFillSchema, twapId: wholeNumber }));
export type WireTwapSliceFill = z.infer<typeof twapSliceFillsSchema>[number];

const userFundingSchema = z.object({
  time: millis,
  delta: z.object({ type: z.literal('funding'), coin: coinText, usdc: decimalText }),
});
export const userFundingsSchema = z.array(userFundingSchema);
export type WireUserFunding = z.infer<typeof userFundingSchema>;

/** A ledger entry; which of the fields are there depends on `type` (and new types appear). */
const ledgerUpdateSchema = z.object({
  time: millis,
  hash: z.string().max(80),
  delta: z.object({
    type: z.string().max(64),
    usdc: decimalText.optional(),
    amount: decimalText.optional(),
    usdcValue: decimalText.optional(),
    fee: decimalText.optional(),
    toPerp: z.boolean().optional(),
    user: z.string().max(64).optional(),
    destination: z.string().max(64).optional(),
    vault: z.string().max(64).optional(),
    sourceDex: z.string().max(64).optional(),
    destinationDex: z.string().max(64).optional(),
    token: z.string().max(80).optional(),
    netWithdrawnUsd: decimalText.optional(),
    accountValue: decimalText.optional(),
    liquidatedNtlPos: decimalText.optional(),
    leverageType: z.string().max(32).optional(),
    liquidatedPositions: z.array(z.object({ coin: coinText, szi: decimalText })).optional(),
  }),
});
export const ledgerUpdatesSchema = z.array(ledgerUpdateSchema);
export type WireLedgerUpdate = z.infer<typeof ledgerUpdateSchema>;

const historyPointSchema = z.tuple([millis, decimalText]);
/** Eight windows by name; sampled, for a picture and a check, not for accounting. */
export const portfolioSchema = z.array(
  z.tuple([
    z.string().max(32),
    z.object({
      accountValueHistory: z.array(historyPointSchema),
      pnlHistory: z.array(historyPointSchema),
    }),
  ]),
);
export type WirePortfolio = z.infer<typeof portfolioSchema>;

const candleSchema = z.object({ t: millis, c: decimalText, v: decimalText });
export const candlesSchema = z.array(candleSchema);
export type WireCandle = z.infer<typeof candleSchema>;
