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

/** What a role says of itself at each heartbeat. */
export interface RoleStatus {
  /** One word when it is not simply `ready`: standby, degraded. */
  readonly state?: string;
  /** For people and the status API; `message` is shown in the status table. No secrets. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** A started role. `stop` drains and closes everything it opened, and resolves when nothing is left. */
export interface RunningRole {
  stop(): Promise<void>;
  /** Resolves or rejects if the role ends by itself; a rejection makes the process exit non-zero. */
  readonly ended?: Promise<void>;
  /** Asked every 2 s; must be cheap. */
  status?(): RoleStatus;
}

/** Starts a role; resolves when it is ready to serve. */
export type StartRole<Config> = (context: RoleContext<Config>) => Promise<RunningRole>;
