/** Position changes that match a filter: a snapshot, then every change, newest first, in batches that can be held. */
import { useEffect, useState } from 'react';
import type { Position, PositionChange } from '../../contract/positions.ts';
import type { ChangeFilter } from '../../contract/updates.ts';
import { browserClock, type WebClock } from '../browser.ts';
import { Batcher } from './batcher.ts';
import { client, paused } from './feed.ts';
import { createStore, type Store, useStore } from './store.ts';
import type { UpdatesClient } from './updates_client.ts';

/** Most changes kept on the page. */
export const CHANGES_KEPT = 500;

export interface ChangesShown {
  /** Newest first; null before the first snapshot. */
  readonly changes: readonly PositionChange[] | null;
  /** Open positions where the filter names one trader; null otherwise and before the snapshot. */
  readonly positions: readonly Position[] | null;
  /** Changes that came but are no longer kept. */
  readonly forgotten: number;
  /** Why nothing comes at present: the server refused, and is asked again; null while the feed is live. */
  readonly refused: string | null;
}

export interface ChangeFeed {
  readonly shown: Store<ChangesShown>;
  /** Changes that wait while the feed is held. */
  readonly waiting: Store<number>;
  hold(held: boolean): void;
  stop(): void;
}

export interface ChangeFeedOptions {
  readonly client: Pick<UpdatesClient, 'follow'>;
  readonly clock: Pick<WebClock, 'after' | 'frame'>;
  readonly filter: ChangeFilter;
}

const NOTHING_YET: ChangesShown = { changes: null, positions: null, forgotten: 0, refused: null };

const key = (change: PositionChange): string => `${change.epoch}:${change.offset}`;

/** Newest first, each once, at most `CHANGES_KEPT`. */
function addChanges(before: ChangesShown, arrived: readonly PositionChange[]): ChangesShown {
  const seen = new Set((before.changes ?? []).map(key));
  const fresh = arrived.filter((change) => !seen.has(key(change))).reverse();
  const all = [...fresh, ...(before.changes ?? [])];
  const forgotten = before.forgotten + Math.max(0, all.length - CHANGES_KEPT);
  return { ...before, changes: all.slice(0, CHANGES_KEPT), forgotten };
}

export function startChangeFeed(options: ChangeFeedOptions): ChangeFeed {
  const shown = createStore(NOTHING_YET);
  const waiting = createStore(0);
  const batcher = new Batcher<PositionChange>({
    clock: options.clock,
    limit: CHANGES_KEPT,
    apply(items, dropped) {
      const next = addChanges(shown.get(), items);
      shown.set({ ...next, forgotten: next.forgotten + dropped });
      waiting.set(0);
    },
  });
  let held = false;
  const stop = options.client.follow(options.filter, {
    onSnapshot(message) {
      const recent = [...message.recent].reverse().slice(0, CHANGES_KEPT);
      shown.set({ changes: recent, positions: message.positions, forgotten: 0, refused: null });
    },
    onRefused(reason) {
      shown.set({ ...shown.get(), refused: reason });
    },
    onChanges(message) {
      for (const change of message.items) batcher.push(change);
      if (held) waiting.set(batcher.waiting);
    },
  });
  return {
    shown,
    waiting,
    hold(next) {
      held = next;
      if (next) batcher.pause();
      else batcher.resume();
    },
    stop,
  };
}

const emptyShown = createStore(NOTHING_YET);
const emptyWaiting = createStore(0);

/** The feed of one filter for as long as the component is there; held also while the reader paused everything. */
export function useChangeFeed(filter: ChangeFilter, held = false) {
  const [feed, setFeed] = useState<ChangeFeed | null>(null);
  useEffect(() => {
    const started = startChangeFeed({ client, clock: browserClock, filter });
    setFeed(started);
    return () => {
      started.stop();
      setFeed(null);
    };
  }, [filter]);
  const stopped = useStore(paused);
  useEffect(() => feed?.hold(held || stopped), [feed, held, stopped]);
  return { ...useStore(feed?.shown ?? emptyShown), waiting: useStore(feed?.waiting ?? emptyWaiting) };
}
