import { describe, expect, it } from 'vitest';
import { formatDuration, formatMemory, statusTable } from './status_table.ts';
import type { ServiceStatus } from './supervisor/service.ts';

const ready: ServiceStatus = {
  name: 'stream',
  role: 'stream',
  state: 'ready',
  degraded: false,
  pid: 4242,
  startedAt: 1_000_000,
  restarts: 0,
  rssBytes: 104_857_600,
  eventLoopLagMs: 1,
  note: '',
  lastExit: null,
};

describe('statusTable', () => {
  it('shows pid, uptime, restarts, memory, state and why', () => {
    const failed: ServiceStatus = {
      ...ready,
      name: 'api',
      state: 'failed',
      pid: null,
      startedAt: null,
      rssBytes: null,
      restarts: 5,
      note: 'crashed 6 times\nin a row',
    };
    expect(statusTable([ready, failed], { now: 1_065_000, color: false })).toBe(
      [
        'service  state    pid      uptime  restarts  memory  note',
        'stream   ready   4242  1 min 05 s         0  100 MB',
        'api      failed     -           -         5       -  crashed 6 times in a row',
      ].join('\n'),
    );
  });

  it('says degraded, and colours when asked', () => {
    const table = statusTable([{ ...ready, degraded: true, note: 'database is backoff' }], {
      now: 1_000_000,
      color: true,
    });
    expect(table).toContain('\u001b[33mdegraded\u001b[0m');
  });
});

describe('formats', () => {
  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [3_600_000, '1 h 00 min'],
    [90_000_000, '1 d 01 h'],
    [-5, '0 s'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it('shows memory in MB', () => expect(formatMemory(null)).toBe('-'));
});
