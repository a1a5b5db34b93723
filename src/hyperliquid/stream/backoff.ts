import type { Random } from '../../runtime/random.ts';

export interface BackoffRange {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * Exponential backoff with full jitter: anywhere between nothing and the ceiling, so that sockets that died
 * together do not come back together.
 * @param attempt 0 for the first try after a success.
 */
export const backoffMs = (attempt: number, random: Random, range: BackoffRange): number =>
  random.next() * Math.min(range.capMs, range.baseMs * 2 ** Math.min(attempt, 30));
