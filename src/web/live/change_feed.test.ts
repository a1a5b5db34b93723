import { describe, expect, it } from 'vitest';
import type { PositionChange } from '../../contract/positions.ts';
import { ManualClock } from '../../runtime/clock.ts';
import { BATCH_MS } from './batcher.ts';
import { CHANGES_KEPT, startChangeFeed } from './change_feed.ts';
import type { FollowHandlers } from './log_follows.ts';

const change = (offset: number) => ({ epoch: 1, offset }) as PositionChange;
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => change(from + index));

function rig() {
  const clock = new ManualClock();
  let handlers: FollowHandlers | null = null;
  let stopped = false;
  const feed = startChangeFeed({
    client: {
      follow: (_, given) => {
        handlers = given;
        return () => {
          stopped = true;
        };
      },
    },
    clock: { after: (ms, run) => clock.after(ms, run), frame: (run) => clock.after(0, run) },
    filter: {},
  });
  const given = (): FollowHandlers => {
    if (handlers === null) throw new Error('nothing was followed');
    return handlers;
  };
  return {
    clock,
    feed,
    stopped: () => stopped,
    snapshot: (recent: PositionChange[]) =>
      given().onSnapshot({
        type: 'snapshot',
        channel: 'c',
        at: { epoch: 1, offset: 0 },
        positions: null,
        recent,
      }),
    arrive: (items: PositionChange[]) =>
      given().onChanges({ type: 'changes', channel: 'c', epoch: 1, after: 0, upto: 0, items }),
    refuse: (reason: string) => given().onRefused?.(reason),
    offsets: () => feed.shown.get().changes?.map((one) => one.offset),
  };
}

describe('startChangeFeed', () => {
  it('shows the snapshot at once and later changes before it, newest first', async () => {
    const { clock, snapshot, arrive, offsets } = rig();
    expect(offsets()).toBeUndefined();
    snapshot(range(1, 3));
    expect(offsets()).toEqual([3, 2, 1]);
    arrive(range(3, 5));
    await clock.advance(BATCH_MS);
    expect(offsets()).toEqual([5, 4, 3, 2, 1]);
  });
  it('holds, counts what waits, and shows it on going on', async () => {
    const { clock, feed, snapshot, arrive, offsets } = rig();
    snapshot(range(1, 1));
    feed.hold(true);
    arrive(range(2, 4));
    await clock.advance(10_000);
    expect(offsets()).toEqual([1]);
    expect(feed.waiting.get()).toBe(3);
    feed.hold(false);
    await clock.advance(BATCH_MS);
    expect(offsets()).toEqual([4, 3, 2, 1]);
    expect(feed.waiting.get()).toBe(0);
  });
  it('keeps a bounded number and counts the rest', async () => {
    const { clock, feed, snapshot, arrive } = rig();
    snapshot([]);
    arrive(range(1, CHANGES_KEPT * 3));
    await clock.advance(BATCH_MS);
    expect(feed.shown.get().changes).toHaveLength(CHANGES_KEPT);
    expect(feed.shown.get().changes?.[0]?.offset).toBe(CHANGES_KEPT * 3);
    expect(feed.shown.get().forgotten).toBe(CHANGES_KEPT * 2);
  });
  it('starts anew with a new snapshot', () => {
    const { snapshot, offsets } = rig();
    snapshot(range(1, 3));
    snapshot(range(90, 91));
    expect(offsets()).toEqual([91, 90]);
  });
  it('says why it is not live until the next snapshot, and keeps what it has', () => {
    const { feed, snapshot, refuse, offsets } = rig();
    refuse('away');
    expect(feed.shown.get()).toMatchObject({ changes: null, refused: 'away' });
    snapshot(range(1, 3));
    expect(feed.shown.get().refused).toBeNull();
    refuse('away again');
    expect([offsets(), feed.shown.get().refused]).toEqual([[3, 2, 1], 'away again']);
  });
  it('stops following', () => {
    const { feed, stopped } = rig();
    feed.stop();
    expect(stopped()).toBe(true);
  });
});
