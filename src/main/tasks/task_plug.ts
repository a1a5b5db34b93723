/** What a task of the queue is to the composition: a plan under these settings, and a handler in this environment. */
import type { InfoClient } from '../../hyperliquid/transport.ts';
import type { WeightLedger } from '../../hyperliquid/weight/ledger.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { AnyTask, TaskHandler } from '../../jobs/task.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Settings } from '../../runtime/config/groups.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { Database } from '../../store/database.ts';
import type { World } from '../../store/world.ts';
import type { Tracker } from '../tracking/tracker.ts';

export type TaskSettings = Settings<'base' | 'storage' | 'exchange' | 'feed' | 'worker' | 'simulator'>;

/** What a worker gives its tasks. */
export interface TaskEnvironment {
  readonly config: TaskSettings;
  readonly database: Database;
  readonly world: World;
  readonly jobs: Jobs;
  readonly ledger: WeightLedger;
  readonly info: InfoClient;
  /** This process, as it beats. */
  readonly instance: string;
  readonly tracker: Tracker;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface PlannedTask {
  readonly task: AnyTask;
  readonly handler: (environment: TaskEnvironment) => TaskHandler;
}

/** Tasks under these settings (intervals are settings). */
export type TaskPlug = (config: TaskSettings) => PlannedTask | PlannedTask[];
