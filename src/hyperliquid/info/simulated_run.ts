import { z } from 'zod';
import type { InfoRequest } from './request.ts';

/**
 * Asks a simulated exchange which of its runs it is. The real one, and a replay, refuse it as a type that they do
 * not know.
 */
export const simulatedRun = (): InfoRequest<{ readonly run: string }> => ({
  body: { type: 'simulatedRun' },
  schema: z.object({ run: z.string().min(1).max(128) }),
  weight: 20,
});
