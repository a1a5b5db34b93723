/** Processes that keep in memory what they read end when the database begins another epoch, and start over in it. */
import type { InfoClient } from '../hyperliquid/transport.ts';
import type { Clock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import { readSimulatedRun, WORLD_TOPIC } from '../store/simulated_run.ts';
import { readWorld, type World } from '../store/world.ts';
import type { OpenStore } from './store.ts';
import { askSimulatedRun } from './stream/simulated_world.ts';

const RETRY_MS = 500;

export class EpochWatch {
  /** Rejects with `EPOCH_CHANGED`; never resolves. */
  readonly changed: Promise<never>;
  #reject: (reason: unknown) => void = () => undefined;
  #end: () => void = () => undefined;

  constructor() {
    this.changed = new Promise((_resolve, reject) => {
      this.#reject = reject;
    });
    // Whoever waits for the role's end listens; before that it is not unhandled.
    this.changed.catch(() => undefined);
  }

  begin({ database, news }: Pick<OpenStore, 'database' | 'news'>, epoch: number): void {
    this.#end = news.subscribe(WORLD_TOPIC, async () => {
      const now = (await readWorld(database)).epoch;
      if (now === epoch) return;
      this.#reject(new AppError('EPOCH_CHANGED', 'the database began another epoch: starting over in it'));
    });
  }

  end(): void {
    this.#end();
  }
}

export interface FollowedRunOptions {
  readonly store: Pick<OpenStore, 'database'>;
  readonly info: InfoClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly waiting?: (reason: string) => void;
}

/** Waits until the stream role follows the run of the simulator that answers now. @returns the world, as it is then. */
export async function followedWorld(options: FollowedRunOptions): Promise<World> {
  const { store, clock, signal, waiting } = options;
  for (;;) {
    const followed = await readSimulatedRun(store.database);
    if (followed === undefined) return readWorld(store.database);
    const run = await askSimulatedRun(options);
    if (run === undefined || followed === run) return readWorld(store.database);
    waiting?.('the simulated exchange began anew; the stream has not followed it yet');
    await clock.sleep(RETRY_MS, signal);
  }
}
