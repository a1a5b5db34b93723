/** What every role gets and gives back. The composition root (main) builds the context; roles never read the environment. */
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';
import type { Random } from './random.ts';

export interface RoleContext<Config> {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** A started role. `stop` drains and closes everything it opened, and resolves when nothing is left. */
export interface RunningRole {
  stop(): Promise<void>;
  /** Resolves or rejects if the role ends by itself; a rejection makes the process exit non-zero. */
  readonly ended?: Promise<void>;
}

/** Starts a role; resolves when it is ready to serve. */
export type StartRole<Config> = (context: RoleContext<Config>) => Promise<RunningRole>;
