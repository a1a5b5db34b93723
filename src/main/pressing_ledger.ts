/**
 * A weight ledger for what cannot wait: each grant takes as many places of the rotation on its address as it weighs, so
 * that the polls pause for as long as the window needs to let go of that weight. Without it a rotation that uses every
 * bit of weight as it comes free leaves nothing that larger requests fit into.
 *
 * Those that give up after a time are asked for one after another, and the time of each begins with its turn: several
 * gaps at once would wait for one another, and the last would give up for the weight that the first took.
 */
import type { WeightGrant, WeightLedger } from '../hyperliquid/weight/ledger.ts';
import { errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { CATCH_UP_MS, POLL_WEIGHT, spacingMs } from '../tracking/pace.ts';

export interface PressingOptions {
  /** Weight that the venue grants in a minute. */
  readonly limit: number;
  readonly log: Logger;
}

export function pressing(ledger: WeightLedger, { limit, log }: PressingOptions): WeightLedger {
  const perWeightMs = spacingMs(limit / POLL_WEIGHT) / POLL_WEIGHT;
  /** Negative: the rotation may have it back. */
  const takePlaces = async (weight: number) => {
    try {
      if (weight !== 0) await ledger.place(weight * perWeightMs, CATCH_UP_MS);
    } catch (error) {
      log.warn({ error: errorMessage(error) }, 'the rotation could not be asked to make room');
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  const inTurn: WeightLedger['acquire'] = (weight, lane, options) => {
    if (options?.maxWaitMs === undefined) return ledger.acquire(weight, lane, options);
    const granted = last.then(() => ledger.acquire(weight, lane, options));
    last = granted.catch(() => undefined);
    return granted;
  };
  return {
    async acquire(weight, lane, options): Promise<WeightGrant> {
      void takePlaces(weight);
      try {
        const grant = await inTurn(weight, lane, options);
        return {
          async settle(actual) {
            await grant.settle(actual);
            void takePlaces((actual ?? weight) - weight);
          },
        };
      } catch (error) {
        void takePlaces(-weight);
        throw error;
      }
    },
    place: (spacing, burst) => ledger.place(spacing, burst),
    snapshot: () => ledger.snapshot(),
  };
}
