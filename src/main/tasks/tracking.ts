/**
 * Task `track-traders-batch`: polls accounts until its deadline through every egress IP of its worker, and asks the
 * other workers that are alive to do the same until then (`track-traders-share`, in a queue of each egress).
 */
import { hostname } from 'node:os';
import { defineTask, handleTask, type TaskSpec } from '../../jobs/task.ts';
import { readHeartbeats } from '../../store/service_heartbeats.ts';
import type { SweepReport } from '../../tracking/sweep.ts';
import { egressNames } from '../egress.ts';
import type { TaskEnvironment, TaskPlug, TaskSettings } from './task_plug.ts';

interface BatchResult {
  /** Other workers that were asked to take part. */
  readonly invited: number;
  readonly sweeps: Readonly<Record<string, SweepReport>>;
}

interface SharePayload {
  /** ms UTC */
  readonly until: number;
  /** How often it was passed on by a worker that was at it already. */
  readonly passed: number;
}

/** A worker with free hands may take the share of one that is idle: it passes it on, up to this often. */
const MAX_PASSES = 40;
const PASS_ON_AFTER_MS = 100;

/** A worker silent for longer than this (its clock may be off by some of it) is not asked. */
const ALIVE_MS = 15_000;

const batchTask = (config: TaskSettings): TaskSpec<Record<string, never>, BatchResult> =>
  defineTask<Record<string, never>, BatchResult>({
    name: 'track-traders-batch',
    queue: 'tracking',
    deadlineMs: config.TRACKING_INTERVAL_SECONDS * 1000,
    everyMs: config.TRACKING_INTERVAL_SECONDS * 1000,
  });

const shareTask = (config: TaskSettings, egress: string): TaskSpec<SharePayload, SweepReport | null> =>
  defineTask<SharePayload, SweepReport | null>({
    name: 'track-traders-share',
    queue: `tracking-${slug(egress)}`,
    deadlineMs: config.TRACKING_INTERVAL_SECONDS * 1000,
    attempts: 1,
  });

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 48);

export const planTracking: TaskPlug = (config) => ({
  task: batchTask(config),
  handler: (environment) =>
    handleTask(batchTask(config), async (_payload, { deadlineAt, signal }) => {
      const invited = await inviteOthers(config, environment, deadlineAt);
      const { tracker } = environment;
      const sweeps: Record<string, SweepReport> = {};
      await Promise.all(
        tracker.egressNames.map(async (egress) => {
          const report = await tracker.sweep(egress, deadlineAt, signal);
          if (report !== undefined) sweeps[egress] = report;
        }),
      );
      return { invited, sweeps };
    }),
});

export const planTrackingShares: TaskPlug = (config) =>
  egressNames(config.WORKER_EGRESS).map((egress) => ({
    task: shareTask(config, egress),
    handler: ({ tracker, jobs }) =>
      handleTask(shareTask(config, egress), async ({ until, passed }, { deadlineAt, signal }) => {
        if (tracker.isSweeping(egress) && passed < MAX_PASSES) {
          const next = { until, passed: passed + 1 };
          await jobs.enqueue(shareTask(config, egress), next, { delayMs: PASS_ON_AFTER_MS });
          return null;
        }
        const report = await tracker.sweep(egress, Math.min(until, deadlineAt), signal);
        return report ?? null;
      }),
  }));

/** Only on Redis: elsewhere the queue has one worker. */
async function inviteOthers(
  config: TaskSettings,
  environment: TaskEnvironment,
  until: number,
): Promise<number> {
  const { jobs, database, clock, instance } = environment;
  if (jobs.kind !== 'redis') return 0;
  let invited = 0;
  for (const beat of await readHeartbeats(database)) {
    const itself = beat.instance === instance && beat.host === hostname();
    if (beat.role !== 'worker' || itself || Math.abs(clock.now() - beat.beatAt) > ALIVE_MS) continue;
    const names = beat.detail['egress'];
    if (!Array.isArray(names) || beat.state !== 'ready') continue;
    for (const egress of names.map(String)) {
      const id = slug(`${beat.instance} ${beat.host} ${egress}`);
      await jobs.enqueue(shareTask(config, egress), { until, passed: 0 }, { id });
      invited++;
    }
  }
  return invited;
}
