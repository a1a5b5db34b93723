import type { RoleContext } from '../runtime/lifecycle.ts';

/** What a role process gives its role: the context of every role, and which process it is. */
export interface ServiceContext<Config> extends RoleContext<Config> {
  /** `stream`, or `copier@main`. */
  readonly instance: string;
  /** How often the process manager has restarted it. */
  readonly restarts: number;
  /** Tells the process manager, again and again, that the start waits for something outside this process. */
  readonly waiting?: (reason: string) => void;
}
