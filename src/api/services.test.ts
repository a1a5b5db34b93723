import { describe, expect, it } from 'vitest';
import type { ServiceHeartbeat } from '../store/service_heartbeats.ts';
import { reportedFeed, reportedQueues, reportedWeight } from './reported.ts';
import { type ManagerReport, mergeServices } from './services.ts';

const NOW = 1_700_000_000_000;
const beat = (over: Partial<ServiceHeartbeat> = {}): ServiceHeartbeat => ({
  instance: 'stream',
  role: 'stream',
  host: 'here',
  pid: 42,
  startedAt: NOW - 60_000,
  beatAt: NOW - 1_000,
  restarts: 1,
  rssBytes: 1_000,
  state: 'ready',
  detail: {},
  metrics: [],
  ...over,
});
const managed = (over: Partial<ManagerReport['services'][number]> = {}): ManagerReport => ({
  writtenAt: NOW - 500,
  services: [
    {
      name: 'stream',
      role: 'stream',
      state: 'ready',
      degraded: false,
      pid: 42,
      startedAt: NOW - 60_000,
      restarts: 2,
      rssBytes: 2_000,
      note: '',
      lastExit: null,
      ...over,
    },
  ],
});
const one = (beats: readonly ServiceHeartbeat[], report?: ManagerReport) =>
  mergeServices(beats, report, 'here', NOW)[0];

describe('services', () => {
  it('shows what a service says of itself', () => {
    expect(one([beat({ detail: { message: 'all well' } })])).toEqual({
      name: 'stream',
      role: 'stream',
      host: 'here',
      pid: 42,
      state: 'ready',
      startedAt: NOW - 60_000,
      uptimeMs: 60_000,
      restarts: 1,
      memoryBytes: 1_000,
      reportedAt: NOW - 1_000,
      message: 'all well',
    });
  });

  it('calls a service that does not report silent, and claims nothing of its process', () => {
    expect(one([beat({ beatAt: NOW - 9_000 })])).toMatchObject({
      state: 'silent',
      pid: null,
      uptimeMs: null,
      memoryBytes: null,
    });
  });

  it('believes the manager about processes, and the service about itself', () => {
    expect(one([beat({ state: 'standby' })], managed())).toMatchObject({
      state: 'standby',
      restarts: 2,
      memoryBytes: 2_000,
    });
    expect(one([beat()], managed({ degraded: true, note: 'waits for database' }))).toMatchObject({
      state: 'degraded',
      message: 'waits for database',
    });
    expect(one([beat()], managed({ state: 'failed', pid: null, lastExit: 'exit code 1' }))).toMatchObject({
      state: 'failed',
      pid: null,
      uptimeMs: null,
      message: 'exit code 1',
    });
    expect(one([], managed({ state: 'backoff', pid: null }))?.state).toBe('backoff');
  });

  it('does not believe a manager that is gone', () => {
    expect(one([beat()], { ...managed({ state: 'failed' }), writtenAt: NOW - 60_000 })?.state).toBe('ready');
  });

  it('keeps machines apart and forgets what has been gone for a day', () => {
    const rows = mergeServices(
      [
        beat({ instance: 'worker' }),
        beat({ instance: 'worker', host: 'there' }),
        beat({ beatAt: NOW - 90_000_000 }),
      ],
      managed(),
      'here',
      NOW,
    );
    expect(rows.map((row) => [row.name, row.host])).toEqual([
      ['stream', 'here'],
      ['worker', 'here'],
      ['worker', 'there'],
    ]);
  });
});

describe('reports', () => {
  const feed = {
    connections: 2,
    connectionsUp: 2,
    subscriptions: 10,
    reconnects: 0,
    duplicates: 0,
    lastMessageAt: NOW,
    lagMs: 12,
  };
  const weight = { egress: 'default', limit: 1200, windowMs: 60_000, used: 2, usedByLane: { sweep: 2 } };

  it('takes the active stream, not the standby, and nothing stale or malformed', () => {
    const standby = beat({
      instance: 'stream@2',
      detail: { feed: { ...feed, connections: 0, connectionsUp: 0 } },
    });
    expect(reportedFeed([standby, beat({ detail: { feed } })], NOW)?.connections).toBe(2);
    expect(reportedFeed([beat({ detail: { feed }, beatAt: NOW - 60_000 })], NOW)).toBeUndefined();
    expect(reportedFeed([beat({ detail: { feed: { ...feed, connections: -1 } } })], NOW)).toBeUndefined();
    expect(reportedFeed([beat({ role: 'worker', detail: { feed } })], NOW)).toBeUndefined();
  });

  it('takes the newest word on each egress IP', () => {
    const old = beat({ instance: 'worker', beatAt: NOW - 3_000, detail: { weight: { ...weight, used: 1 } } });
    const other = beat({ instance: 'w2', detail: { weight: { ...weight, egress: 'b' } } });
    expect(
      reportedWeight([old, beat({ detail: { weight } }), other], NOW).map((one) => [one.egress, one.used]),
    ).toEqual([
      ['b', 2],
      ['default', 2],
    ]);
  });

  it('knows no queues without a scheduler', () => {
    const queues = [{ queue: 'tasks', waiting: 1, active: 0, delayed: 2, failed: 0 }];
    expect(reportedQueues([beat({ role: 'scheduler', detail: { queues } })], NOW)).toEqual(queues);
    expect(reportedQueues([beat({ detail: { queues } })], NOW)).toBeNull();
  });
});
