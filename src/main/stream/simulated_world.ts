/**
 * Which run of the simulated exchange answers. A simulator keeps no state: after a restart the same traders stand in
 * another past, so whatever was learnt of them before is wrong, and has to be forgotten rather than corrected.
 */
import { VenueError } from '../../hyperliquid/errors.ts';
import { simulatedRun } from '../../hyperliquid/info/simulated_run.ts';
import type { InfoClient } from '../../hyperliquid/transport.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError, errorMessage } from '../../runtime/errors.ts';

const RETRY_MS = 500;

export interface AskRunOptions {
  readonly info: InfoClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told once, when the simulator does not answer. */
  readonly waiting?: (reason: string) => void;
}

/**
 * Asks until there is an answer.
 * @returns undefined from what is no generated market.
 */
export async function askSimulatedRun(options: AskRunOptions): Promise<string | undefined> {
  const { info, clock, signal, waiting } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      return (await info.ask(simulatedRun(), { lane: 'repairs', signal })).run;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof VenueError && error.code === 'VENUE_REFUSED') return undefined;
      if (attempt === 0) waiting?.(`the simulated exchange does not answer: ${errorMessage(error)}`);
      await clock.sleep(RETRY_MS, signal);
    }
  }
}

/** @throws AppError `SIMULATED_RUN_NEW` when another run answers. */
export async function confirmSimulatedRun(run: string, options: AskRunOptions): Promise<void> {
  if ((await askSimulatedRun(options)) === run) return;
  throw new AppError('SIMULATED_RUN_NEW', 'the simulated exchange began anew: starting over in it');
}
