import type { z } from 'zod';

/** One question to /info: what to send, what it costs, what the answer looks like. */
export interface InfoRequest<Answer> {
  readonly body: Readonly<Record<string, unknown>> & { readonly type: string };
  readonly schema: z.ZodType<Answer>;
  /** Weight before any response-size surcharge. */
  readonly weight: number;
  /** The most it can cost, surcharge included; taken from the budget before sending. Default: `weight`. */
  readonly maxWeight?: number;
  /** Surcharge of an answer. Default: none. */
  readonly surcharge?: (answer: Answer) => number;
}

/** The dex of a request; the venue takes an absent one as the first. */
export const dexField = (dex: string): { readonly dex?: string } => (dex === '' ? {} : { dex });

const ROWS_PER_WEIGHT = 20;

/** The surcharge of answers that cost 1 for every 20 rows, `maxRows` at most. */
export const perTwentyRows = (maxRows: number) => ({
  maxWeight: 20 + Math.ceil(maxRows / ROWS_PER_WEIGHT),
  surcharge: (rows: { readonly length: number }) => Math.ceil(rows.length / ROWS_PER_WEIGHT),
});
