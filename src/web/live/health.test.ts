import { describe, expect, it } from 'vitest';
import type { Feed } from '../../contract/stats.ts';
import { feedHealth } from './health.ts';

const feed = (change: Partial<Feed> = {}): Feed => ({ state: 'live', dataAgeMs: 300, ...change }) as Feed;
const open = { state: 'open' } as const;

describe('feedHealth', () => {
  it('is healthy only while data is fresh', () => {
    expect(feedHealth(open, { feed: feed(), reportAgeMs: 500 })).toMatchObject({
      level: 'healthy',
      text: 'feed 0.8 s',
    });
  });
  it('loses green over an open socket when the exchange falls silent', () => {
    expect(feedHealth(open, { feed: feed({ dataAgeMs: 31_000 }), reportAgeMs: 0 })).toMatchObject({
      level: 'warning',
      text: 'stale 31 s',
    });
  });
  it('loses green over an open socket when our own reports stop', () => {
    expect(feedHealth(open, { feed: feed(), reportAgeMs: 31_000 })).toMatchObject({
      level: 'warning',
      text: 'stale 31 s',
    });
  });
  it('says offline without a connection, and since when', () => {
    const waiting = { state: 'waiting', attempt: 2, retryAt: 0, reason: '' } as const;
    expect(feedHealth(waiting, { feed: feed(), reportAgeMs: 12_000 })).toMatchObject({
      level: 'danger',
      text: 'offline 12 s',
    });
  });
  it('knows nothing without a report, which is not health', () => {
    expect(feedHealth(open, null).level).toBe('neutral');
    expect(feedHealth(open, { feed: feed({ dataAgeMs: null }), reportAgeMs: 0 }).level).toBe('neutral');
  });
  it('repeats what the stream says of itself', () => {
    expect(feedHealth(open, { feed: feed({ state: 'degraded' }), reportAgeMs: 0 }).level).toBe('warning');
    expect(feedHealth(open, { feed: feed({ state: 'down' }), reportAgeMs: 0 }).level).toBe('danger');
  });
});
