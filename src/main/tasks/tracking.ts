/**
 * Task `track-traders-batch`: polls accounts until its deadline through every egress IP of its worker, and asks the
 * other workers that are alive to do the same until then (`track-traders-share`, in a queue of each egress).
 */
import { hostname } from 'node:os';
import { defineTask, handleTask, type TaskSpec } from '../../jobs/task.ts';
import { AppError, errorMessage } from '../../runtime/errors.ts';
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

const INVITE_EVERY_MS = 3_000;

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
      const { tracker } = environment;
      const sweeps: Record<string, SweepReport> = {};
      const sweeping = tracker.egressNames.map(async (egress) => {
        const report = await tracker.sweep(egress, deadlineAt, signal);
        if (report !== undefined) sweeps[egress] = report;
      });
      const invited = new Set<string>();
      const over = new AbortController();
      void inviteOthers(config, environment, {
        invited,
        until: deadlineAt,
        signal: AbortSignal.any([signal, over.signal]),
      });
      await Promise.all(sweeping).finally(() => over.abort(new AppError('TRACKING_ENDED', 'the run ends')));
      return { invited: invited.size, sweeps };
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

interface Inviting {
  /** Those that were asked; grows. */
  readonly invited: Set<string>;
  /** End of the run, ms UTC. */
  readonly until: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Asks every worker that is ready, and those that become it while the run goes on. Only on Redis: elsewhere the queue
 * has one worker. Never rejects: a database that is away delays the invitations, as it does the sweeps.
 */
async function inviteOthers(
  config: TaskSettings,
  environment: TaskEnvironment,
  { invited, until, signal }: Inviting,
): Promise<void> {
  const { jobs, clock, log } = environment;
  while (jobs.kind === 'redis' && !signal.aborted) {
    try {
      for (const { id, egress } of await othersReady(environment)) {
        if (invited.has(id)) continue;
        await jobs.enqueue(shareTask(config, egress), { until, passed: 0 }, { id });
        invited.add(id);
      }
    } catch (error) {
      log.warn({ error: errorMessage(error) }, 'cannot invite other workers to the run yet');
    }
    await clock.sleep(INVITE_EVERY_MS, signal).catch(() => undefined);
  }
}

async function othersReady(environment: TaskEnvironment): Promise<{ id: string; egress: string }[]> {
  const { database, clock, instance } = environment;
  return (await readHeartbeats(database)).flatMap((beat) => {
    const itself = beat.instance === instance && beat.host === hostname();
    const silent = Math.abs(clock.now() - beat.beatAt) > ALIVE_MS;
    const names = beat.detail['egress'];
    if (beat.role !== 'worker' || itself || silent || beat.state !== 'ready' || !Array.isArray(names))
      return [];
    return names.map((name) => ({
      id: slug(`${beat.instance} ${beat.host} ${name}`),
      egress: String(name),
    }));
  });
}
