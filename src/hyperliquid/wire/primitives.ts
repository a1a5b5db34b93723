/** Shapes that all messages share. Only shapes: what a value means is decided where it is used. */
import { z } from 'zod';

/** A decimal number as text: "0.0", "-12.5", "160794563.9261809886". Bounded, so that no text can be huge. */
export const decimalText = z
  .string()
  .max(64)
  .regex(/^-?\d+(\.\d+)?$/);

/** ms since 1970, UTC. */
export const millis = z.number().int().nonnegative().max(8_640_000_000_000_000);

/** "BTC", "xyz:CL", "@107", "PURR/USDC". Names of builder dexs are outside input: bounded, else anything. */
export const coinText = z.string().min(1).max(64);

/** Buy ("B") or sell ("A"). */
export const sideText = z.enum(['B', 'A']);

/** A whole number that fits a JavaScript number: trade ids (50 bits), order ids. */
export const wholeNumber = z.number().int().nonnegative();
